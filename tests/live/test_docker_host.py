"""B1, B2, B4: Docker at its version, behind the firewall, and the edge in front of the workers."""

from __future__ import annotations

import json

from testinfra.host import Host

from spec import RUNNER_USER, Platform

EDGE = "/opt/edge"


def _info(docker_host: Host, what: str) -> object:
    return json.loads(docker_host.check_output(f"docker info --format '{{{{json {what}}}}}'"))


def test_docker_has_the_wanted_version_and_is_pinned(platform: Platform, docker_host: Host) -> None:
    wanted = platform.docker_host.docker_version
    installed = docker_host.check_output("dpkg-query -W -f '${Version}' docker-ce")
    assert installed.startswith(f"5:{wanted}-")
    policy = docker_host.check_output("apt-cache policy docker-ce").splitlines()
    candidate = next(line.split()[1] for line in policy if "Candidate:" in line)
    assert candidate == installed


def test_docker_and_the_edge_start_at_boot(docker_host: Host) -> None:
    units = (
        "docker.service containerd.service docker-firewall.service edge-compose.service"
        " harbor-compose.service"
    )
    assert docker_host.check_output(f"systemctl is-enabled {units}").split() == ["enabled"] * 5
    assert docker_host.check_output(f"systemctl is-active {units}").split() == ["active"] * 5


def test_docker_takes_http_from_ours_a_mirror_that_speaks_it_and_loopback_only(
    platform: Platform, docker_host: Host
) -> None:
    config = _info(docker_host, ".RegistryConfig")
    assert isinstance(config, dict)
    insecure = {name for name, index in config["IndexConfigs"].items() if not index["Secure"]}
    assert insecure == set(platform.plain_registries)
    ranges = set(config["InsecureRegistryCIDRs"])
    assert ranges <= {"127.0.0.0/8", "::1/128"}


def test_docker_rotates_logs_and_outlives_its_own_restart(docker_host: Host) -> None:
    assert _info(docker_host, ".LoggingDriver") == "json-file"
    assert _info(docker_host, ".LiveRestoreEnabled") is True
    daemon = json.loads(docker_host.file("/etc/docker/daemon.json").content_string)
    assert daemon["log-opts"] == {"max-size": "10m", "max-file": "3"}


def test_only_administrators_and_the_runner_are_in_the_docker_group(
    platform: Platform, docker_host: Host
) -> None:
    members = docker_host.group("docker").members
    assert sorted(members) == sorted([*platform.docker_users, RUNNER_USER])


def test_published_ports_pass_exactly_the_declared_rules(
    platform: Platform, docker_host: Host
) -> None:
    rules = docker_host.check_output("iptables -S DOCKER-USER").splitlines()
    machine = platform.members("docker_host")[0]
    passed = {
        line.partition("--ctorigdstport ")[2].split()[0] for line in rules if "ctorigdst" in line
    }
    assert passed == {str(p.port) for p in platform.open_ports(machine) if p.published}
    rules6 = docker_host.check_output("ip6tables -S DOCKER-USER || :").splitlines()
    for told in filter(None, (rules, rules6)):
        assert "-A DOCKER-USER -m conntrack --ctstate DNAT -j DROP" in told


def test_docker_does_not_start_without_its_firewall(docker_host: Host) -> None:
    needed = docker_host.check_output("systemctl show --property=Requires --value docker").split()
    assert "docker-firewall.service" in needed


def test_published_ports_are_the_declared_ones_and_no_other(
    platform: Platform, docker_host: Host
) -> None:
    shown = docker_host.check_output("docker ps --format '{{.Ports}}'").replace(",", " ").split()
    outside = [part for part in shown if "->" in part and not part.startswith("127.")]
    published = {int(part.split("->")[0].rpartition(":")[2]) for part in outside}
    machine = platform.members("docker_host")[0]
    assert published == {p.port for p in platform.open_ports(machine) if p.published}


def test_the_edge_certificate_is_for_its_name_and_its_key_is_private(
    platform: Platform, docker_host: Host
) -> None:
    name = platform.docker_host.edge_host
    told = docker_host.check_output(
        f"openssl x509 -in {EDGE}/certs/tls.crt -noout -subject -ext subjectAltName"
    )
    assert f"CN = {name}" in told or f"CN={name}" in told
    assert f"DNS:{name}" in told
    key = docker_host.file(f"{EDGE}/certs/tls.key")
    assert (key.mode, key.user, key.group) == (0o600, "root", "root")


def _ask(platform: Platform, path: str, extra: str = "") -> str:
    settings = platform.docker_host
    name, port = settings.edge_host, settings.edge_https_port
    return (
        f"curl -sk --max-time 30 --resolve {name}:{port}:127.0.0.1 {extra}"
        f" https://{name}:{port}{path}"
    )


def test_http_is_sent_to_https_with_its_path(platform: Platform, docker_host: Host) -> None:
    settings = platform.docker_host
    told = docker_host.check_output(
        f"curl -s -o /dev/null -w '%{{http_code}} %{{redirect_url}}'"
        f" --resolve {settings.edge_host}:{settings.edge_http_port}:127.0.0.1"
        f" 'http://{settings.edge_host}:{settings.edge_http_port}/a/b?c=d'"
    )
    port = "" if settings.edge_https_port == 443 else f":{settings.edge_https_port}"
    assert told == f"301 https://{settings.edge_host}{port}/a/b?c=d"


def test_the_apis_are_limited_and_say_429(platform: Platform, docker_host: Host) -> None:
    # As many at once as pass (one and the burst), and ten more.
    many = platform.docker_host.edge_burst + 11
    ask = _ask(platform, "/go/rate-limit-probe", "-o /dev/null -w '%{http_code}\\n'")
    told = docker_host.check_output(f"for n in $(seq {many}); do {ask} & done; wait").split()
    assert len(told) == many
    assert told.count("429") >= 5
    assert set(told) - {"429"} <= {"200", "404", "500", "503"}


def test_the_frontend_is_not_limited(platform: Platform, docker_host: Host) -> None:
    ask = _ask(platform, "/", "-o /dev/null -w '%{http_code}\\n'")
    told = docker_host.check_output(f"for n in $(seq 20); do {ask} & done; wait").split()
    assert "429" not in told
