"""Products that cannot be had from a registry: the real one from lab/real/, or else a double.

Somebody who has an upstream's file puts it into lab/real/, which git does not see; the lab then
serves that one.
"""

from __future__ import annotations

from pathlib import Path

from lab import CHECKOUT

REAL = CHECKOUT / "lab/real"
DOUBLES = CHECKOUT / "lab/doubles"


def found(pattern: str) -> Path | None:
    """The real file of that name in lab/real/; of several the last one by name."""
    return max(REAL.glob(pattern), default=None)


def described(product: str, pattern: str) -> str:
    """One line for a person: whether `product` is the real one here, or its double."""
    real = found(pattern)
    which = f"the real one, {real.relative_to(CHECKOUT)}" if real else "a double"
    return f"{product}: {which}"
