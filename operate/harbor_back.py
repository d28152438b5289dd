"""Undo the last upgrade of Harbor: database, configuration and bundle as they were before it.

A deploy of its own: `pyinfra inventory.py operate/harbor_back.py` (`make harbor-back`).
"""

from __future__ import annotations

from pyinfra import host

from operations import harbor
from tasks import preflight

platform = preflight.apply()

if "docker_host" in host.groups:
    harbor.back(
        name="Bring back the Harbor before the last upgrade",
        data=platform.docker_host.harbor_data,
    )
