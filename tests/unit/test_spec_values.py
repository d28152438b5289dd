"""Single settings and secrets: what each type refuses, in its own words."""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.doubles import PASSWORD, changed

Hosts = list[HostData]


def refusal(hosts: Hosts) -> list[Mistake]:
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    return [mistake for mistake in refused.value.mistakes if isinstance(mistake, Mistake)]


@pytest.mark.parametrize(
    ("setting", "value", "reason"),
    [
        ("docker_version", "banana", "not a version such as"),
        ("docker_version", "28", "not a version such as"),
        ("docker_version", "28.5.1; reboot", "not a version such as"),
        ("docker_version", 28.5, "not text: write it between quotes"),
        ("docker_data_root", "var/lib/docker", "not an absolute path"),
        ("docker_data_root", "/var/../etc", "not an absolute path"),
        ("docker_network", "172.20.0.0", "not a range such as"),
        ("docker_network", "172.20.0.1/14", "not a valid IPv4 network"),
        ("docker_repository", "download.docker.com", "not an address of http or https"),
        ("docker_key_sha256", "1500", "not a sha256: 64 hexadecimal"),
        ("docker_users", ["Root User"], "not a user's name by POSIX"),
        ("harbor_url", "http://harbor_local:8080", "not a host name by RFC 1123"),
        ("harbor_url", "http://harbor.local:65536", "its port is none: 1 to 65535"),
        ("harbor_url", "http://harbor.local:0", "its port is none: 1 to 65535"),
        ("harbor_url", "http://harbor.local", "not a registry's address such as"),
        ("harbor_url", "http://harbor.local:8080/v2", "not a registry's address such as"),
        ("harbor_url", "harbor.local:8080", "not a registry's address such as"),
        ("harbor_key_fingerprint", "7722d168", "not an OpenPGP fingerprint"),
        ("harbor_project", "Three Body", "not a project's name"),
        ("edge_image", "nginx", "not an image with a tag or digest"),
        ("edge_image", "nginx:latest", "'latest' is no version"),
        ("edge_rate", 0, "not a rate, in requests a second: 1 to 10000"),
        ("edge_certificate", "tls.crt", "not an absolute path"),
        ("gitlab_url", "gitlab.com", "not an address of http or https"),
        ("gitlab_ssh_host", "git@altssh.gitlab.com", "not a host name by RFC 1123"),
        ("gitlab_ssh_port", 0, "not a port: 1 to 65535"),
        ("gitlab_host_keys", [], "empty; one at least is needed"),
        ("gitlab_host_keys", ["gitlab.com ssh-ed25519 AAAA"], "not an SSH host key such as"),
        ("gitlab_host_keys", ["SHA256:eUXGGm1Y"], "not an SSH host key such as"),
        ("runner_key_fingerprint", "51312F3F", "not an OpenPGP fingerprint: 40 hexadecimal"),
        ("runner_version", "latest", "not a version such as"),
        ("runner_repository", "packages.gitlab.com", "not an address of http or https"),
        ("runner_tag", "deploy, build", "not one tag"),
    ],
)
def test_a_wrong_value_is_refused_by_what_it_should_be(
    hosts: Hosts, setting: str, value: object, reason: str
) -> None:
    found = refusal(changed(hosts, "docker_host", **{setting: value}))
    assert [(m.where, m.setting, m.value) for m in found] == [("docker_host", setting, repr(value))]
    assert reason in found[0].reason


@pytest.mark.parametrize("value", ["ssh", 0, 65536])
def test_an_ssh_port_that_is_none_is_refused(hosts: Hosts, value: object) -> None:
    wrong = changed(hosts, "k8s_worker", ssh_port=value)
    assert refusal(wrong) == [
        Mistake("vm-worker", "ssh_port", str(value), "not a port: 1 to 65535")
    ]


def test_ports_taken_twice_on_one_machine_are_refused(hosts: Hosts) -> None:
    taken = "taken by {} on vm-docker; choose another"
    wrong = changed(hosts, "docker_host", harbor_url="http://harbor.local:443", edge_http_port=22)
    assert refusal(wrong) == [
        Mistake("docker_host", "edge_http_port", "22", taken.format("ssh_port")),
        Mistake("docker_host", "edge_https_port", "443", taken.format("harbor_url")),
    ]


def test_each_port_that_is_taken_already_is_named(hosts: Hosts) -> None:
    wrong = changed(hosts, "docker_host", harbor_url="http://harbor.local:80", edge_https_port=80)
    assert {mistake.setting for mistake in refusal(wrong)} == {"edge_http_port", "edge_https_port"}


def test_a_certificate_without_its_key_is_refused(hosts: Hosts) -> None:
    (mistake,) = refusal(changed(hosts, "docker_host", edge_certificate="/tls.crt"))
    assert mistake.setting == "edge_certificate"
    assert mistake.reason == "a certificate and its key go together: set both, or neither"


def test_one_name_for_registry_and_edge_is_refused(hosts: Hosts) -> None:
    (mistake,) = refusal(changed(hosts, "docker_host", edge_host="harbor.local"))
    assert (mistake.setting, mistake.value) == ("edge_host", "harbor.local")


@pytest.mark.parametrize(
    ("password", "reason"),
    [
        ("Sh0rt", "5 characters long; Harbor accepts 8 to 128"),
        ("Aa1" * 43, "129 characters long; Harbor accepts 8 to 128"),
        (
            "alllowercase1",
            "Harbor wants an upper-case letter, a lower-case letter and a digit",
        ),
    ],
)
def test_a_password_that_harbor_refuses_is_refused_without_its_value(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, password: str, reason: str
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", password)
    mistakes = refusal(hosts)
    assert [(m.where, m.setting, m.value) for m in mistakes] == [
        ("secrets", "harbor_admin_password", "")
    ]
    assert reason in mistakes[0].reason
    assert password not in str(mistakes[0])


def test_a_missing_secret_is_named_with_two_ways_to_set_it(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HARBOR_ADMIN_PASSWORD")
    reason = (
        "missing: bring secrets.env from where the platform was deployed, or set"
        " HARBOR_ADMIN_PASSWORD; for a new platform `make secrets` makes one"
    )
    assert refusal(hosts) == [Mistake("secrets", "harbor_admin_password", "", reason)]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o666])
def test_a_secrets_file_that_others_may_read_is_refused(
    hosts: Hosts, secrets_file: Path, mode: int
) -> None:
    secrets_file.write_text(f"harbor_admin_password={PASSWORD}\n")
    secrets_file.chmod(mode)
    reason = "others may read it: chmod 600 secrets.env"
    assert refusal(hosts) == [Mistake("secrets", "secrets.env", f"{mode:04o}", reason)]


def test_an_unknown_secret_is_refused_with_the_nearest_known_name(
    hosts: Hosts, secrets_file: Path
) -> None:
    secrets_file.write_text(f"harbor_admin_pasword={PASSWORD}\n")
    secrets_file.chmod(0o600)
    reason = "unknown secret; did you mean harbor_admin_password?"
    assert refusal(hosts) == [Mistake("secrets", "harbor_admin_pasword", "", reason)]


def test_a_secret_comes_from_the_file_and_the_environment_wins(
    hosts: Hosts, secrets_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    secrets_file.write_text(f"harbor_admin_password={PASSWORD}File\n")
    secrets_file.chmod(0o600)
    assert spec.load(hosts).secrets.harbor_admin_password.get_secret_value() == PASSWORD
    monkeypatch.delenv("HARBOR_ADMIN_PASSWORD")
    assert spec.load(hosts).secrets.harbor_admin_password.get_secret_value() == f"{PASSWORD}File"


def test_a_platform_shows_no_secret_when_it_is_printed(hosts: Hosts) -> None:
    assert PASSWORD not in repr(spec.load(hosts))
