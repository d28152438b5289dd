"""B1, B2: Docker Engine from its own repository, and a firewall that its published ports obey."""

from __future__ import annotations

from pyinfra import host

import spec
from facts.asking import ask
from facts.machine import MachineFact
from operations import apt, files, iptables, systemd, users
from tasks.sources import source


def apply() -> None:
    """Have Docker at exactly the wanted version, configured and fenced in before it starts."""
    add_repository()
    configure()
    close_published_ports()
    install()
    let_admins_in()


def add_repository() -> None:
    """B1: the runbook pipes get.docker.com into a shell; this is what that script sets up."""
    settings = spec.platform().docker_host
    system = ask(host, MachineFact)
    apt.key(
        name="Trust Docker's signing key",
        url=f"{settings.docker_repository}/{system.distribution}/gpg",
        sha256=settings.docker_key_sha256,
        path="/etc/apt/keyrings/docker.asc",
    )
    files.put(
        name="Add Docker's repository, pinned to the wanted versions",
        files=[
            source("docker_host", "/etc/apt/sources.list.d/docker.sources", system=system),
            source("docker_host", "/etc/apt/preferences.d/docker.pref", versions=versions()),
        ],
    )


def versions() -> dict[str, str]:
    """Docker's packages and the versions wanted of them, as patterns that apt and dpkg agree on."""
    settings = spec.platform().docker_host
    engine = f"5:{settings.docker_version}-*"
    return {
        "docker-ce": engine,
        "docker-ce-cli": engine,
        "containerd.io": f"{settings.docker_containerd_version}-*",
        "docker-compose-plugin": f"{settings.docker_compose_version}-*",
        "docker-buildx-plugin": f"{settings.docker_buildx_version}-*",
    }


def configure() -> None:
    """B2: a registry over plain HTTP must be named, or every push is refused for want of TLS."""
    # Before Docker is there as well, so that its first start reads it.
    files.configure(
        name="Configure the Docker daemon",
        files=[source("docker_host", "/etc/docker/daemon.json")],
        process=systemd.main_pid("docker"),
        # One that failed too often in a short time is not started again without the reset.
        load="systemctl reset-failed docker; systemctl restart docker",
    )


def close_published_ports() -> None:
    """UFW never sees what goes to a container: Docker's chains come first, with DOCKER-USER."""
    rules = published_rules()
    files.put(
        name="Write the firewall of published ports",
        files=[
            source("docker_host", "/etc/systemd/system/docker-firewall.service"),
            source("docker_host", "/etc/docker/firewall.rules", rules=rules),
        ],
    )
    systemd.started(
        name="Raise the firewall of published ports before Docker",
        units=["docker-firewall.service"],
    )
    iptables.chain(
        name="Let published ports obey the firewall",
        chain="DOCKER-USER",
        rules=rules,
        load="systemctl reload docker-firewall.service",
    )


def published_rules() -> list[str]:
    """The rules of DOCKER-USER, as `iptables -S` prints them."""
    platform = spec.platform()
    network = platform.docker_host.docker_network
    rules = [
        "-m conntrack --ctstate RELATED,ESTABLISHED -j RETURN",
        f"-s {network} -j RETURN",
    ]
    for port in platform.open_ports(platform.machine(host.name)):
        for source_network in port.sources or ("",):
            match = f"-s {source_network} " if source_network else ""
            if port.published:
                # The port that was asked for: by now the packet carries the container's.
                rules.append(
                    f"{match}-p tcp -m conntrack --ctorigdstport {port.port} --ctdir ORIGINAL"
                    " -j RETURN"
                )
    rules += [f"-d {network} -j DROP", "-j RETURN"]
    return [f"-A DOCKER-USER {rule}" for rule in rules]


def install() -> None:
    """B1: never `latest`: the version is a setting, and the pin holds it through every upgrade."""
    version = spec.platform().docker_host.docker_version
    apt.packages(name=f"Install Docker Engine {version}", versions=versions())
    systemd.started(name="Start Docker", units=["containerd.service", "docker.service"])


def let_admins_in() -> None:
    """B1: without the group every `docker` needs sudo; with it, its members are as good as root."""
    users.members(
        name="Let administrators use Docker",
        group="docker",
        users=spec.platform().docker_users,
        # Its own task lets the runner in, once its package has made the user.
        welcome=[spec.RUNNER_USER],
    )
