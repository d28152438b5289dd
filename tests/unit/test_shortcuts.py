"""Shortcuts lead to where pyinfra's own ways lead."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from pyinfra.api import arguments, util

import shortcuts

DEPLOY = """\
def layer(titles):
    for title in titles:
        step(
            title,
        )


def step(title):
    told.append((util.get_operation_order_from_stack(state), util.get_call_location()))


layer(["first", "second"])
layer(
    ["third"]
)
"""


@pytest.fixture(autouse=True)
def put_back(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """What they are taken in place of is there again for the next test."""
    ways: tuple[tuple[Any, str], ...] = (
        *((util, "stack"), (util, "getframeinfo")),
        *((arguments, "get_type_hints"), (sys, "dont_write_bytecode")),
    )
    for module, name in ways:
        monkeypatch.setattr(module, name, getattr(module, name))
    threshold = gc.get_threshold()
    yield
    gc.set_threshold(*threshold)


def test_every_operation_has_its_place(tmp_path: Path) -> None:
    deploy = tmp_path / "deploy.py"
    deploy.write_text(DEPLOY)
    state = SimpleNamespace(current_deploy_filename=str(deploy), current_op_file_number=0)

    def places() -> list[tuple[list[int], str]]:
        told: list[tuple[list[int], str]] = []
        names = {"told": told, "util": util, "state": state}
        exec(compile(DEPLOY, str(deploy), "exec"), names)
        return told

    own = places()
    shortcuts.take()
    assert places() == own
    assert [order for order, _ in own] == [[12, 3, 9], [12, 3, 9], [13, 3, 9]]
    assert all(location.startswith("line 3 in ") for _, location in own)


def test_every_operation_takes_the_same_arguments() -> None:
    own = arguments.all_global_arguments()
    shortcuts.take()
    assert arguments.all_global_arguments() == own
    assert arguments.all_global_arguments() == own, "nor does one that asks change it for the next"


def test_python_keeps_what_it_compiles_where_nobody_forbids_it() -> None:
    sys.dont_write_bytecode = True  # as pyinfra begins
    shortcuts.take()
    assert sys.dont_write_bytecode == bool(sys.flags.dont_write_bytecode)
