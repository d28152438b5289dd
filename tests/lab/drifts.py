"""What somebody may do to a machine by hand, and which operations must notice."""

from __future__ import annotations

from dataclasses import dataclass

from tests.lab.registry import RUN_HARBOR


@dataclass(frozen=True)
class Drift:
    """What somebody did on a machine, and the operations that must notice.

    What happens in one round does not touch the same thing: one run repairs all of it.
    """

    round: int
    machine: str
    did: str
    noticed: tuple[str, ...]
    repaired: tuple[str, ...] | None = None  # where that is not simply what was noticed
    elsewhere: tuple[tuple[str, str], ...] = ()  # gates of other machines that it shuts


REGISTRY_IS_MISSED = (
    ("vm-k8s", "Wait at the k8s_node gate"),
    ("vm-worker", "Wait at the k8s_node gate"),
)
EDGE_IS_MISSED = (
    ("vm-k8s", "Wait at the cluster gate"),
    ("vm-worker", "Wait at the cluster gate"),
)
# Harbor starts again with Docker, and is waited for.
RESTARTS_DOCKER = (
    "Docker host | Configure the Docker daemon",
    RUN_HARBOR,
)
DRIFTS = {
    "edits daemon.json": Drift(
        1,
        "vm-docker",
        "sed -i s/10m/99m/ /etc/docker/daemon.json",
        ("Docker host | Configure the Docker daemon",),
        repaired=RESTARTS_DOCKER,
    ),
    "writes daemon.json anew, the same": Drift(
        2,
        "vm-docker",
        "touch /etc/docker/daemon.json",
        ("Docker host | Configure the Docker daemon",),
        repaired=RESTARTS_DOCKER,
    ),
    "opens a port": Drift(
        3, "vm-worker", "ufw allow 9999/tcp", ("Common | Open exactly the needed ports",)
    ),
    "turns the firewall off": Drift(
        3,
        "vm-k8s",
        "ufw disable",
        ("Common | Open exactly the needed ports", "Wait at the common gate"),
    ),
    "opens a published port": Drift(
        4,
        "vm-docker",
        "iptables -I DOCKER-USER -p tcp --dport 9999 -j ACCEPT",
        ("Docker host | Let published ports obey the firewall",),
    ),
    "stops the edge's container": Drift(
        3,
        "vm-docker",
        "docker stop edge-nginx",
        ("Docker host | Run the edge as it is described", "Wait at the docker_host gate"),
        elsewhere=EDGE_IS_MISSED,
    ),
    "stops the edge's unit": Drift(
        4,
        "vm-docker",
        "systemctl disable --now edge-compose",
        (
            "Docker host | Start the edge",
            "Docker host | Run the edge as it is described",
            "Wait at the docker_host gate",
        ),
        repaired=("Docker host | Start the edge",),
        elsewhere=EDGE_IS_MISSED,
    ),
    "deletes the CA, and the certificate": Drift(
        5,
        "vm-docker",
        "rm -r /etc/platform /opt/edge/certs/tls.crt",
        (
            "Docker host | Make the platform's own CA",
            "Docker host | Sign a certificate for hit.local",
            "Docker host | Route the edge",
            "Wait at the docker_host gate",
        ),
    ),
    "lets others read the key": Drift(
        1,
        "vm-docker",
        "chmod 0644 /opt/edge/certs/tls.key",
        ("Docker host | Sign a certificate for hit.local",),
    ),
    "edits the edge's routes": Drift(
        2,
        "vm-docker",
        "sed -i s/5r/50r/ /opt/edge/nginx/conf.d/edge.conf",
        ("Docker host | Route the edge",),
    ),
    "lets somebody else use Docker": Drift(
        4,
        "vm-docker",
        "usermod -aG docker daemon",
        ("Docker host | Let administrators use Docker",),
    ),
    "edits harbor.yml": Drift(
        3,
        "vm-docker",
        "sed -i s/info/debug/ /etc/harbor/harbor.yml",
        ("Docker host | Describe Harbor",),
    ),
    "removes one of Harbor's containers": Drift(
        4,
        "vm-docker",
        "docker rm --force nginx",
        (
            RUN_HARBOR,
            "Docker host | Open the project threebody to its robots",
            "Wait at the docker_host gate",
        ),
        repaired=(RUN_HARBOR,),
        elsewhere=REGISTRY_IS_MISSED,
    ),
    "stops Harbor's unit": Drift(
        5,
        "vm-docker",
        "systemctl disable --now harbor-compose",
        (
            "Docker host | Start Harbor",
            RUN_HARBOR,
            "Docker host | Open the project threebody to its robots",
            "Wait at the docker_host gate",
        ),
        repaired=(
            "Docker host | Start Harbor",
            RUN_HARBOR,
        ),
        elsewhere=REGISTRY_IS_MISSED,
    ),
    "takes Docker away from the runner": Drift(
        5,
        "vm-docker",
        "gpasswd --delete gitlab-runner docker",
        ("Docker host | Let the runner use Docker", "Wait at the docker_host gate"),
    ),
    "registers the runner a second time": Drift(
        3,
        "vm-docker",
        'sed -n "/runners/,\\$p" /etc/gitlab-runner/config.toml >/root/again;'
        " cat /root/again >>/etc/gitlab-runner/config.toml; rm /root/again",
        ("Docker host | Tell the runner which GitLab it works for",),
    ),
    "turns the runner off": Drift(
        4,
        "vm-docker",
        "systemctl disable --now gitlab-runner",
        ("Docker host | Start the runner", "Wait at the docker_host gate"),
    ),
    "gives the runner a logout script": Drift(
        1,
        "vm-docker",
        "touch /home/gitlab-runner/.bash_logout",
        ("Docker host | Remove the logout script that breaks jobs",),
    ),
    "removes the runner's signing key": Drift(
        4,
        "vm-docker",
        "rm /etc/apt/keyrings/gitlab-runner.asc",
        ("Docker host | Trust GitLab's signing key",),
    ),
    "lets others read the key for GitLab": Drift(
        2,
        "vm-docker",
        "chmod 0644 /home/admin/.ssh/gitlab_ed25519",
        ("Docker host | Make a key for GitLab",),
    ),
    "trusts another GitLab as well": Drift(
        1,
        "vm-docker",
        "echo gitlab-443 ssh-ed25519 AAAA >>/etc/ssh/gitlab_known_hosts",
        ("Docker host | Name GitLab's SSH, and pin its host keys",),
    ),
    "removes the application's repository": Drift(
        2,
        "vm-docker",
        "rm -rf /srv/threebody",
        (
            "Docker host | Lay out the application's repository, where there is none",
            "Wait at the docker_host gate",
        ),
        repaired=("Docker host | Lay out the application's repository, where there is none",),
    ),
    "turns updates on again": Drift(
        4,
        "vm-worker",
        "systemctl unmask apt-daily.timer apt-daily.service;"
        " systemctl enable --now apt-daily.timer",
        ("Common | Keep automatic updates off", "Wait at the common gate"),
    ),
    "renames the machine": Drift(
        2,
        "vm-worker",
        "hostnamectl set-hostname elsewhere",
        ("Common | Name the machine after its place in the inventory", "Wait at the common gate"),
    ),
    "edits the hosts file": Drift(
        1,
        "vm-k8s",
        "sed -i s/192.168.56.42/192.168.56.99/ /etc/hosts",
        ("Common | Write the hosts file", "Wait at the common gate"),
    ),
    "points resolv.conf elsewhere": Drift(
        2,
        "vm-k8s",
        "rm /etc/resolv.conf; echo nameserver 192.168.56.2 > /etc/resolv.conf",
        ("Common | Let resolv.conf name the real servers", "Wait at the common gate"),
    ),
    "removes a tool": Drift(
        1,
        "vm-worker",
        "dpkg --purge unzip",
        ("Common | Install base tools",),
    ),
}
