"""What somebody has told programs to do otherwise than the platform needs of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv4Network

from facts.probe import Probe
from facts.probe.others import NODE as NODE_IS_OURS
from spec import RUNNER_USER, Machine, Platform
from tasks.preflight.finding import Findings, noted, refused

DOCKER_HOST = ("containerd", "docker", "gitlab-runner")
NODE = ("containerd", "kubelet")
COMMON = ("service", "ssh", "ufw")  # service: a drop-in of every one
# Programs and units of packages, by their names; kubeadm and crictl look for more of them in PATH.
NEEDED = {
    *("containerd", "containerd-shim-runc-v2", "conntrack", "crictl", "ctr", "curl", "docker"),
    *("docker-proxy", "dockerd", "gitlab-runner", "ip6tables", "ip6tables-restore", "iptables"),
    *("iptables-restore", "iptables-save", "kubeadm", "kubectl", "kubelet", "modprobe", "openssl"),
    *("resolvectl", "runc", "sshd", "ss", "systemctl", "systemd-resolved", "ufw", "ufw-init"),
    *(f"{name}.service" for name in ("containerd", "docker", "kubelet", "ssh", "ufw")),
    *("docker.socket", "gitlab-runner.service", "systemd-resolved.service"),
}
PROXY = re.compile(r"https?_proxy=[^ \"]", re.IGNORECASE)
NO_PROXY = re.compile(r"no_proxy=([^ \"]*)", re.IGNORECASE)
# Words of a .curlrc that leave what curl prints, and how it ends, as they are.
HARMLESS = {
    *("cacert", "capath", "connect-timeout", "ipv4", "noproxy", "proxy", "retry", "retry-delay"),
    *("location", "progress-bar", "silent", "show-error", "tlsv1.2", "user-agent", "4", "A", "L"),
    *("s", "S", "x"),
}


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What would start, install or answer otherwise than a run expects."""
    found = probe.overrides
    yield from _services(machine, probe)
    yield from _proxies(platform, machine, probe)
    for path, elsewhere in found.diverted:
        if path.rpartition("/")[2] in NEEDED:
            yield refused(
                machine,
                f"dpkg puts {path} into {elsewhere} (a local diversion), and what is at its place"
                f" is somebody's own: `dpkg-divert --rename --remove {path}`",
            )
    for path, told in found.owners:
        kind, _, name = told.partition(" ")
        what = "user" if kind == "passwd" else "group"
        yield refused(
            machine,
            f"dpkg is to give {path} to the {what} {name}, whom nobody knows here, and installs"
            f" nothing until then: `dpkg-statoverride --remove {path}`",
        )
    strange = [line for line in found.curlrc if _word(line) not in HARMLESS]
    if strange:
        yield refused(
            machine,
            f"/root/.curlrc says `{strange[0]}` to every curl of root's, whose answers are read"
            " here: take that line out",
        )
    if "docker_host" in machine.groups:
        yield from _docker_host(platform, machine, probe)
    if "k8s_control" in machine.groups and NODE_IS_OURS not in probe.others.ours:
        for path in found.kubeconfigs:
            yield noted(machine, f"{path} is of another cluster: it is kept as {path}.before")


def _services(machine: Machine, probe: Probe) -> Findings:
    docker = DOCKER_HOST if "docker_host" in machine.groups else ()
    needed = {*COMMON, *docker, *(NODE if "k8s_node" in machine.groups else ())}
    told = set()
    for path, words in probe.overrides.confines:
        folder = path.partition("/system/")[2].partition(".")[0].partition("/")[0]
        if folder in needed and path not in told and not words.endswith(("=no", "=false")):
            told.add(path)
            yield refused(
                machine,
                f"{path} says {words}, with which a service cannot do what is root's to do: take it"
                " out, and `systemctl daemon-reload`",
            )


def _proxies(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """Services that somebody has sent through a proxy, which leads not to the platform's own."""
    registry, api = platform.docker_host.harbor_host, f"{platform.control.address}"
    asks = {"containerd": registry, "docker": registry, "kubelet": api}
    services = ["docker"] if "docker_host" in machine.groups else ["containerd", "kubelet"]
    told = set()
    for service in services:
        lines = [
            (file, line)
            for file, line in probe.overrides.proxies
            if f"/{service}.service.d/" in file or "/system.conf" in file
        ]
        direct = [words for _, line in lines for words in NO_PROXY.findall(line)]
        sent = [file for file, line in lines if PROXY.search(line)]
        if sent and sent[0] not in told and not _is_among(asks[service], direct):
            told.add(sent[0])
            yield refused(
                machine,
                f"{sent[0]} sends {service} through a proxy to {asks[service]} as well: add that to"
                " its NO_PROXY, and `systemctl daemon-reload`",
            )


def _is_among(host: str, direct: Iterable[str]) -> bool:
    """Whether NO_PROXY has a host, as Go's programs read it (golang.org/x/net/http/httpproxy)."""
    for word in ",".join(direct).split(","):
        name = word.strip().removeprefix("*").removeprefix(".").partition(":")[0]
        if word.strip() == "*" or (name and f".{host}".endswith(f".{name}")):
            return True
        try:
            if IPv4Address(host) in IPv4Network(word.strip(), strict=False):
                return True
        except ValueError:
            continue
    return False


def _docker_host(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    found = probe.overrides
    for line in found.client:
        word, _, value = line.replace('"', "").partition(":")
        if value == "default":
            continue
        what = f"goes to {value}" if word == "currentContext" else "gives containers a proxy"
        yield refused(
            machine,
            f"/root/.docker/config.json says {word}, with which root's `docker` {what}: take that"
            " out",
        )
    if out := ", ".join(sorted(found.admins - {*platform.docker_users, RUNNER_USER})):
        yield noted(machine, f"{out} may use Docker no more: name who may in docker_users")
    for helper in dict.fromkeys(probe.overrides.helpers):
        yield refused(
            machine,
            f"/root/.docker/config.json has Docker ask docker-credential-{helper} for passwords,"
            " which is not there, and no image is pulled then: take that line out, or install it",
        )
    if probe.overrides.runner.endswith(("/nologin", "/false")):
        yield refused(
            machine,
            f"the account gitlab-runner has {probe.overrides.runner} as its shell, in which no job"
            " runs: `usermod --shell /bin/bash gitlab-runner`, or remove the account",
        )


def _word(line: str) -> str:
    """The option that a line of a .curlrc sets, without dashes (curl(1), --config)."""
    return line.replace("=", " ").replace(":", " ").split()[0].lstrip("-")
