"""What pyinfra works out anew for every operation, and Python for every run, once."""

from __future__ import annotations

import gc
import sys
from functools import cache
from inspect import Traceback
from traceback import walk_stack
from types import FrameType
from typing import get_type_hints

from pyinfra.api import arguments, util


def take() -> None:
    """Take them, before what is to be kept compiled is imported."""
    # The place of an operation is from where it was called, by file and line. `inspect` looks for
    # sources as well, for each frame, and through all modules where there is none.
    util.stack = _stack  # type: ignore[assignment]
    util.getframeinfo = _place  # type: ignore[assignment]
    # Which arguments every operation takes, and of which types, is the same for each.
    arguments.get_type_hints = cache(get_type_hints)  # type: ignore[assignment]
    # pyinfra has Python keep nothing compiled: each run would compile all of this.
    sys.dont_write_bytecode = bool(sys.flags.dont_write_bytecode)
    # A run keeps nearly all that it makes; by default what may go is looked for at every 700.
    gc.set_threshold(20_000)


def _stack() -> list[tuple[FrameType, int]]:
    return list(walk_stack(sys._getframe(1)))


def _place(frame: FrameType) -> Traceback:
    code = frame.f_code
    return Traceback(code.co_filename, frame.f_lineno, code.co_name, None, None)
