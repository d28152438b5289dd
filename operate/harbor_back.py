"""Undo the last upgrade of Harbor: database, configuration and bundle as they were before it.

A deploy of its own: `pyinfra inventory.py operate/harbor_back.py` (`make harbor-back`).
"""

from __future__ import annotations

from pyinfra import host

import spec
from operations import harbor

if "docker_host" in host.groups:
    harbor.back(
        name="Bring back the Harbor before the last upgrade",
        data=spec.platform().docker_host.harbor_data,
    )
