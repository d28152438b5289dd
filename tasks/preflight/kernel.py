"""The kernel: modules, settings after ours, what confines pods, routes that ours would cover."""

from __future__ import annotations

import re
from collections.abc import Iterator
from ipaddress import IPv4Network

from facts.probe import Probe
from facts.probe.kernel import CONTROLLERS, DEFAULTS
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

SYSCTL = "zz-threebody.conf"
SETTINGS = {
    "net.bridge.bridge-nf-call-iptables": "1",
    "net.bridge.bridge-nf-call-ip6tables": "1",
    "net.ipv4.ip_forward": "1",
}
# The same of one card or all; `default` is of those that pods get.
FORWARDING = re.compile(r"net\.ipv4\.conf\.\S+\.forwarding")
MODULES = ("overlay", "br_netfilter", "vxlan", "nf_conntrack")
USUAL_MTU = 1500
# Their nginx listens on [::], come what may (goharbor/harbor#19932).
WANT_IPV6 = ("2.9.0", "2.9.1", "2.9.2", "2.10.0")
# What carries the platform's own networks; Docker names a bridge after its network's id.
OWN_DEVICES = re.compile(
    r"cni0|flannel.*|(wireguard\.)?cali.*|vxlan\.calico|tunl0|docker.*|br-[0-9a-f]{12}"
)


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What keeps a kernel from doing what its role needs."""
    if "k8s_node" in machine.groups:
        yield from _modules(machine, probe)
        yield from _settings(machine, probe)
        yield from _confined(platform, machine, probe)
    yield from _selinux(machine, probe)
    yield from _routes(platform, machine, probe)
    for file in probe.kernel.every_card:
        yield refused(
            machine,
            f"{file} has systemd-networkd set up every card (Name=*), those of containers as well:"
            " name the machine's own there (Name=en* eth*)",
        )
    if "docker_host" in machine.groups:
        yield from _ipv6(platform, machine, probe)
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

    if sealed := ", ".join(probe.kernel.sealed):
        yield refused(
            machine,
            f"its kernel takes no module any more (kernel.modules_disabled is 1), and {sealed} is"
            " not loaded: name it in /etc/modules, or take that setting out, and reboot",
        )


def _selinux(machine: Machine, probe: Probe) -> Findings:
    found = probe.kernel.selinux
    if found:
        when = "enforces" if "now" in found else "will enforce from the next boot on"
        yield refused(
            machine,
            f"SELinux {when} a policy that does not know the platform's containers and folders:"
            " `setenforce 0`, and SELINUX=permissive in /etc/selinux/config",
        )


def _ipv6(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    version = platform.docker_host.harbor_version
    if version in WANT_IPV6 and not probe.kernel.ipv6:
        yield refused(
            machine,
            f"its kernel has no IPv6 (ipv6.disable=1), without which Harbor {version} does not"
            " start: take harbor_version 2.9.3, 2.10.1 or a later one",
        )


def _confined(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What kubelet is not let do, or does not find."""
    kernel = probe.kernel
    if lacking := ", ".join(sorted(CONTROLLERS - kernel.controllers)):
        yield refused(
            machine,
            f"its kernel has the cgroup {lacking} off, without which kubelet does not start: put"
            " cgroup_enable=memory on the kernel's command line (/boot/firmware/cmdline.txt of a"
            " Raspberry Pi, or GRUB's), take cgroup_disable out, and reboot",
        )
    if kernel.nested:
        yield refused(
            machine,
            "is a container whose root is not the kernel's (a user namespace), in which kubelet"
            " may not do its work: take a virtual machine, or a privileged container",
        )
    elif kernel.mute:
        yield refused(
            machine,
            "has no /dev/kmsg, which kubelet reads: it is a container, give it that device",
        )
    if kernel.cardless:
        yield refused(
            machine,
            f"none of its cards has {machine.address}, by which the other nodes are to reach it:"
            " correct its address in the inventory, or give it to a card (`ip -4 addr`)",
        )
    if platform.k8s_control.kubeadm_kubelet.get("protectKernelDefaults"):
        wrong = [
            f"{name} = {DEFAULTS[name]}" for name, is_ in kernel.defaults if is_ != DEFAULTS[name]
        ]
        if wrong:
            yield refused(
                machine,
                "kubelet would not start with protectKernelDefaults: set"
                f" {', '.join(wrong)} (/etc/sysctl.d, `sysctl --system`), or leave that out",
            )


def _settings(machine: Machine, probe: Probe) -> Findings:
    for setting in probe.kernel.settings:
        name = setting.file.rpartition("/")[2]
        later = name > SYSCTL or setting.file == "/etc/ufw/sysctl.conf"
        wanted = "1" if FORWARDING.fullmatch(setting.name) else SETTINGS.get(setting.name)
        if later and wanted not in (None, setting.value):
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
        if not target[0].isdigit() or not device or OWN_DEVICES.fullmatch(device):
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
