"""B1-B6: Docker, and every service on it."""

from __future__ import annotations

import shlex
from ipaddress import IPv4Address

from gates import harbor
from gates.gate import Gate, starts_at_boot
from spec import RUNNER_USER, Machine, Platform
from spec.certificate import CA, LEAST_DAYS

UNITS = (
    *("docker-firewall", "containerd", "docker"),
    *("harbor-compose", "edge-compose", "gitlab-runner"),
)


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What a Docker host does for the others, in the order in which it learns it."""
    return [
        *_docker(platform, machine.address),
        *harbor.gates(platform),
        *_edge(platform),
        *_runner(platform),
        _repository(platform),
        starts_at_boot("what the Docker host serves starts at boot", UNITS),
    ]


def _docker(platform: Platform, address: IPv4Address) -> list[Gate]:
    settings = platform.docker_host
    return [
        Gate(
            awaits=f"Docker {settings.docker_version} answers",
            command=(
                "docker version --format '{{.Server.Version}}' | tee /dev/stderr |"
                f" grep -qF {settings.docker_version.removeprefix('v')}"
            ),
            hint="systemctl status docker; journalctl -u docker -n 50",
            within=30,
        ),
        Gate(
            awaits="docker compose and docker buildx are there",
            command="docker compose version && docker buildx version",
            hint="dpkg -l docker-compose-plugin docker-buildx-plugin",
        ),
        _docker_trusts(platform),
        Gate(
            awaits=f"{platform.all.ssh_user} may use Docker",
            command=f"id -nG {platform.all.ssh_user} | tr ' ' '\\n' | grep -qx docker",
            hint="getent group docker",
        ),
        Gate(
            awaits="published ports obey the firewall",
            command=(
                "iptables -C FORWARD -j DOCKER-USER &&"
                " iptables -S DOCKER-USER | grep -e '--ctstate DNAT -j DROP' &&"
                " { [ ! -e /proc/net/if_inet6 ] ||"
                " ip6tables -S DOCKER-USER | grep -e '--ctstate DNAT -j DROP'; } &&"
                # What comes in at a card with a name of Docker's counts as a container's.
                f" ! ip -brief address show to {address} | grep -e '^br-' -e '^docker'"
            ),
            hint=(
                "systemctl status docker-firewall; iptables -S DOCKER-USER; is the machine's own"
                " card called br-… or docker…? Give it another name"
            ),
            within=20,
        ),
    ]


def _edge(platform: Platform) -> list[Gate]:
    settings = platform.docker_host
    edge = shlex.quote(settings.edge_host)
    https, http = settings.edge_https_port, settings.edge_http_port
    ask = (
        f"curl -sS --max-time 10 --resolve {edge}:{https}:127.0.0.1"
        f" --resolve {edge}:{http}:127.0.0.1"
    )
    return [
        Gate(
            awaits="the edge's configuration is valid",
            command="docker exec edge-nginx nginx -t",
            hint="docker logs edge-nginx; /opt/edge/nginx/conf.d; docker restart edge-nginx",
            within=60,
        ),
        Gate(
            awaits=f"http://{settings.edge_host} sends people to HTTPS",
            command=(
                f"{ask} -o /dev/null -w '%{{http_code}} %{{redirect_url}}\\n'"
                f" http://{edge}:{http}/ | tee /dev/stderr | grep -q '^301 https://'"
            ),
            hint="systemctl status edge-compose; docker ps -a --filter name=edge-nginx",
            within=30,
        ),
        Gate(
            awaits=f"https://{settings.edge_host} answers",
            command=(
                f"{ask} --insecure -o /dev/null -w '%{{http_code}}\\n'"
                f" https://{edge}:{https}/edge-health | tee /dev/stderr | grep -qx 204"
            ),
            hint=(
                "systemctl status edge-compose; docker logs edge-nginx; who has the port: lsof -i"
                f" :{https}"
            ),
            within=30,
        ),
        Gate(
            awaits=f"the edge shows a certificate for {settings.edge_host}",
            command=(
                f"shows-certificate {edge} {https} {LEAST_DAYS}"
                f"{'' if settings.edge_certificate else f' {CA}'}"
            ),
            hint="/opt/edge/certs/tls.crt; was nginx reloaded? systemctl status edge-certificate",
            within=20,
        ),
    ]


def _docker_trusts(platform: Platform) -> Gate:
    settings = platform.docker_host
    if settings.harbor_tls:
        return Gate(
            awaits=f"Docker trusts the certificate of {platform.registry}",
            command=(
                f"openssl x509 -in {platform.registry_ca} -noout -subject"
                f" -checkend {LEAST_DAYS * 86400} &&"
                f" shows-certificate {settings.harbor_host} {settings.harbor_port} {LEAST_DAYS}"
                f" {platform.registry_ca}"
            ),
            hint=(
                f"{platform.registry_ca}; /etc/harbor/tls; systemctl status harbor-certificate;"
                " harbor_certificate and harbor_ca in group_data"
            ),
            within=20,
        )
    return Gate(
        awaits=f"Docker may push to {platform.registry} over HTTP",
        command=(
            "docker info --format '{{json .RegistryConfig.InsecureRegistryCIDRs}}"
            " {{json .RegistryConfig.IndexConfigs}}' | tee /dev/stderr |"
            f" grep -qF '\"{platform.registry}\"'"
        ),
        hint="/etc/docker/daemon.json; systemctl restart docker",
        within=20,
    )


def _runner(platform: Platform) -> list[Gate]:
    settings = platform.docker_host
    version = settings.runner_version.removeprefix("v")
    return [
        Gate(
            awaits=f"GitLab Runner {settings.runner_version} runs",
            command=(
                f"gitlab-runner --version | tee /dev/stderr | grep -qx 'Version: *{version}' &&"
                " systemctl is-active gitlab-runner"
            ),
            hint="systemctl status gitlab-runner; journalctl -u gitlab-runner -n 50",
            within=30,
        ),
        Gate(
            awaits="the runner may use Docker",
            command=f"sudo -n -u {RUNNER_USER} docker ps",
            hint="getent group docker; ls -l /var/run/docker.sock",
        ),
    ]


def _repository(platform: Platform) -> Gate:
    folder, user = platform.docker_host.application_path, platform.all.ssh_user
    return Gate(
        awaits=f"the application's repository is in {folder}",
        command=f"sudo -n -u {user} -H git -C {folder} rev-parse --verify main",
        hint=f"ls -la {folder}; git -C {folder} status, as {user}; it needs a branch main",
    )
