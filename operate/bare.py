"""What a run leaves on a machine besides packages: units, containers, files, and people's data."""

from __future__ import annotations

from spec import Machine, Platform

# Whatever is in these folders runs by docker compose.
PROJECTS = ("/opt/edge", "/opt/harbor")
# What the monitoring has there, whatever runs in the cluster.
TELL = (
    *("tell-gates.timer", "tell-edge.service", "tell-programs.service"),
    *("tell-logs.service", "tell-journal.service"),
)
OF_EVERY_MACHINE = ("disks-fill.timer", "package-lists.timer")
UNITS = (
    *("edge-certificate.timer", "harbor-certificate.timer", "docker-tidy.timer"),
    "gitlab-runner.service",
    *("edge-compose.service", "harbor-compose.service"),
)
FIREWALL = "docker-firewall.service"
# Without it Docker does not start; with it, it stops as soon as the firewall does.
WANTS_FIREWALL = "/etc/systemd/system/docker.service.d/firewall.conf"
TOLD = (
    "/etc/systemd/system/tell-edge.service",
    "/etc/systemd/system/tell-gates.service",
    "/etc/systemd/system/tell-gates.timer",
    "/usr/local/sbin/tell-edge",
    "/etc/systemd/system/gitlab-runner.service.d/tell.conf",
    "/etc/systemd/system/tell-journal.service",
    "/etc/systemd/system/tell-logs.service",
    "/etc/systemd/system/tell-programs.service",
    "/usr/local/sbin/app-database",
    "/usr/local/sbin/tell-gates",
    "/usr/local/sbin/tell-journal",
    "/usr/local/sbin/tell-logs",
    "/usr/local/sbin/tell-programs",
    "/var/lib/prometheus/node-exporter",
    "/var/lib/tell-journal",
)
COMMON = (
    *TOLD,
    "/etc/apt/apt.conf.d/99-threebody",
    "/etc/cloud/cloud.cfg.d/99-threebody.cfg",
    "/etc/needrestart/conf.d/99-threebody.conf",
    "/etc/systemd/system/disks-fill.service",
    "/etc/systemd/system/disks-fill.timer",
    "/etc/ssh/sshd_config.d/90-threebody.conf",
    "/etc/sysctl.d/zz-threebody-common.conf",
    "/etc/systemd/system/package-lists.service",
    "/etc/systemd/system/package-lists.timer",
    "/usr/local/sbin/certificates-end",
    "/usr/local/sbin/disks-fill",
    "/usr/local/sbin/names-resolve",
    "/var/lib/disks-fill",
)
DOCKER_HOST = (
    "/etc/apt/keyrings/gitlab-runner.asc",
    "/etc/apt/preferences.d/gitlab-runner.pref",
    "/etc/apt/sources.list.d/gitlab-runner.sources",
    "/etc/docker/firewall.rules",
    "/etc/docker/firewall6.rules",
    "/etc/gitlab-runner/config.toml",
    "/etc/harbor",
    "/etc/logrotate.d/harbor-install",
    "/etc/platform",
    "/etc/ssh/gitlab_known_hosts",
    "/etc/ssh/ssh_config.d/50-gitlab.conf",
    "/etc/systemd/system/docker-firewall.service",
    WANTS_FIREWALL,
    "/etc/systemd/system/docker-tidy.service",
    "/etc/systemd/system/docker-tidy.timer",
    "/etc/systemd/system/edge-certificate.service",
    "/etc/systemd/system/edge-certificate.timer",
    "/etc/systemd/system/edge-compose.service",
    "/etc/systemd/system/harbor-certificate.service",
    "/etc/systemd/system/harbor-certificate.timer",
    "/etc/systemd/system/harbor-compose.service",
    *PROJECTS,
    "/opt/.harbor.new",
    "/opt/harbor-v*",
    "/usr/local/lib/harbor.sh",
    "/usr/local/sbin/docker-tidy",
    "/usr/local/sbin/harbor-back",
    "/usr/local/sbin/harbor-certificate",
    "/usr/local/sbin/harbor-install",
    "/usr/local/sbin/harbor-start",
    "/usr/local/sbin/harbor-stop",
    "/usr/local/sbin/make-authority",
    "/usr/local/sbin/make-certificate",
    "/usr/local/sbin/shows-certificate",
    "/var/cache/harbor",
)


def files(platform: Platform, machine: Machine) -> tuple[str, ...]:
    """What the platform has written there; what makes it a node is node-reset's business."""
    if "docker_host" not in machine.groups:
        return COMMON
    signer = (platform.registry_ca.rpartition("/")[0],) if platform.registry_ca else ()
    return (*COMMON, *DOCKER_HOST, *signer)


def data(platform: Platform, machine: Machine) -> tuple[str, ...]:
    """What people and programs keep there, and nobody can make again."""
    settings = platform.docker_host
    found: tuple[str, ...] = ()
    if "docker_host" in machine.groups:
        found += (settings.harbor_data, f"{settings.harbor_data}-v*", settings.application_path)
    if "k8s_control" in machine.groups:
        found += ("/var/lib/etcd.before",)
    if "k8s_worker" in machine.groups:
        path = platform.k8s_worker.app_database_path
        # And what make move-database has left of it.
        found += (path, f"{path}.coming", f"{path}.moved-*")
    return found
