"""Commands in letters that every shell takes as they are."""

from __future__ import annotations

import base64


def in_plain_letters(command: str) -> str:
    """The same command for whatever login shell: csh and fish take others apart between quotes."""
    letters = base64.b64encode(command.encode()).decode()
    return f"sh -c 'eval \"`echo {letters} | base64 -d`\"'"
