"""Files and templates: each is used, each use has its file, each parses as what it is."""

from __future__ import annotations

import ast
import configparser
import json
import re
from collections.abc import Callable

import pytest
import yaml

import gates
import spec
from operations.files import File
from spec import Platform
from spec.inventory import HostData
from tests.unit.code import modules
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, PASSWORD, changed
from tests.unit.tasks_run import LAYERS, files_of, run

Files = Callable[..., dict[str, File]]
UNITS = ("docker-firewall.service", "harbor-compose.service", "edge-compose.service")

# The shipped application: used as a whole tree, whatever is in it (test_application.py).
APPLICATION = "application/"
# What may hold a secret, and so is its owner's only.
PRIVATE = {
    "/etc/harbor/harbor.yml",
    "/etc/gitlab-runner/config.toml",
    "/etc/kubernetes/encryption.yaml",
    *(f"/etc/harbor/{name}.curl" for name in ("admin", "push", "pull")),
}


@pytest.fixture
def files(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., dict[str, File]]:
    """All files that a layer puts on a machine, rendered with the shipped settings or others."""

    def rendered(
        layer: str, machine: str = "vm-docker", platform: Platform = platform
    ) -> dict[str, File]:
        return files_of(run(layer, machine, platform, on_host, monkeypatch))

    return rendered


def sources() -> set[str]:
    """Every source(platform, "group", "/path"), as group/path."""
    found = set()
    for module in modules("tasks", "operations"):
        for node in module.nodes:
            if isinstance(node, ast.Call) and ast.unparse(node.func) == "source":
                platform, *words = node.args
                assert ast.unparse(platform) == "platform"
                group, path = (ast.literal_eval(word) for word in words)
                assert path.startswith("/"), f"{module.name}:{node.lineno}"
                found.add(f"{group}{path}")
    return found


def on_disk(folder: str) -> list[str]:
    return [
        str(p.relative_to(CHECKOUT / folder)) for p in (CHECKOUT / folder).rglob("*") if p.is_file()
    ]


def test_every_file_is_used_and_every_use_has_its_file() -> None:
    stored = on_disk("files") + [path.removesuffix(".j2") for path in on_disk("templates")]
    alone = [path for path in stored if not path.startswith(APPLICATION)]
    assert sorted(alone) == sorted(sources())


def test_templates_end_in_j2_and_files_do_not() -> None:
    assert all(path.endswith(".j2") for path in on_disk("templates"))
    assert not any(path.endswith(".j2") or "{{" in path for path in on_disk("files"))


@pytest.mark.parametrize("layer", LAYERS)
def test_every_template_renders_for_every_machine_of_its_layer(
    layer: str, platform: Platform, files: Files
) -> None:
    group = gates.GROUPS.get(layer, layer)
    members = platform.members(group) if group else platform.machines
    assert members
    for machine in members:
        for file in files(layer, machine.name).values():
            assert file.content.endswith("\n"), file.path
            assert PASSWORD not in file.content or file.path in PRIVATE, file.path
            if "/sbin/" in file.path:  # where {{ is a template of Docker's
                assert file.mode == "0755", file.path
                continue
            text = file.content.replace("level: None", "")  # a word of Kubernetes' audit
            assert not re.search(r"\{\{|\{%|\bNone\b|Undefined", text), file.path
            assert file.mode == ("0600" if file.path in PRIVATE else "0644"), file.path


def test_a_setting_that_a_template_misspells_is_an_error(
    monkeypatch: pytest.MonkeyPatch, platform: Platform, on_host: OnHost
) -> None:
    from jinja2 import UndefinedError

    from operations import sources as subject

    on_host(name="vm-docker")
    render = subject._templates().from_string("{{ platform.docker_host.docker_verison }}").render
    with pytest.raises(UndefinedError):
        render(platform=platform)


def test_the_hosts_file_names_every_machine(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = run("common", "vm-docker", platform, on_host, monkeypatch)
    (call,) = [call for call in calls if call.operation == "hosts.entries"]
    assert call.arguments["template"] == "/etc/cloud/templates/hosts.debian.tmpl"
    assert call.arguments["neighbours"].content.splitlines() == [
        "127.0.0.1 localhost",
        "::1 localhost ip6-localhost ip6-loopback",
        "192.168.56.42 vm-docker harbor.local hit.local",
        "192.168.56.43 vm-k8s",
        "192.168.56.44 vm-worker",
    ]


def test_cloud_init_keeps_its_hands_off_the_names(files: Files) -> None:
    text = files("common")["/etc/cloud/cloud.cfg.d/99-threebody.cfg"].content
    assert yaml.safe_load(text) == {"manage_etc_hosts": False, "preserve_hostname": True}


def test_resolved_asks_the_servers_of_the_settings(files: Files) -> None:
    text = files("common")["/etc/systemd/resolved.conf.d/99-threebody.conf"].content
    parsed = configparser.ConfigParser()
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(text)
    assert dict(parsed["Resolve"]) == {
        "DNS": "1.1.1.1 8.8.8.8",
        "FallbackDNS": "9.9.9.9 8.8.4.4",
        "DNSStubListener": "yes",
    }


def test_the_daemon_json_has_the_registry_and_rotates_its_logs(files: Files) -> None:
    daemon = json.loads(files("docker_host")["/etc/docker/daemon.json"].content)
    assert daemon == {
        "data-root": "/var/lib/docker",
        "default-address-pools": [{"base": "172.20.0.0/14", "size": 24}],
        "insecure-registries": ["harbor.local:8080"],
        "live-restore": True,
        "log-driver": "json-file",
        "log-opts": {"max-size": "10m", "max-file": "3"},
        "registry-mirrors": [],
    }


def test_mirrors_of_docker_hub_reach_the_daemon(files: Files, hosts: list[HostData]) -> None:
    mirrors = ["http://192.168.56.2:5000", "https://mirror.example.org"]
    other = spec.load(changed(hosts, "docker_host", docker_registry_mirrors=mirrors))
    daemon = json.loads(files("docker_host", platform=other)["/etc/docker/daemon.json"].content)
    assert daemon["registry-mirrors"] == mirrors
    # Its builder asks a mirror over plain HTTP only where it is told to.
    assert daemon["insecure-registries"] == ["harbor.local:8080", "192.168.56.2:5000"]


def test_the_repository_is_one_deb822_stanza_with_its_key(files: Files) -> None:
    text = files("docker_host")["/etc/apt/sources.list.d/docker.sources"].content
    assert dict(line.split(": ", 1) for line in text.splitlines()) == {
        "Types": "deb",
        "URIs": "https://download.docker.com/linux/debian",
        "Suites": "trixie",
        "Components": "stable",
        "Signed-By": "/etc/apt/keyrings/docker.asc",
    }


def test_the_pin_holds_each_package_that_is_installed(files: Files) -> None:
    text = files("docker_host")["/etc/apt/preferences.d/docker.pref"].content
    stanzas = [
        dict(line.split(": ", 1) for line in stanza.splitlines())
        for stanza in text.strip().split("\n\n")
    ]
    assert {stanza["Package"]: stanza["Pin"] for stanza in stanzas} == {
        "docker-ce": "version 5:28.5.1-*",
        "docker-ce-cli": "version 5:28.5.1-*",
        "containerd.io": "version 1.7.28-*",
        "docker-compose-plugin": "version 2.40.0-*",
        "docker-buildx-plugin": "version 0.29.1-*",
    }
    assert {stanza["Pin-Priority"] for stanza in stanzas} == {"1001"}


def test_the_compose_file_publishes_the_ports_of_the_settings(
    files: Files, hosts: list[HostData]
) -> None:
    other = spec.load(changed(hosts, "docker_host", edge_http_port=8081, edge_https_port=8443))
    text = files("docker_host", platform=other)["/opt/edge/docker-compose.yml"].content
    (service,) = yaml.safe_load(text)["services"].values()
    assert service["ports"] == ["8081:80", "8443:443"]
    assert service["image"] == "nginx:1.30-alpine"
    assert service["restart"] == "unless-stopped"


def test_the_edge_has_no_more_rights_than_nginx_needs(files: Files) -> None:
    text = files("docker_host")["/opt/edge/docker-compose.yml"].content
    (service,) = yaml.safe_load(text)["services"].values()
    assert (service["read_only"], service["cap_drop"]) == (True, ["ALL"])
    assert service["security_opt"] == ["no-new-privileges:true"]
    # Where it writes: nothing else may be written to.
    cache = "/var/cache/nginx"
    assert (service["tmpfs"], cache in service["volumes"]) == (["/run"], True)
    conf = files("docker_host")["/opt/edge/nginx/conf.d/edge.conf"].content
    places = [line.split()[1] for line in conf.splitlines() if "_temp_path" in line]
    assert len(places) == 5
    assert all(place.startswith(f"{cache}/") for place in places)
    # As little as a container may take before it is stopped.
    assert {"mem_limit", "pids_limit", "healthcheck"} <= set(service)


@pytest.mark.parametrize("unit", UNITS)
def test_a_unit_runs_once_stays_and_starts_at_boot(files: Files, unit: str) -> None:
    parsed = configparser.RawConfigParser(strict=False)
    parsed.optionxform = str  # type: ignore[assignment,method-assign]
    parsed.read_string(files("docker_host")[f"/etc/systemd/system/{unit}"].content)
    assert parsed["Service"]["Type"] == "oneshot"
    assert parsed["Service"]["RemainAfterExit"] == "yes"
    assert parsed["Install"]["WantedBy"].split()[0] == "multi-user.target"
    order = parsed["Unit"]["Before" if unit.startswith("docker") else "After"]
    assert "docker.service" in order.split()
