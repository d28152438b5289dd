"""Migrate the application's database to what runs, by hand.

A deploy of its own: `pyinfra inventory.py operate/migrate.py --data seed=true` (`make migrate`).
The job and its gates are those of the pipeline. With `seed=true` an application without products
gets some; one that has any is left alone.
"""

from __future__ import annotations

from pyinfra import host

from operations import application
from tasks import preflight

platform = preflight.apply()

if "docker_host" in host.groups:
    application.migrated(
        name="Migrate the application's database",
        folder=platform.docker_host.application_path,
        owner=platform.all.ssh_user,
        seed=platform.docker_host.seed,
        kubeconfig=platform.pipeline_kubeconfig,
        variables=platform.docker_host.pipeline_variables,
    )
