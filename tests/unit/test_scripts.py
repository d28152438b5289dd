"""Scripts that stand on machines, to be run by hand as well."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT

SHELLCHECK = Path(sys.executable).parent / "shellcheck"
PYTHON = ("tell-edge", "tell-journal", "tell-programs")  # have tests of their own
SCRIPTS = sorted(
    it
    for it in (CHECKOUT / "files").glob("*/usr/local/sbin/*")
    if it.is_file() and it.name not in PYTHON
)
READ_IN = sorted((CHECKOUT / "files").glob("*/usr/local/lib/*.sh"))


def by_name(script: Path) -> str:
    return script.name


@pytest.mark.parametrize("script", [*SCRIPTS, *READ_IN], ids=by_name)
def test_shellcheck_has_nothing_to_say_of_a_script(script: Path) -> None:
    done = subprocess.run(
        [SHELLCHECK, "--external-sources", script.relative_to(CHECKOUT)],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.stdout + done.stderr == ""


@pytest.mark.parametrize("script", SCRIPTS, ids=by_name)
def test_a_script_says_what_it_is_for_and_stops_where_something_fails(script: Path) -> None:
    first, comment, *rest = script.read_text(encoding="utf-8").splitlines()
    assert first in ("#!/bin/bash", "#!/bin/sh")
    assert comment.startswith("# ")
    assert {"set -e", "set -euo pipefail"} & set(rest)
