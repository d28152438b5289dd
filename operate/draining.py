"""How long the pods of a node may take to move away (WITHIN, of the environment: for one run)."""

from __future__ import annotations

import os

from spec import Refused

WITHIN = 300  # seconds, of pods that are told to go: a database's may take long to end


def within() -> int:
    """Seconds; raises Refused when WITHIN is something else."""
    text = os.environ.get("WITHIN") or f"{WITHIN}"
    if not (text.isdecimal() and int(text)):
        raise Refused(f"WITHIN is {text!r}; write a number of seconds, or leave it out.", ())
    return int(text)
