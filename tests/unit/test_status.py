"""`make status`: what it refuses before it asks a machine."""

from __future__ import annotations

import subprocess
import sys

from tests.unit.doubles import CHECKOUT


def test_a_limit_that_is_no_machine_is_refused_with_those_that_are() -> None:
    # Another process: what is asked patches the standard library.
    words = ("operate.status", "inventory.py", "--limit", "nobody")
    done = subprocess.run(
        (sys.executable, "-m", *words), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("--limit nobody: no such machine or group; there are ")
    assert "k8s_node" in done.stderr
    assert "vm-worker" in done.stderr
