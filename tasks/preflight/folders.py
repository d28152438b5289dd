"""Folders that settings name: what somebody keeps there already."""

from __future__ import annotations

from facts.probe import Probe
from facts.probe.others import HARBOR
from spec import Machine, Platform
from spec.kubernetes import DATABASE_USER
from tasks.preflight.finding import Findings, noted, refused


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What a database would be made beside, or would be taken for its own."""
    rooms = {room.path: room for room in probe.system.rooms}
    path = platform.k8s_worker.app_database_path
    if machine.name == platform.k8s_worker.app_database_worker and path in rooms:
        room = rooms[path]
        if room.holds and room.owner != DATABASE_USER:
            shown = ", ".join(room.holds[:3])
            yield refused(
                machine,
                f"{path} (app_database_path) has somebody's files in it ({shown}), and MySQL would"
                " take the folder for itself: choose an empty one, or a folder inside",
            )
    data = platform.docker_host.harbor_data
    is_new = "docker_host" in machine.groups and HARBOR not in probe.others.ours
    if is_new and data in rooms and "database" in rooms[data].holds:
        yield noted(
            machine,
            f"{data} (harbor_data) has a Harbor's data already, and it is taken over: it opens to"
            " the passwords of the secrets.env that it was made with",
        )
