"""When a compose project counts as running."""

from __future__ import annotations

import pytest

from facts.docker import ComposeState


@pytest.mark.parametrize(
    ("state", "as_wanted"),
    [
        (ComposeState({"a": "1"}, {"a": "1"}), True),
        (ComposeState({"a": "1"}, {"a": "2"}), False),
        (ComposeState({"a": "1"}, {}), False),
        (ComposeState({"a": "1"}, {"a": "1", "b": "1"}), False),
        (ComposeState({}, {}), False),
    ],
)
def test_a_project_runs_as_wanted_only_when_all_of_it_does(
    state: ComposeState, as_wanted: bool
) -> None:
    assert state.as_wanted is as_wanted


@pytest.mark.parametrize(
    ("running", "complete"),
    [({"a": "2", "b": "1"}, True), ({"a": "1"}, False), ({"a": "1", "c": "1"}, False)],
)
def test_a_project_is_complete_when_each_of_its_services_runs(
    running: dict[str, str], complete: bool
) -> None:
    assert ComposeState({"a": "1", "b": "1"}, running).complete is complete
    assert not ComposeState({}, running).complete
