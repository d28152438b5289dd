"""What is asked besides a table is for a person: whoever reads JSON pays nothing for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from tests.unit.doubles import CHECKOUT

# In a process of its own: operate.reach patches the standard library.
PROGRAM = """
from operate import reach, tables
from contextlib import nullcontext
from types import SimpleNamespace

def besides(_):
    print("asked")
    return ["told"]

reach.connected = lambda *_: nullcontext(SimpleNamespace(platform=None))
raise SystemExit(tables.answer("x", "X.", lambda _: [], print, lambda _: True, besides))
"""


@pytest.mark.parametrize(
    ("words", "output"), [((), ["asked", "[] None", "told"]), (("--json",), ["[]"])]
)
def test_what_no_json_shows_is_asked_for_a_person_alone(
    words: tuple[str, ...], output: list[str]
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "inventory.py", *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == output
