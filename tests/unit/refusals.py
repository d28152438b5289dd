"""Settings that are refused, and what is said of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.doubles import changed


def mistakes_of(hosts: Sequence[HostData], group: str = "", **settings: Any) -> list[Mistake]:
    """Every mistake in the settings of these hosts, some of a group's changed; there is one."""
    with pytest.raises(Refused) as told:
        spec.load(changed(hosts, group, **settings) if group else hosts)
    found = [mistake for mistake in told.value.mistakes if isinstance(mistake, Mistake)]
    assert len(found) == len(list(told.value.mistakes))
    return found


def mistake_of(hosts: Sequence[HostData], group: str = "", **settings: Any) -> Mistake:
    """The only one."""
    (mistake,) = mistakes_of(hosts, group, **settings)
    return mistake


def assert_refused(hosts: Sequence[HostData], given: tuple[str, str, Any], reason: str) -> None:
    """A value of a group's setting is a mistake of that setting, the only one, for this reason."""
    group, setting, value = given
    mistake = mistake_of(hosts, group, **{setting: value})
    assert mistake.setting.partition(".")[0] == setting
    assert reason in mistake.reason
