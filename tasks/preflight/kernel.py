"""The kernel: modules that may not be loaded, settings after ours, routes that ours would cover."""

from __future__ import annotations

from collections.abc import Iterator
from ipaddress import IPv4Network

from facts.probe import Probe
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

SYSCTL = "zz-threebody.conf"
SETTINGS = {
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.ipv4.ip_forward": "1",
    "net.ipv4.conf.all.forwarding": "1",  # the same by another name
}
MODULES = ("overlay", "br_netfilter", "vxlan", "nf_conntrack")
USUAL_MTU = 1500
# What carries the platform's own networks.
OWN_DEVICES = ("cni", "flannel", "cali", "vxlan.calico", "tunl0", "docker", "br-")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What keeps a kernel from doing what its role needs."""
    if "k8s_node" in machine.groups:
        yield from _modules(machine, probe)
        yield from _settings(machine, probe)
    yield from _routes(platform, machine, probe)
    if "docker_host" in machine.groups:
        for device, mtu in dict(probe.kernel.mtu).items():
            if mtu < USUAL_MTU:
                yield noted(
                    machine,
                    f"{device} has an MTU of {mtu}: Docker's networks get the smallest of the"
                    " machine's when they are made",
                )


def _modules(machine: Machine, probe: Probe) -> Findings:
    for module in MODULES:
        if module in probe.kernel.blocked:
            yield refused(
                machine,
                f"the module {module} is blocked in /etc/modprobe.d, and pods need it: take its"
                " `blacklist` or `install` line out (`grep -r "
                f"{module} /etc/modprobe.d`)",
            )

    if missing := [name for name in probe.kernel.lacks if name not in probe.kernel.blocked]:
        yield refused(
            machine,
            f"its kernel {probe.kernel.release} has no module {', '.join(missing)}: it was replaced"
            " while it ran, then reboot the machine; or it is a small one of a cloud, then install"
            " its further modules (Ubuntu: linux-modules-extra)",
        )


def _settings(machine: Machine, probe: Probe) -> Findings:
    for setting in probe.kernel.settings:
        name = setting.file.rpartition("/")[2]
        later = name > SYSCTL or setting.file == "/etc/ufw/sysctl.conf"
        if later and setting.value != SETTINGS.get(setting.name, setting.value):
            yield refused(
                machine,
                f"{setting.file} sets {setting.name} = {setting.value} after the platform's own"
                " file, and pods lose their network at the next boot: take that line out",
            )


def _routes(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    chosen = dict(_chosen(platform, machine))
    for target, told in probe.kernel.routes:
        words = told.split()
        device = words[words.index("dev") + 1] if "dev" in words else ""
        if not target[0].isdigit() or not device or device.startswith(OWN_DEVICES):
            continue
        route = IPv4Network(target, strict=False)
        for setting, network in chosen.items():
            if route.subnet_of(network):
                yield refused(
                    machine,
                    f"reaches {route} through {device}, and {setting} {network} would cover it:"
                    f" choose another {setting}",
                )


def _chosen(platform: Platform, machine: Machine) -> Iterator[tuple[str, IPv4Network]]:
    if "docker_host" in machine.groups:
        yield "docker_network", platform.docker_host.docker_network
    if "k8s_node" in machine.groups:
        yield "pod_network", platform.k8s_control.pod_network
        yield "service_network", platform.k8s_control.service_network
