"""As much of psql as an operator needs in the database container: one statement, or a dump."""

from __future__ import annotations

import argparse
import sys

from . import records


def main() -> int:
    """Run what stands in -c or on standard input; 1 when the database refuses it, 2 when it is off.

    Options that only change how rows look are taken and mean nothing.
    """
    parser = argparse.ArgumentParser(prog="psql", add_help=False)
    parser.add_argument("-c", "--command", action="append")
    for option in ("-U", "-d", "-h", "-p", "-v", "-P"):
        parser.add_argument(option, action="append")
    parser.add_argument("-1", "--single-transaction", dest="script", action="store_true")
    for option in ("-t", "-A", "-q", "-X", "-w"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("database", nargs="?")
    given = parser.parse_args()
    for statement in given.command or [sys.stdin.read()]:
        try:
            rows = records.query(statement, host="127.0.0.1", script=given.script)
        except records.Unavailable as error:
            print(f"psql: error: {error}", file=sys.stderr)
            return 2
        except records.Refused as error:
            print(f"ERROR:  {error}", file=sys.stderr)
            return 1
        for row in rows:
            print("|".join("" if value is None else str(value) for value in row))
        if not rows:
            print(" ".join(statement.split()[:2]).upper().replace("USER", "ROLE"))
    return 0


if __name__ == "__main__":
    sys.exit(main())
