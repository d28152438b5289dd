"""Programs and units that would run in place of the packages' own, and other clusters at work."""

from __future__ import annotations

from facts.probe import Probe
from facts.probe.others import EDGE
from facts.probe.programs import FIREWALLS
from spec import Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

SHIM = "containerd-shim-runc-v2"
DOCKER_HOST = ("containerd", "docker", "dockerd", "gitlab-runner", "runc", SHIM)
NODE = ("containerd", "crictl", "kubeadm", "kubectl", "kubelet", "runc", SHIM)
# Of every machine.
COMMON = ("ip6tables", "iptables", "iptables-restore", "ssh", "systemd-resolved", "ufw")
# kubeadm's own, as packages before Kubernetes' present ones had it there.
KUBEADM = "10-kubeadm.conf"
# As dpkg refuses to overwrite them (Docker's documentation, "Uninstall old versions").
CONFLICTING = ("docker-buildx", "docker-compose", "docker-compose-v2", "podman-docker")


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What would be started in place of what a run installs."""
    yield from _first(machine, probe)
    yield from _clusters(machine, probe)
    yield from _firewalls(machine, probe)
    if "docker_host" in machine.groups:
        yield from _docker(machine, probe)


def _needed(machine: Machine) -> set[str]:
    docker = DOCKER_HOST if "docker_host" in machine.groups else ()
    return {*COMMON, *docker, *(NODE if "k8s_node" in machine.groups else ())}


def _first(machine: Machine, probe: Probe) -> Findings:
    needed = _needed(machine)
    for path in probe.programs.first:
        if path.rpartition("/")[2] in needed:
            yield refused(
                machine,
                f"{path} is found before the package's program, and may be of any version: move it"
                f" away (`mv {path} /root/`)",
            )
    for path in probe.programs.units:
        unit = path.partition("/system/")[2].partition(".")[0]
        if unit in needed and not path.endswith(KUBEADM):
            yield refused(
                machine,
                f"{path} counts more than the package's unit, and starts something else: move it"
                " away, and `systemctl daemon-reload`",
            )
    for unit in sorted(probe.programs.masked):
        if unit.partition(".")[0] in needed:
            yield refused(
                machine, f"{unit} is masked, and the platform starts it: `systemctl unmask {unit}`"
            )


def _clusters(machine: Machine, probe: Probe) -> Findings:
    if units := ", ".join(probe.programs.clusters):
        yield refused(
            machine,
            f"another Kubernetes is at work ({units}), with rules and networks of its own: remove"
            " it (k3s-uninstall.sh, `snap remove`, …), or take another machine",
        )
    elif units := ", ".join(sorted(probe.programs.boots - {*FIREWALLS})):
        yield refused(
            machine,
            f"another Kubernetes is off now and comes back at the next boot ({units}): remove it"
            " (k3s-uninstall.sh, `snap remove`, …), or take another machine",
        )


def _firewalls(machine: Machine, probe: Probe) -> Findings:
    if "netfilter-persistent.service" in probe.programs.boots:
        yield refused(
            machine,
            "netfilter-persistent puts rules that somebody has saved in place of the platform's at"
            " each boot: `apt-get purge netfilter-persistent iptables-persistent`",
        )
    at_work = "firewalld.service" in probe.others.active
    if "firewalld.service" in probe.programs.boots and not at_work:
        yield refused(
            machine,
            "firewalld is off now and comes back at the next boot, and drops what UFW lets in:"
            " `systemctl disable firewalld`",
        )


def _docker(machine: Machine, probe: Probe) -> Findings:
    versions = {name: probe.packages.version(name) for name in CONFLICTING}
    # The first Compose has none of these files.
    if present := [name for name, at in versions.items() if at and not at.startswith("1.")]:
        yield refused(
            machine,
            f"{', '.join(present)} has files of Docker's own packages, and dpkg overwrites none:"
            f" `apt-get remove {' '.join(present)}`",
        )
    if probe.programs.daemon and EDGE not in probe.others.ours:
        names = ", ".join(sorted(probe.programs.daemon))
        yield noted(
            machine,
            f"/etc/docker/daemon.json is replaced, and what it says no longer counts: {names}",
        )
