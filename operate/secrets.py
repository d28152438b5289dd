"""Make the secrets that nobody has to think of; never touch one that is there (`make secrets`)."""

from __future__ import annotations

import os
import sys

from spec.secrets import MADE, SECRETS_FILE, keep, name_in


def main() -> int:
    """Add what is missing to secrets.env (0600); prints names, never a value."""
    text = SECRETS_FILE.read_text(encoding="utf-8") if SECRETS_FILE.exists() else ""
    there = {name_in(line) for line in text.splitlines()}
    missing = [name for name in MADE if name not in there and name.upper() not in os.environ]
    if not missing:
        print(f"{SECRETS_FILE.name} holds every secret that can be made; nothing was changed.")
        return 0
    keep({name: MADE[name]() for name in missing}, SECRETS_FILE)
    print(f"{SECRETS_FILE.name} has new secrets: {', '.join(missing)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
