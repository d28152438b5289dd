"""Have the secrets of a backup in secrets.env again (`make restore-secrets FROM=… KEY=…`).

Nothing else can begin before: settings and machines are checked with them.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from operations import backup_archive
from operations.kept import Unusable
from operations.streams import Broken
from spec.secrets import SECRETS_FILE
from spec.secrets_file import entries, keep, read


def main() -> int:
    """Add those that are missing; prints names, never a value. 1 where one is there and differs."""
    parser = argparse.ArgumentParser(prog="restore-secrets", description=__doc__)
    parser.add_argument("archive", type=Path)
    parser.add_argument("key", type=Path)
    given = parser.parse_args()
    try:
        with backup_archive.read(given.archive).content("secrets", given.key.expanduser()) as file:
            kept = {entry.name: entry.value for entry in entries(file.read().decode())}
        present = {entry.name: entry.value for entry in read(SECRETS_FILE) if entry.value}
    except (OSError, LookupError, ValueError, Unusable, Broken) as error:
        print(f"{given.archive} {error}. Nothing was touched.", file=sys.stderr)
        return 1
    if other := sorted(name for name in kept if present.get(name, kept[name]) != kept[name]):
        print(
            f"{SECRETS_FILE.name} has other values of {', '.join(other)} than the backup: move it"
            " away to have those of the backup. Nothing was touched.",
            file=sys.stderr,
        )
        return 1
    missing = {name: value for name, value in kept.items() if name not in present}
    if missing:
        keep(missing, SECRETS_FILE)
    print(f"{SECRETS_FILE.name} has new secrets: {', '.join(missing) or 'none'}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
