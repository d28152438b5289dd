"""Bring one encrypted archive here of all that cannot be made again.

A deploy of its own: `pyinfra inventory.py operate/backup.py -y` (`make backup`), fit for cron. The
archive is the operator's own (0600), in `backup_folder`, and encrypted for `backup_recipient`.
"""

from __future__ import annotations

from pyinfra import host

from operations import backup
from spec import Refused
from tasks import preflight

platform = preflight.apply()

if not platform.all.backup_recipient:
    raise Refused(
        "backup_recipient is not set: make a pair of keys by `age-keygen -o KEY`, write the public"
        " one into group_data/all.py, and keep KEY where no machine of this platform is.",
        (),
    )

if host.name == platform.control.name:
    backup.archive(name="Bring one encrypted archive of the platform here", platform=platform)
