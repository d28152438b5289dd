"""Make the secrets that nobody has to think of; never touch one that is there (`make secrets`)."""

from __future__ import annotations

import sys

from spec import Refused
from spec.secrets import SECRETS_FILE, make_missing


def main() -> int:
    """Add what is missing to secrets.env (0600); prints names, never a value."""
    try:
        missing = make_missing(SECRETS_FILE)
    except Refused as refused:
        print(refused, file=sys.stderr)
        return 1
    if not missing:
        print(f"{SECRETS_FILE.name} holds every secret that can be made; nothing was changed.")
        return 0
    print(f"{SECRETS_FILE.name} has new secrets: {', '.join(missing)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
