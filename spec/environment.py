"""What every command of a run has in its environment, on each machine."""

from __future__ import annotations

from spec.platform import Platform

# A user's own lacks what root needs, and sudo keeps it where `secure_path` was taken out.
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def environment(platform: Platform) -> dict[str, str]:
    """Words that we know, whatever the machine's language; no proxy between the machines."""
    known = [name for machine in platform.machines for name in platform.names(machine)]
    known += [f"{machine.address}" for machine in platform.machines]
    cluster = platform.k8s_control
    networks = (platform.all.node_network, cluster.pod_network, cluster.service_network)
    # Not each program knows networks, so the API's first address is there by itself.
    api = f"{cluster.service_network[1]}"
    near = ("localhost", "127.0.0.1", *known, api, *map(str, networks))
    direct = ",".join(dict.fromkeys((*near, ".svc", ".cluster.local")))
    words = {"LC_ALL": "C.UTF-8", "LANGUAGE": "", "PATH": PATH}
    return {**words, "no_proxy": direct, "NO_PROXY": direct}
