"""Programs that tell of themselves on their own machine alone, and who asks them there."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from typing import TYPE_CHECKING

from spec.parts import Machine

if TYPE_CHECKING:
    from spec.platform import Platform

DATABASE = "mysql"
RUNNER_PORT = 9252
RUNNER = f"127.0.0.1:{RUNNER_PORT}"
OF_DOCKER_HOST = {"docker": "docker", "gitlab-runner": f"http://{RUNNER}/metrics"}
# As kubeadm has them listen; CIS benchmarks want them on the loopback.
OF_CONTROL = {
    "etcd": "http://127.0.0.1:2381/metrics",
    "kube-controller-manager": "https://127.0.0.1:10257/metrics",
    "kube-scheduler": "https://127.0.0.1:10259/metrics",
}
ASKS_DATABASE = "/usr/local/sbin/app-database"


def programs(platform: Platform, machine: Machine) -> Mapping[str, str]:
    """Those of a machine: an address, or what prints how the program is."""
    found: dict[str, str] = {}
    if "docker_host" in machine.groups:
        found |= OF_DOCKER_HOST
    if "k8s_control" in machine.groups:
        found |= OF_CONTROL
    app = platform.k8s_worker
    if machine.hostname == app.app_database_worker:
        words = (ASKS_DATABASE, "figures", app.app_namespace, app.app_database_path)
        found[DATABASE] = shlex.join(words)
    return found
