"""Bring an archive of etcd's data and of the control plane's keys here.

A deploy of its own: `pyinfra inventory.py operate/etcd_backup.py -y` (`make etcd-backup`), fit for
cron. Who has the archive has the cluster: it is the operator's own (0600), in `backup_folder`.
"""

from __future__ import annotations

from pyinfra import host

from operations import etcd
from tasks import preflight

platform = preflight.apply()

if host.name == platform.control.name:
    etcd.backup(name="Bring etcd's data and the control plane's keys here", platform=platform)
