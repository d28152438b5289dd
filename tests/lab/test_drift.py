"""Somebody changes a machine by hand: a dry run names exactly that, a run repairs exactly that."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from lab import Lab, machines
from tests.lab.deploying import converge, planned, shut_gates

pytestmark = pytest.mark.usefixtures("converged")


@dataclass(frozen=True)
class Drift:
    """What somebody did on a machine, and the operations that must notice."""

    machine: str
    did: str
    noticed: tuple[str, ...]
    repaired: tuple[str, ...] | None = None  # where that is not simply what was noticed


# Harbor starts again with Docker, and is waited for.
RESTARTS_DOCKER = (
    "Docker host | Configure the Docker daemon",
    "Docker host | Run Harbor until every component is healthy",
)
DRIFTS = {
    "edits daemon.json": Drift(
        "vm-docker",
        "sed -i s/10m/99m/ /etc/docker/daemon.json",
        ("Docker host | Configure the Docker daemon",),
        repaired=RESTARTS_DOCKER,
    ),
    "writes daemon.json anew, the same": Drift(
        "vm-docker",
        "touch /etc/docker/daemon.json",
        ("Docker host | Configure the Docker daemon",),
        repaired=RESTARTS_DOCKER,
    ),
    "opens a port": Drift(
        "vm-worker", "ufw allow 9999/tcp", ("Common | Open exactly the needed ports",)
    ),
    "turns the firewall off": Drift(
        "vm-k8s",
        "ufw disable",
        ("Common | Open exactly the needed ports", "Wait at the common gate"),
    ),
    "opens a published port": Drift(
        "vm-docker",
        "iptables -I DOCKER-USER -p tcp --dport 9999 -j ACCEPT",
        ("Docker host | Let published ports obey the firewall",),
    ),
    "stops the edge's container": Drift(
        "vm-docker",
        "docker stop edge-nginx",
        ("Docker host | Run the edge as it is described", "Wait at the docker_host gate"),
    ),
    "stops the edge's unit": Drift(
        "vm-docker",
        "systemctl disable --now edge-compose",
        (
            "Docker host | Start the edge",
            "Docker host | Run the edge as it is described",
            "Wait at the docker_host gate",
        ),
        repaired=("Docker host | Start the edge",),
    ),
    "deletes the certificate": Drift(
        "vm-docker",
        "rm /opt/edge/certs/tls.crt",
        (
            "Docker host | Make a certificate for hit.local",
            "Docker host | Route the edge",
            "Wait at the docker_host gate",
        ),
    ),
    "lets others read the key": Drift(
        "vm-docker",
        "chmod 0644 /opt/edge/certs/tls.key",
        ("Docker host | Make a certificate for hit.local",),
    ),
    "edits the edge's routes": Drift(
        "vm-docker",
        "sed -i s/5r/50r/ /opt/edge/nginx/conf.d/edge.conf",
        ("Docker host | Route the edge",),
    ),
    "lets somebody else use Docker": Drift(
        "vm-docker",
        "usermod -aG docker daemon",
        ("Docker host | Let administrators use Docker",),
    ),
    "edits harbor.yml": Drift(
        "vm-docker",
        "sed -i s/info/debug/ /etc/harbor/harbor.yml",
        ("Docker host | Describe Harbor",),
    ),
    "removes one of Harbor's containers": Drift(
        "vm-docker",
        "docker rm --force nginx",
        (
            "Docker host | Run Harbor until every component is healthy",
            "Docker host | Open the project threebody to its robots",
            "Wait at the docker_host gate",
        ),
        repaired=("Docker host | Run Harbor until every component is healthy",),
    ),
    "stops Harbor's unit": Drift(
        "vm-docker",
        "systemctl disable --now harbor-compose",
        (
            "Docker host | Start Harbor",
            "Docker host | Run Harbor until every component is healthy",
            "Docker host | Open the project threebody to its robots",
            "Wait at the docker_host gate",
        ),
        repaired=(
            "Docker host | Start Harbor",
            "Docker host | Run Harbor until every component is healthy",
        ),
    ),
    "takes Docker away from the runner": Drift(
        "vm-docker",
        "gpasswd --delete gitlab-runner docker",
        ("Docker host | Let the runner use Docker", "Wait at the docker_host gate"),
    ),
    "registers the runner a second time": Drift(
        "vm-docker",
        'sed -n "/runners/,\\$p" /etc/gitlab-runner/config.toml >/root/again;'
        " cat /root/again >>/etc/gitlab-runner/config.toml; rm /root/again",
        ("Docker host | Tell the runner which GitLab it works for",),
    ),
    "turns the runner off": Drift(
        "vm-docker",
        "systemctl disable --now gitlab-runner",
        ("Docker host | Start the runner", "Wait at the docker_host gate"),
    ),
    "gives the runner a logout script": Drift(
        "vm-docker",
        "touch /home/gitlab-runner/.bash_logout",
        ("Docker host | Remove the logout script that breaks jobs",),
    ),
    "removes the runner's signing key": Drift(
        "vm-docker",
        "rm /etc/apt/keyrings/gitlab-runner.asc",
        ("Docker host | Trust GitLab's signing key",),
    ),
    "lets others read the key for GitLab": Drift(
        "vm-docker",
        "chmod 0644 /home/admin/.ssh/gitlab_ed25519",
        ("Docker host | Make a key for GitLab",),
    ),
    "trusts another GitLab as well": Drift(
        "vm-docker",
        "echo gitlab-443 ssh-ed25519 AAAA >>/etc/ssh/gitlab_known_hosts",
        ("Docker host | Name GitLab's SSH, and pin its host keys",),
    ),
    "turns updates on again": Drift(
        "vm-worker",
        "systemctl unmask apt-daily.timer apt-daily.service;"
        " systemctl enable --now apt-daily.timer",
        ("Common | Keep automatic updates off", "Wait at the common gate"),
    ),
    "renames the machine": Drift(
        "vm-worker",
        "hostnamectl set-hostname elsewhere",
        ("Common | Name the machine after its place in the inventory", "Wait at the common gate"),
    ),
    "edits the hosts file": Drift(
        "vm-k8s",
        "sed -i s/192.168.56.42/192.168.56.99/ /etc/hosts",
        ("Common | Write the hosts file", "Wait at the common gate"),
    ),
    "points resolv.conf elsewhere": Drift(
        "vm-k8s",
        "rm /etc/resolv.conf; echo nameserver 192.168.56.2 > /etc/resolv.conf",
        ("Common | Let resolv.conf name the real servers", "Wait at the common gate"),
    ),
    "removes a tool": Drift(
        "vm-worker",
        "dpkg --purge unzip",
        ("Common | Install base tools",),
    ),
}


@pytest.mark.parametrize("what", DRIFTS)
def test_drift_is_named_and_repaired_and_nothing_else(lab: Lab, what: str) -> None:
    drift = DRIFTS[what]
    (machine,) = machines.of(lab, [drift.machine])
    try:
        machine.ssh(f"sudo sh -ec '{drift.did}'")
        plan = planned()
    finally:
        changes = converge()  # before anything is asserted: the next test wants a whole lab
    again = planned()
    assert plan == {name: [drift.machine] for name in drift.noticed}
    # By the time that a run reaches the gate, it has repaired what the gate would wait for.
    repaired = drift.repaired or [name for name in drift.noticed if "Wait at" not in name]
    assert {name: hosts for name, hosts in changes.items() if "Wait at" not in name} == {
        name: [drift.machine] for name in repaired
    }
    assert again == {}
    assert shut_gates() == set()
