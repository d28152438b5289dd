"""What "done" means, written once: the deploy waits, tests assert, `make status` shows."""

from __future__ import annotations

import shlex
from collections.abc import Callable
from dataclasses import dataclass

from spec import Machine, Platform


@dataclass(frozen=True)
class Gate:
    """One thing that must hold on a machine before the next layer may build on it."""

    layer: str
    awaits: str  # completes "waiting until ..."
    command: str  # reads only, runs as root; exit status 0 means open
    hint: str  # where to look when it stays shut
    within: int = 10  # seconds
    every: int = 1  # seconds


def gates(platform: Platform, machine: Machine, layer: str | None = None) -> tuple[Gate, ...]:
    """The gates of a machine, in the order of its layers; of one layer only when it is named."""
    layers = (name for name in LAYERS if layer in (None, name))
    return tuple(
        gate
        for name in layers
        if name == "common" or name in machine.groups
        for gate in LAYERS[name](platform, machine)
    )


def _common(platform: Platform, machine: Machine) -> list[Gate]:
    names = [name for other in platform.machines for name in platform.names(other)]
    expected = [f"{other.address}" for other in platform.machines for _ in platform.names(other)]
    resolve = " && ".join(
        f"{{ test \"$(getent ahostsv4 {name} | awk 'NR == 1 {{print $1}}')\" = {address} || "
        f"{{ getent ahostsv4 {name}; echo {name} should be {address}; false; }}; }}"
        for name, address in zip(names, expected, strict=True)
    )
    return [
        Gate(
            "common",
            "automatic updates are off",
            "! systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer unattended-upgrades"
            " | grep -vx -e masked -e masked-runtime",
            "systemctl status apt-daily.timer apt-daily-upgrade.timer unattended-upgrades",
        ),
        Gate(
            "common",
            "no package is half-configured",
            'said=$(dpkg --audit); echo "$said"; test -z "$said"',
            "dpkg --audit; dpkg --configure --pending",
        ),
        Gate(
            "common",
            f"its name is {machine.hostname}",
            f'hostname; test "$(hostname)" = {machine.hostname} &&'
            f' test "$(cat /etc/hostname)" = {machine.hostname}',
            "hostnamectl; /etc/hostname",
        ),
        Gate(
            "common",
            "the machines' names resolve",
            resolve,
            "/etc/hosts; the hosts line in /etc/nsswitch.conf",
        ),
        Gate(
            "common",
            f"DNS knows {platform.all.dns_probe}",
            f"getent ahosts {platform.all.dns_probe} || resolvectl query {platform.all.dns_probe}",
            "resolvectl status; can the servers in dns_servers be reached from here?",
            within=20,
        ),
        Gate(
            "common",
            "/etc/resolv.conf names the real servers",
            "readlink -f /etc/resolv.conf;"
            " test /etc/resolv.conf -ef /run/systemd/resolve/resolv.conf",
            "systemctl status systemd-resolved; does something else write /etc/resolv.conf?",
        ),
        Gate(
            "common",
            "the clock is in step",
            # A container has the clock of its host.
            "systemd-detect-virt --quiet --container ||"
            " timedatectl show --property=NTPSynchronized | grep -x NTPSynchronized=yes ||"
            " chronyc -n waitsync 1",
            "timedatectl; can an NTP server be reached (123/udp)?",
            within=60,
            every=3,
        ),
        Gate(
            "common",
            "the firewall is on",
            "ufw status | grep -x 'Status: active'",
            "ufw status verbose; journalctl -u ufw",
        ),
    ]


def _docker_host(platform: Platform, machine: Machine) -> list[Gate]:
    settings = platform.docker_host
    edge = shlex.quote(settings.edge_host)
    https, http = settings.edge_https_port, settings.edge_http_port
    ask = (
        f"curl -sS --max-time 10 --resolve {edge}:{https}:127.0.0.1"
        f" --resolve {edge}:{http}:127.0.0.1"
    )
    return [
        Gate(
            "docker_host",
            f"Docker {settings.docker_version} answers",
            "docker version --format '{{.Server.Version}}' | tee /dev/stderr |"
            f" grep -qF {settings.docker_version.removeprefix('v')}",
            "systemctl status docker; journalctl -u docker -n 50",
            within=30,
        ),
        Gate(
            "docker_host",
            "docker compose and docker buildx are there",
            "docker compose version && docker buildx version",
            "dpkg -l docker-compose-plugin docker-buildx-plugin",
        ),
        Gate(
            "docker_host",
            f"Docker may push to {platform.registry} over HTTP",
            "docker info --format '{{json .RegistryConfig.InsecureRegistryCIDRs}}"
            " {{json .RegistryConfig.IndexConfigs}}' | tee /dev/stderr |"
            f" grep -qF '\"{platform.registry}\"'",
            "/etc/docker/daemon.json; systemctl restart docker",
            within=20,
        ),
        Gate(
            "docker_host",
            f"{platform.all.ssh_user} may use Docker",
            f"id -nG {platform.all.ssh_user} | tr ' ' '\\n' | grep -qx docker",
            "getent group docker",
        ),
        Gate(
            "docker_host",
            "published ports obey the firewall",
            "iptables -C FORWARD -j DOCKER-USER && iptables -S DOCKER-USER | grep -q -- '-j DROP'",
            "systemctl status docker-firewall; iptables -S DOCKER-USER",
            within=20,
        ),
        Gate(
            "docker_host",
            "the edge's configuration is valid",
            "docker exec edge-nginx nginx -t",
            "docker logs edge-nginx; /opt/edge/nginx/conf.d; docker restart edge-nginx",
            within=60,
        ),
        Gate(
            "docker_host",
            f"http://{settings.edge_host} sends people to HTTPS",
            f"{ask} -o /dev/null -w '%{{http_code}} %{{redirect_url}}\\n' http://{edge}:{http}/ |"
            f" tee /dev/stderr | grep -q '^301 https://'",
            "systemctl status edge-compose; docker ps -a --filter name=edge-nginx",
            within=30,
        ),
        Gate(
            "docker_host",
            f"https://{settings.edge_host} answers",
            f"{ask} --insecure -o /dev/null -w '%{{http_code}}\\n'"
            f" https://{edge}:{https}/edge-health | tee /dev/stderr | grep -qx 204",
            "systemctl status edge-compose; docker logs edge-nginx; who has the port: lsof -i"
            f" :{https}",
            within=30,
        ),
        Gate(
            "docker_host",
            f"the edge shows a certificate for {settings.edge_host}",
            f"shown=$(echo | openssl s_client -connect 127.0.0.1:{https} -servername {edge}"
            " 2>/dev/null | openssl x509) &&"
            ' echo "$shown" | openssl x509 -noout -subject -checkend 2592000 &&'
            f' echo "$shown" | openssl x509 -noout -checkhost {edge} | tee /dev/stderr |'
            " grep -q 'does match'",
            "/opt/edge/certs/tls.crt; was nginx reloaded?",
            within=20,
        ),
    ]


LAYERS: dict[str, Callable[[Platform, Machine], list[Gate]]] = {
    "common": _common,
    "docker_host": _docker_host,
}
