"""Make the secrets that nobody has to think of; never touch one that is there (`make secrets`)."""

from __future__ import annotations

import os
import sys

from spec.secrets import MADE, SECRETS_FILE, strong


def main() -> int:
    """Add what is missing to secrets.env (0600); prints names, never a value."""
    text = SECRETS_FILE.read_text(encoding="utf-8") if SECRETS_FILE.exists() else ""
    there = {line.split("=", 1)[0].strip().lower() for line in text.splitlines() if "=" in line}
    missing = [name for name in MADE if name not in there and name.upper() not in os.environ]
    if not missing:
        print(f"{SECRETS_FILE.name} holds every secret that can be made; nothing was changed.")
        return 0
    lines = "".join(f"{name}={strong()}\n" for name in missing)
    if text and not text.endswith("\n"):
        lines = f"\n{lines}"
    # Appended in one write to a file that is born private: it is never readable by others, and
    # what was in it stays.
    handle = os.open(SECRETS_FILE, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(lines)
    print(f"{SECRETS_FILE.name} has new secrets: {', '.join(missing)}.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
