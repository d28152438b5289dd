"""containerd: its configuration by its version, and the registries that it pulls from."""

from __future__ import annotations

from pathlib import Path

from pyinfra import host, inventory

from facts.asking import ask
from facts.containerd import REGISTRIES, Containerd, ContainerdState, Registries
from facts.files import Content
from operations import Commands, files, operation, systemd
from operations.files import File
from operations.sources import source
from spec import Platform


@operation()
def config(platform: Platform) -> Commands:
    """Have the configuration that fits the containerd here, loaded; pods live through its restart.

    The version of Kubernetes and the registry of its images decide which one is a pod's sandbox.
    """
    version, images = platform.k8s_node.kubernetes_version, platform.k8s_control.kubeadm_images
    state = ask(host, Containerd, version=version, images=images)
    yield from files.configure._inner(
        files=[_configuration(platform, state)],
        process=systemd.main_pid("containerd"),
        load="systemctl reset-failed containerd; systemctl restart containerd",
    )


@operation()
def registries(platform: Platform) -> Commands:
    """Have a file for each of our registries, which containerd reads at each pull; no other."""
    wanted, present = _registries(platform), ask(host, Registries)
    yield from files.put._inner(files=wanted)
    kept = {file.path.removeprefix(f"{REGISTRIES}/").partition("/")[0] for file in wanted}
    others = [name for name in present if name not in kept]
    yield from files.remove._inner(paths=[f"{REGISTRIES}/{name}" for name in others])


def _configuration(platform: Platform, state: ContainerdState) -> File:
    return source(
        platform,
        "k8s_node",
        "/etc/containerd/config.toml",
        # A broken one would end every container of the node with the daemon.
        check="containerd --config {} config dump >/dev/null",
        major=state.major,
        sandbox=state.sandbox,
    )


def _registries(platform: Platform) -> list[File]:
    written = [
        _hosts(platform, name, url) for name, url in platform.k8s_node.containerd_mirrors.items()
    ]
    if not platform.docker_host.harbor_tls:
        return [*written, _hosts(platform, platform.registry, platform.docker_host.harbor_url)]
    ca = File(f"{REGISTRIES}/{platform.registry}/ca.crt", _signer(platform))
    return [
        *written,
        ca,
        _hosts(platform, platform.registry, platform.docker_host.harbor_url, ca.path),
    ]


def _hosts(platform: Platform, name: str, address: str, ca: str = "") -> File:
    path = f"{REGISTRIES}/{name}/hosts.toml"
    return source(
        platform, "k8s_node", "/etc/containerd/certs.d/hosts.toml", at=path, address=address, ca=ca
    )


def _signer(platform: Platform) -> str:
    """Whom to trust for the registry's certificate: as given, or as its machine made it."""
    given = platform.docker_host.harbor_ca or platform.docker_host.harbor_certificate
    if given:
        return Path(given).read_text(encoding="utf-8")
    registry = inventory.get_host(platform.docker.name)
    return ask(registry, Content, path=platform.registry_ca) + "\n"
