"""B1, B2: Docker Engine from its own repository, and a firewall that its published ports obey."""

from __future__ import annotations

from pyinfra import host

import spec
from operations import apt, files, iptables, systemd, users
from operations.sources import source
from spec import Platform
from tasks.repositories import docker_repository, docker_versions


def apply(platform: Platform) -> None:
    """Have Docker at exactly the wanted version, configured and fenced in before it starts."""
    docker_repository(platform)
    configure(platform)
    close_published_ports(platform)
    install(platform)
    let_admins_in(platform)


def configure(platform: Platform) -> None:
    """B2: a registry over plain HTTP must be named, or every push is refused for want of TLS."""
    # Before Docker is there as well, so that its first start reads it.
    files.configure(
        name="Configure the Docker daemon",
        files=[source(platform, "docker_host", "/etc/docker/daemon.json")],
        process=systemd.main_pid("docker"),
        # One that failed too often in a short time is not started again without the reset.
        load="systemctl reset-failed docker; systemctl restart docker",
    )


def close_published_ports(platform: Platform) -> None:
    """UFW never sees what goes to a container: Docker's chains come first, with DOCKER-USER."""
    rules, rules6 = published_rules(platform, 4), published_rules(platform, 6)
    files.put(
        name="Write the firewall of published ports",
        files=[
            source(platform, "docker_host", "/etc/systemd/system/docker-firewall.service"),
            source(platform, "docker_host", "/etc/systemd/system/docker.service.d/firewall.conf"),
            source(platform, "docker_host", "/etc/docker/firewall.rules", rules=rules),
            source(platform, "docker_host", "/etc/docker/firewall6.rules", rules=rules6),
        ],
    )
    systemd.enable(
        name="Raise the firewall of published ports before Docker",
        units=["docker-firewall.service"],
    )
    # One that failed cannot be reloaded.
    load = "systemctl reload docker-firewall.service || systemctl start docker-firewall.service"
    iptables.chain(
        name="Let published ports obey the firewall",
        chain="DOCKER-USER",
        rules=rules,
        load=load,
    )
    iptables.chain(
        name="Let ports that are published for IPv6 obey the firewall",
        chain="DOCKER-USER",
        rules=rules6,
        load=load,
        program="ip6tables",
    )


def published_rules(platform: Platform, version: int) -> list[str]:
    """The rules of DOCKER-USER for an IP version, as `iptables -S` prints them.

    What comes from a container passes. What comes from outside does for a declared port only,
    whatever network its container is in: published, or asked for by the container's own address.
    """
    # Docker's names for them. From one that somebody has named, containers reach out all the same.
    bridges = ("docker+", "br-+")
    rules = ["-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN"]
    for port in platform.open_ports(platform.machine(host.name)):
        # The port that was asked for: by now the packet carries the container's.
        asked = (
            f"-p tcp -m conntrack --ctstate DNAT --ctorigdstport {port.port} --ctdir ORIGINAL"
            " -j RETURN"
        )
        sources = [f"-s {network} " for network in port.sources if network.version == version]
        if port.published:
            rules += [f"{source_}{asked}" for source_ in (sources if port.sources else [""])]
    rules += [f"-i {bridge} -j RETURN" for bridge in bridges]
    rules += ["-m conntrack --ctstate DNAT -j DROP"]
    rules += [f"-o {bridge} -j DROP" for bridge in bridges]
    if version == 4:
        rules += [f"-d {platform.docker_host.docker_network} -j DROP"]
    return [f"-A DOCKER-USER {rule}" for rule in (*rules, "-j RETURN")]


def install(platform: Platform) -> None:
    """B1: never `latest`: the version is a setting, and the pin holds it through every upgrade."""
    version = platform.docker_host.docker_version
    apt.packages(name=f"Install Docker Engine {version}", versions=docker_versions(platform))
    systemd.enable(name="Start Docker", units=["containerd.service", "docker.service"])


def let_admins_in(platform: Platform) -> None:
    """B1: without the group every `docker` needs sudo; with it, its members are as good as root."""
    users.members(
        name="Let administrators use Docker",
        group="docker",
        users=platform.docker_users,
        # Its own task lets the runner in, once its package has made the user.
        welcome=[spec.RUNNER_USER],
    )
