"""What breaks the subject of each gate, and what mends it by hand."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Break:
    """What breaks the subject of a gate on a machine, and what mends it by hand.

    What is broken in one round leaves the others of it as they are.
    """

    round: int
    machine: str
    breaks: str
    mends: str
    seen_on: str = ""  # another machine, whose gate it is

    @property
    def shows(self) -> str:
        """The machine whose gate shuts."""
        return self.seen_on or self.machine


# Tests start it more often than systemd finds healthy.
RESTART_DOCKER = "systemctl reset-failed docker && systemctl restart docker"
HARBOR = (
    "curl -sSf --config /etc/harbor/admin.curl -X PUT -H 'Content-Type: application/json' -d '{}'"
    " http://harbor.local:8080/api/v2.0/projects/threebody"
)
BREAKS = {
    "automatic updates are off": Break(
        1,
        "vm-worker",
        "systemctl unmask unattended-upgrades",
        "systemctl mask unattended-upgrades",
    ),
    "no package is half-configured": Break(
        1,
        "vm-worker",
        "cp /var/lib/dpkg/status /root/status &&"
        " sed -i '/^Package: nano$/,/^$/s/install ok installed/install ok half-configured/'"
        " /var/lib/dpkg/status",
        "mv /root/status /var/lib/dpkg/status",
    ),
    "its name is vm-worker": Break(2, "vm-worker", "hostname elsewhere", "hostname vm-worker"),
    "the machines' names resolve": Break(
        1,
        "vm-worker",
        "sed -i s/56.42/56.142/ /etc/hosts",
        "sed -i s/56.142/56.42/ /etc/hosts",
    ),
    "DNS knows registry-1.docker.io": Break(
        3,
        "vm-worker",
        "ip route add blackhole 192.168.56.2/32 && resolvectl flush-caches",
        "ip route del blackhole 192.168.56.2/32",
    ),
    "/etc/resolv.conf names the real servers": Break(
        1,
        "vm-worker",
        "ln -sf /run/systemd/resolve/stub-resolv.conf /etc/resolv.conf",
        "ln -sf /run/systemd/resolve/resolv.conf /etc/resolv.conf",
    ),
    "no disk will be full within a week": Break(
        1,
        "vm-worker",
        # A third of what is left was added on each of the last days.
        "mkdir -p /var/lib/disks-fill; left=$(df -k --output=avail / | tail -n 1);"
        " for day in 5 4 3 2 1; do echo $(($(date +%s) / 86400 - day))"
        " $(((5 - day) * left / 3)) $left /; done >/var/lib/disks-fill/history",
        "rm /var/lib/disks-fill/history",
    ),
    "Docker 26.1.5 answers": Break(
        2,
        "vm-docker",
        "systemctl stop docker.socket docker",
        RESTART_DOCKER,
    ),
    "docker compose and docker buildx are there": Break(
        1,
        "vm-docker",
        "chmod -x $(readlink -f /usr/libexec/docker/cli-plugins/docker-buildx)",
        "chmod +x $(readlink -f /usr/libexec/docker/cli-plugins/docker-buildx)",
    ),
    "Docker may push to harbor.local:8080 over HTTP": Break(
        3,
        "vm-docker",
        f"sed -i s/harbor.local/else.local/ /etc/docker/daemon.json && {RESTART_DOCKER}",
        f"sed -i s/else.local/harbor.local/ /etc/docker/daemon.json && {RESTART_DOCKER}",
    ),
    "admin may use Docker": Break(
        1, "vm-docker", "gpasswd --delete admin docker", "gpasswd --add admin docker"
    ),
    "the edge's configuration is valid": Break(
        1,
        "vm-docker",
        "echo nonsense > /opt/edge/nginx/conf.d/zz.conf",
        "rm /opt/edge/nginx/conf.d/zz.conf",
    ),
    "http://hit.local sends people to HTTPS": Break(
        4, "vm-docker", "docker stop edge-nginx", "docker start edge-nginx"
    ),
    "https://hit.local answers": Break(
        4, "vm-docker", "docker stop edge-nginx", "docker start edge-nginx"
    ),
    "the edge shows a certificate for hit.local": Break(
        5,
        "vm-docker",
        "cp -a /opt/edge/certs /root/ && openssl req -x509 -nodes -newkey rsa:2048 -days 90"
        " -keyout /opt/edge/certs/tls.key -out /opt/edge/certs/tls.crt -subj /CN=other.local"
        " -addext subjectAltName=DNS:other.local && docker exec edge-nginx nginx -s reload",
        "rm -r /opt/edge/certs && mv /root/certs /opt/edge/ && docker restart edge-nginx",
    ),
    "every component of Harbor is healthy": Break(
        1,
        "vm-docker",
        # Harbor asks its parts every ten seconds.
        "docker stop harbor-jobservice; sleep 12",
        "docker start harbor-jobservice",
    ),
    "harbor.local:8080 asks who is there": Break(
        4, "vm-docker", "docker pause nginx", "docker unpause nginx"
    ),
    "the registry's robots may log in, and not with a wrong password": Break(
        1,
        "vm-docker",
        "cp -a /etc/harbor/pull.curl /root/ && sed -i 's/:/:x/' /etc/harbor/pull.curl",
        "mv /root/pull.curl /etc/harbor/pull.curl",
    ),
    "the project threebody is private": Break(
        5,
        "vm-docker",
        HARBOR.format('{"metadata": {"public": "true"}}'),
        HARBOR.format('{"metadata": {"public": "false"}}'),
    ),
    "there is room for images under /data/harbor": Break(
        5, "vm-docker", "mount -t tmpfs -o size=20m tmpfs /data/harbor", "umount /data/harbor"
    ),
    "GitLab Runner 16.11.4 runs": Break(
        1, "vm-docker", "systemctl stop gitlab-runner", "systemctl start gitlab-runner"
    ),
    "the runner may use Docker": Break(
        1,
        "vm-docker",
        "gpasswd --delete gitlab-runner docker",
        "gpasswd --add gitlab-runner docker",
    ),
    "the runner is registered at http://192.168.56.2/gitlab.com": Break(
        1,
        "vm-docker",
        "sed -i s/glrt-/glrt-not/ /etc/gitlab-runner/config.toml",
        "sed -i s/glrt-not/glrt-/ /etc/gitlab-runner/config.toml",
    ),
    "GitLab answers on SSH at altssh.gitlab.com:443": Break(
        1,
        "vm-docker",
        "sed -i.bak s/AAAAIO*/AAAAIP/ /etc/ssh/gitlab_known_hosts",
        "mv /etc/ssh/gitlab_known_hosts.bak /etc/ssh/gitlab_known_hosts",
    ),
    "the last backup is not older than 8 days": Break(
        5,
        "vm-docker",
        "touch -d '9 days ago' /var/lib/threebody-backup",
        "rm /var/lib/threebody-backup",
    ),
    "the application's repository is in /srv/threebody": Break(
        1,
        "vm-docker",
        "runuser -u admin -- git -C /srv/threebody branch -q -M main elsewhere",
        "runuser -u admin -- git -C /srv/threebody branch -q -M elsewhere main",
    ),
}
# A container has the clock of its host; tests/unit sees this one shut.
# What etcd keeps of a Secret is not ours to rewrite.
NOT_HERE = {"the clock is in step", "Secrets are encrypted at rest"}
