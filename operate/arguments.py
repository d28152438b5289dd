"""The arguments that every program about an inventory takes."""

from __future__ import annotations

import argparse


def parser(program: str, description: str | None, limit: bool = True) -> argparse.ArgumentParser:
    """A parser of an inventory, more group_data, and machines to stay with."""
    made = argparse.ArgumentParser(prog=program, description=description)
    made.add_argument("inventory", nargs="?", default="inventory.py")
    made.add_argument("--group-data", action="append", default=[])
    if limit:
        made.add_argument("--limit", action="append", default=[], help="as pyinfra's")
    return made
