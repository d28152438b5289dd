"""C1-C4, D1: what a machine needs before it may join a cluster, or begin one."""

from __future__ import annotations

from pathlib import Path

from pyinfra import inventory

import spec
from facts.asking import ask
from facts.containerd import REGISTRIES, ContainerdState
from facts.files import Content
from operations import apt, containerd, files, iptables, kernel, systemd
from operations.files import File
from spec.kubernetes import NODE_PORTS
from tasks.layer import layer
from tasks.sources import source

PACKAGES = ("kubelet", "kubeadm", "kubectl")


@layer("k8s_node", "K8s node")
def apply() -> None:
    """A kernel that routes, a runtime that pulls from the registry, exactly the wanted kubelet."""
    prepare_kernel()
    add_repository()
    install()
    run_containers()
    fence_node_ports()


def prepare_kernel() -> None:
    """C1: kubelet refuses to start with swap; services are rules that bridged packets must pass."""
    kernel.no_swap(name="Turn swap off for good")
    settings = source("k8s_node", "/etc/sysctl.d/99-kubernetes.conf")
    modules = source("k8s_node", "/etc/modules-load.d/kubernetes.conf")
    files.put(name="Write what the kernel loads and sets at boot", files=[modules, settings])
    kernel.modules(name="Load the kernel's modules", names=_words(modules))
    values = (line.partition(" = ")[::2] for line in _words(settings))
    kernel.sysctl(name="Set the kernel up as a router", values=dict(values), file=settings.path)


def add_repository() -> None:
    """C4: each minor version has a repository of its own, so that none comes by itself."""
    settings = spec.platform().k8s_node
    apt.key(
        name="Trust Kubernetes' signing key",
        url=f"{settings.kubernetes_repository}/v{settings.kubernetes_minor}/deb/Release.key",
        fingerprint=settings.kubernetes_key_fingerprint,
        path="/etc/apt/keyrings/kubernetes.asc",
    )
    files.put(
        name="Add Kubernetes' repository, pinned to the wanted version",
        files=[
            source("k8s_node", "/etc/apt/sources.list.d/kubernetes.sources"),
            source("k8s_node", "/etc/apt/preferences.d/kubernetes.pref"),
        ],
    )


def install() -> None:
    """C2, C4: exactly one version on every node, and held there."""
    version = spec.platform().k8s_node.kubernetes_version
    wanted = dict.fromkeys(PACKAGES, f"{version}-*")
    apt.packages(name=f"Install Kubernetes {version}", versions={"containerd": "", **wanted})
    apt.held(name="Hold Kubernetes at its version", packages=PACKAGES)
    files.put(
        name="Bring what runs kubeadm once, and what asks in pods",
        files=[
            source("k8s_node", "/usr/local/sbin/kubeadm-once", mode="0755"),
            source("k8s_node", "/usr/local/sbin/in-pod", mode="0755"),
            source("k8s_node", "/usr/local/sbin/probe-asks", mode="0755"),
            source("k8s_node", "/etc/crictl.yaml"),
        ],
    )


def run_containers() -> None:
    """C2, C3: the runbook edits the file that containerd prints; here the whole file is ours."""
    platform = spec.platform()
    containerd.configured(
        name="Configure containerd",
        version=platform.k8s_node.kubernetes_version,
        images=platform.k8s_control.kubeadm_images,
        configuration=_configuration,
    )
    containerd.registries(name="Tell containerd of the registries", files_of=_registries)
    systemd.started(name="Start containerd", units=["containerd.service"])


def fence_node_ports() -> None:
    """D4: the application's ports, for the edge and operators; the runbook opens them to all."""
    rules = node_port_rules()
    files.put(
        name="Write the firewall of NodePorts",
        files=[
            source("k8s_node", "/etc/systemd/system/node-ports-firewall.service"),
            source("k8s_node", "/etc/kubernetes/node-ports.rules", rules=rules),
        ],
    )
    systemd.started(name="Raise the firewall of NodePorts", units=["node-ports-firewall.service"])
    iptables.chain(
        name="Let NodePorts obey the firewall",
        chain="NODE-PORTS",
        table="mangle",
        rules=rules,
        load="systemctl reload node-ports-firewall.service",
    )


def node_port_rules() -> list[str]:
    """The rules of NODE-PORTS, as `iptables -S` prints them."""
    platform = spec.platform()
    here = "-m addrtype --dst-type LOCAL"
    ports = ",".join(str(port) for port in sorted(platform.k8s_worker.node_ports))
    return [
        f"-A NODE-PORTS {rule}"
        for rule in (
            "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
            *(
                f"-s {network} -p tcp -m multiport --dports {ports} {here} -j RETURN"
                for network in platform.node_port_sources
            ),
            f"-p tcp -m tcp --dport {NODE_PORTS} {here} -j DROP",
            f"-p udp -m udp --dport {NODE_PORTS} {here} -j DROP",
            "-j RETURN",
        )
    ]


def _words(file: File) -> list[str]:
    """The lines of a file that are no comments."""
    return [line for line in file.content.splitlines() if line and not line.startswith("#")]


def _configuration(state: ContainerdState) -> File:
    return source(
        "k8s_node",
        "/etc/containerd/config.toml",
        # A broken one would end every container of the node with the daemon.
        check="containerd --config {} config dump >/dev/null",
        major=state.major,
        sandbox=state.sandbox,
    )


def _registries() -> list[File]:
    platform = spec.platform()
    written = [_hosts(name, url) for name, url in platform.k8s_node.containerd_mirrors.items()]
    if not platform.docker_host.harbor_tls:
        return [*written, _hosts(platform.registry, platform.docker_host.harbor_url)]
    ca = File(f"{REGISTRIES}/{platform.registry}/ca.crt", _signer())
    return [*written, ca, _hosts(platform.registry, platform.docker_host.harbor_url, ca.path)]


def _hosts(name: str, address: str, ca: str = "") -> File:
    path = f"{REGISTRIES}/{name}/hosts.toml"
    return source("k8s_node", "/etc/containerd/certs.d/hosts.toml", at=path, address=address, ca=ca)


def _signer() -> str:
    """Whom to trust for the registry's certificate: as given, or as its machine made it."""
    platform = spec.platform()
    given = platform.docker_host.harbor_ca or platform.docker_host.harbor_certificate
    if given:
        return Path(given).read_text(encoding="utf-8")
    (machine,) = platform.members("docker_host")
    there = inventory.get_host(machine.name)
    return ask(there, Content, path=platform.registry_ca) + "\n"
