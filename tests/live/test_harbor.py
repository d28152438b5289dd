"""B3: Harbor at its version, whole, private, and its secrets for root only."""

from __future__ import annotations

import json

import pytest
import yaml
from testinfra.host import Host

from spec import Platform

COMPONENTS = {"core", "database", "jobservice", "portal", "redis", "registry", "registryctl"}


def _ask(platform: Platform, host: Host, path: str, extra: str = "") -> str:
    trusting = f"--cacert {platform.registry_ca}" if platform.registry_ca else ""
    url = platform.docker_host.harbor_url
    return str(host.check_output(f"curl -sS --max-time 30 {trusting} {extra} {url}{path}"))


def test_every_component_is_healthy(platform: Platform, docker_host: Host) -> None:
    told = json.loads(_ask(platform, docker_host, "/api/v2.0/health"))
    assert told["status"] == "healthy"
    components = {row["name"]: row["status"] for row in told["components"]}
    assert components == dict.fromkeys(components, "healthy")
    assert components.keys() >= COMPONENTS


def test_the_wanted_version_is_installed(platform: Platform, docker_host: Host) -> None:
    wanted = platform.docker_host.harbor_version.removeprefix("v")
    told = docker_host.check_output("cat /opt/harbor/.installed").split()
    assert told[0] == wanted
    images = docker_host.check_output(
        "docker ps --format '{{.Image}}' --filter"
        " label=com.docker.compose.project.working_dir=/opt/harbor"
    ).split()
    core = [image for image in images if "/harbor-core:" in image]
    assert core == [f"goharbor/harbor-core:v{wanted}"]


def test_its_configuration_is_that_of_the_settings(platform: Platform, docker_host: Host) -> None:
    settings = platform.docker_host
    told = yaml.safe_load(docker_host.file("/opt/harbor/harbor.yml").content_string)
    assert told["hostname"] == settings.harbor_host
    assert told["data_volume"] == settings.harbor_data
    port = told["https"]["port"] if settings.harbor_tls else told["http"]["port"]
    assert port == settings.harbor_port
    assert ("https" in told) is settings.harbor_tls


def test_its_secrets_are_for_root_only(docker_host: Host) -> None:
    secret = ("harbor.yml", "admin.curl", "push.curl", "pull.curl")
    for path in (*(f"/etc/harbor/{name}" for name in secret), "/opt/harbor/harbor.yml"):
        file = docker_host.file(path)
        assert (file.mode, file.user, file.group) == (0o600, "root", "root"), path
    home = docker_host.file("/opt/harbor")
    assert (home.mode, home.user) == (0o700, "root")


def test_robots_may_do_exactly_what_they_are_for(platform: Platform, docker_host: Host) -> None:
    admin = "--config /etc/harbor/admin.curl"
    name = platform.docker_host.harbor_project
    project = json.loads(_ask(platform, docker_host, f"/api/v2.0/projects/{name}", admin))
    assert project["metadata"]["public"] == "false"
    query = f"page_size=100&q=Level=project,ProjectID={project['project_id']}"
    robots = json.loads(_ask(platform, docker_host, f"'/api/v2.0/robots?{query}'", admin))
    rights = {
        robot["name"]: {
            (access["resource"], access["action"])
            for permission in robot["permissions"]
            for access in permission["access"]
        }
        for robot in robots
    }
    for robot in platform.robots:
        assert rights[robot.login] == {("repository", action) for action in robot.actions}


def test_it_keeps_the_last_images_and_frees_the_room_of_others(
    platform: Platform, docker_host: Host
) -> None:
    keep = platform.docker_host.harbor_keep_images
    if keep is None:
        pytest.skip("harbor_keep_images leaves that to others")
    admin = "--config /etc/harbor/admin.curl"
    name = platform.docker_host.harbor_project
    project = json.loads(_ask(platform, docker_host, f"/api/v2.0/projects/{name}", admin))
    path = f"/api/v2.0/retentions/{project['metadata']['retention_id']}"
    rules = json.loads(_ask(platform, docker_host, path, admin))["rules"]
    assert [rule["params"] for rule in rules] == [
        {"latestPushedK": keep},
        {"nDaysSinceLastPull": 90},
    ]
    schedule = json.loads(_ask(platform, docker_host, "/api/v2.0/system/gc/schedule", admin))
    assert schedule["schedule"]["type"] != "None"


def test_whoever_does_not_log_in_gets_nothing(platform: Platform, docker_host: Host) -> None:
    status = "-o /dev/null -w '%{http_code}'"
    for path in (
        "/v2/",
        "/v2/_catalog",
        "/api/v2.0/projects/" + platform.docker_host.harbor_project,
    ):
        assert _ask(platform, docker_host, path, status) == "401", path


def test_the_edge_starts_after_the_registry(docker_host: Host) -> None:
    after = docker_host.check_output("systemctl show --property=After --value edge-compose.service")
    assert "harbor-compose.service" in after.split()
    requires = "systemctl show --property=Requires --value harbor-compose.service"
    assert "docker.service" in docker_host.check_output(requires).split()
