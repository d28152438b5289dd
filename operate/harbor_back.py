"""Undo the last upgrade of Harbor: database, configuration and bundle as they were before it.

A deploy of its own: `pyinfra inventory.py operate/harbor_back.py` (`make harbor-back`).
"""

from __future__ import annotations

from pyinfra import host

from operations import files, harbor
from operations.sources import source
from tasks import preflight

platform = preflight.apply()

if "docker_host" in host.groups:
    # A machine that an older checkout has deployed has no such script.
    files.put(
        name="Write the script that goes back",
        files=[
            source(platform, "docker_host", "/usr/local/lib/harbor.sh"),
            source(platform, "docker_host", "/usr/local/sbin/harbor-back", mode="0755"),
        ],
    )
    harbor.roll_back(
        name="Bring back the Harbor before the last upgrade",
        data=platform.docker_host.harbor_data,
    )
