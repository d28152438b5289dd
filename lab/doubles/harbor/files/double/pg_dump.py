"""As much of pg_dump as a backup needs: all of the database, as what psql takes in its place."""

from __future__ import annotations

import sys

from . import database, records


def main() -> int:
    """Print it; 1 when the database is off."""
    try:
        rows = records.query(database.DUMP, host="127.0.0.1")
    except (records.Unavailable, records.Refused) as error:
        print(f"pg_dump: error: {error}", file=sys.stderr)
        return 1
    for (line,) in rows:
        print(line)
    return 0


if __name__ == "__main__":
    sys.exit(main())
