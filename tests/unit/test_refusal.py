"""What an operation does that must not go on: it says why, in the plan and in the run."""

from __future__ import annotations

import logging
from types import SimpleNamespace

import pytest
from pyinfra.context import ctx_state

from operations import refuse
from tests.unit.conftest import OnHost
from tests.unit.doubles import sh

WHY = "it's the older one"


@pytest.mark.parametrize("executing", [False, True], ids=["planned", "run"])
def test_a_refusal_stops_the_run_and_is_in_the_plan_before_it(
    on_host: OnHost, caplog: pytest.LogCaptureFixture, executing: bool
) -> None:
    on_host()
    with ctx_state.use(SimpleNamespace(is_executing=executing)), caplog.at_level(logging.WARNING):
        done = sh(refuse(WHY).get_raw_value())
    assert (done.returncode, done.stderr) == (1, f"{WHY}\n")
    assert caplog.messages == ([] if executing else [WHY])
