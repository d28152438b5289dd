"""Where vm-docker remembers the platform's backups."""

from __future__ import annotations

# Written when one has come to its end: when that was.
LAST = "/var/lib/threebody-backup"
