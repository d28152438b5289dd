"""Migrate the application's database to the deployed version, by hand.

A deploy of its own: `SEED=1 pyinfra inventory.py operate/migrate.py` (`make migrate SEED=1`). The
job and its gates are those of the pipeline. With SEED=1 an application without products gets some;
one that has any is left alone.
"""

from __future__ import annotations

import os

from pyinfra import host

from operations import application
from spec import Refused
from tasks import preflight

# Of the environment: what is said once, for one run, is no setting of a group.
seed = os.environ.get("SEED", "")
if seed not in ("", "0", "1"):
    raise Refused(f"SEED is {seed!r}; write SEED=1, or leave it out.", ())

platform = preflight.apply()

if "docker_host" in host.groups:
    application.migrate(
        name="Migrate the application's database",
        folder=platform.docker_host.application_path,
        owner=platform.all.ssh_user,
        seed=seed == "1",
        kubeconfig=platform.pipeline_kubeconfig,
        variables=platform.docker_host.pipeline_variables,
    )
