"""Verbs of a lab, as somebody types them."""

from __future__ import annotations

import os
import subprocess
import sys

from lab import CHECKOUT, Lab, outer

# These tests stand in the lab's network; the verbs are typed outside of it.
OUTSIDE = (
    "nsenter",
    f"--net={outer.namespace('net')}",
    f"--mount={outer.namespace('mnt')}",
    f"--wd={CHECKOUT}",
)


def words(lab: Lab, *arguments: str) -> list[str]:
    """The words of a verb, typed outside of the lab."""
    return [*OUTSIDE, sys.executable, "-m", "lab", "--name", lab.name, *arguments]


def verb(lab: Lab, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    """Run a verb to its end, with `more` in its environment."""
    return subprocess.run(
        words(lab, *arguments),
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
