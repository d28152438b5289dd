"""What one machine must be to take its role."""

from __future__ import annotations

from collections.abc import Iterator

from pyinfra.api.host import Host

from facts.machine import Probe
from spec import Mistake

# Below that an installation ends half-way: Docker, images and the registry want it free.
FREE_MIB = 1024
SUPPORTED = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04")}
# What kubeadm asks of a control plane, and what is left of a machine sold as 1 GiB.
MEMORY_MIB = {"k8s_control": 1700, "k8s_worker": 900}


def findings(host: Host, probe: Probe) -> Iterator[Mistake]:
    """What is in the way, a sentence each: what is there, why that will not do, what to do."""
    for role, least in MEMORY_MIB.items():
        if role in host.groups and 0 < probe.memory_mib < least:
            reason = f"{probe.memory_mib} MiB of memory, a {role} needs {least} at least"
            yield Mistake(host.name, "", "", reason)
    if probe.version not in SUPPORTED.get(probe.distribution, ()):
        supported = ", ".join(f"{n} {v}" for n, vs in SUPPORTED.items() for v in vs)
        runs = f"{probe.distribution} {probe.version}".strip() or "an unknown distribution"
        yield Mistake(host.name, "", "", f"runs {runs}; supported are {supported}")
    for path, free in probe.free_mib:
        if free < FREE_MIB:
            reason = f"{free} MiB free on {path}, at least {FREE_MIB} are needed: make room there"
            yield Mistake(host.name, "", "", reason)
