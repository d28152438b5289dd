"""What goes wrong with the registry: one clear sentence each, nothing half-written, go on."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator

import pytest

from lab import Lab
from lab.machines import Machine
from lab.mirror import faults
from tests.lab import doors, registry
from tests.lab.deploying import Run, await_shut, converge, deploy, newer_harbor, planned
from tests.lab.registry import RUN_HARBOR

pytestmark = pytest.mark.usefixtures("docker_only")

OPEN_PROJECT = "Docker host | Open the project threebody to its robots"
BUNDLE = (
    "/github.com/goharbor/harbor/releases/download/v2.14.2/harbor-offline-installer-v2.14.2.tgz"
)


@pytest.fixture(scope="module", autouse=True)
def cache(docker: Machine) -> None:
    """A cache without what an earlier test left when it cut the power."""
    docker.ssh("sudo rm -rf /var/cache/harbor")


def _failed(*arguments: str, **env: str) -> Run:
    run = deploy("-y", *arguments, env=env)
    assert run.status != 0
    assert "Traceback" not in run.said, run.said
    return run


def _nothing_half_written(docker: Machine) -> None:
    """The Harbor from before is untouched, and no part of another one lies about."""
    assert docker.ssh("sudo cat /opt/harbor/.version").strip() == "2.14.1"
    parts = "find /var/cache/harbor /opt -mindepth 1 -maxdepth 1 -name '*harbor*' ! -name harbor"
    assert docker.ssh(f"{parts} 2>/dev/null || :", check=False) == ""
    assert registry.UNHEALTHY not in registry.health(docker)


def test_a_wrong_admin_password_is_named(docker: Machine) -> None:
    output = _failed(HARBOR_ADMIN_PASSWORD="Not0theRightOne").said
    assert "harbor_admin_password: is not what vm-docker has: bring secrets.env from" in output
    assert "nothing was touched" in output
    assert "Not0theRightOne" not in output
    assert converge() == {}, "it was asked before anything was written"


def test_a_sum_that_does_not_match_is_refused(docker: Machine) -> None:
    output = _failed("--data", "harbor_version=2.14.2", "--data", f"harbor_sha256={'a' * 64}").said
    assert f"the Harbor installer at http://192.168.56.2{BUNDLE} has sha256" in output
    assert "expected aaaa" in output
    _nothing_half_written(docker)


def test_a_signature_of_somebody_else_is_refused_and_the_right_one_is_not(docker: Machine) -> None:
    signed = ("--data", "harbor_version=2.14.2", "--data", "harbor_sha256=null")
    stranger = "A" * 40
    output = _failed(*signed, "--data", f"harbor_key_fingerprint={stranger}").said
    assert f"bears no valid signature of {stranger}" in output
    _nothing_half_written(docker)
    assert planned() == {}
    docker.ssh(
        "sudo sh -c 'dpkg --purge gpg; rm -rf /var/cache/harbor'", check=False
    )  # as on a bare machine
    plan = deploy("--dry", "--json", *signed)
    assert "Docker host | Install what checks the bundle's signature" in plan.plan
    converge()


def test_a_bundle_that_is_cut_off_is_named(lab: Lab, docker: Machine) -> None:
    with faults.cut_off(lab, BUNDLE):
        output = _failed(*newer_harbor()).said
    assert (
        f"the Harbor installer cannot be fetched whole from http://192.168.56.2{BUNDLE}" in output
    )
    _nothing_half_written(docker)


def test_a_release_page_that_answers_500_is_named(lab: Lab, docker: Machine) -> None:
    with faults.answers_500(lab, "github.com"):
        output = _failed(*newer_harbor()).said
    assert "500" in output
    assert "cannot be fetched whole from" in output
    _nothing_half_written(docker)


def test_a_version_that_was_never_released_is_named(docker: Machine) -> None:
    output = _failed("--data", "harbor_version=2.99.0").said
    assert "404" in output
    assert "v2.99.0" in output
    _nothing_half_written(docker)


def test_an_archive_that_is_none_is_refused(docker: Machine) -> None:
    docker.ssh("sudo sh -c 'head -c 1000 /dev/urandom > /root/no.tgz'")
    install = f"harbor-install 2.99.0 /data/harbor {registry.URL} none /root/no.tgz"
    output = docker.ssh(f"sudo {install} 2>&1 || :")
    assert "/root/no.tgz cannot be unpacked: it is no whole archive" in output
    docker.ssh("sudo rm -rf /root/no.tgz /opt/.harbor.new")
    assert planned() == {}


@pytest.fixture
def held(docker: Machine) -> Iterator[int]:
    """A port on which somebody else's program listens already."""
    with doors.held(docker, 8282):
        yield 8282


def test_a_port_that_something_else_holds_is_named(docker: Machine, held: int) -> None:
    output = _failed("--data", f"harbor_url=http://harbor.local:{held}").said
    assert f"port {held} (the port of harbor_url) is held by perl, pid " in output
    assert "nothing was touched" in output
    assert planned() == {}


def test_a_full_disk_is_named_before_anything_is_stopped(docker: Machine) -> None:
    docker.ssh("sudo sh -c 'mkdir -p /data/small && mount -t tmpfs -o size=20m tmpfs /data/small'")
    try:
        output = _failed("--data", "harbor_data=/data/small").said
        assert "20 MiB free on /data/small, " in output
        assert "Harbor keeps its data in /data/harbor, not in harbor_data /data/small" in output
        assert docker.ssh("ls -A /data/small") == ""
        assert registry.UNHEALTHY not in registry.health(docker)
    finally:
        docker.ssh("sudo umount /data/small && sudo rmdir /data/small")
    assert planned() == {}


def test_an_api_that_answers_500_is_named(docker: Machine) -> None:
    rename = (
        "sudo docker exec harbor-db psql -q -U postgres registry -c 'ALTER TABLE {} RENAME TO {}'"
    )
    docker.ssh(rename.format("project", "gone"))
    try:
        output = _failed().said
    finally:
        docker.ssh(rename.format("gone", "project"))
    assert f"Harbor at {registry.URL}, asked for /projects/threebody, answers 500: " in output


def test_unhealthy_with_status_200_shuts_the_gate_and_a_run_mends_it(docker: Machine) -> None:
    docker.ssh("sudo docker stop registryctl")
    ask = f"curl -s -o /dev/null -w '%{{http_code}}' {registry.URL}/api/v2.0/health"
    end = time.monotonic() + 60
    while registry.UNHEALTHY not in registry.health(docker):
        assert time.monotonic() < end
        time.sleep(1)
    assert docker.ssh(ask) == "200"
    await_shut("vm-docker: every component of Harbor is healthy")
    assert list(planned()) == [RUN_HARBOR, "Wait at the docker_host gate"]
    assert list(converge()) == [RUN_HARBOR]
    await_shut()


def test_a_project_that_became_public_is_private_again(docker: Machine) -> None:
    registry.as_admin(docker, "PUT", "/projects/threebody", '{"metadata": {"public": "true"}}')
    await_shut("vm-docker: the project threebody is private")
    assert list(planned()) == [OPEN_PROJECT, "Wait at the docker_host gate"]
    assert list(converge()) == [OPEN_PROJECT]
    await_shut()


ROBOTS = "/robots?q=Level=project,ProjectID="


def _robot(docker: Machine, name: str) -> dict[str, object]:
    project = json.loads(registry.as_admin(docker, "GET", "/projects/threebody"))
    robots = registry.as_admin(docker, "GET", f"{ROBOTS}{project['project_id']}")
    found: list[dict[str, object]] = json.loads(robots)
    return next(robot for robot in found if str(robot["name"]).endswith(f"+{name}"))


def test_a_robot_whose_secret_was_lost_gets_its_own_again(docker: Machine) -> None:
    robot = _robot(docker, "push")
    registry.as_admin(docker, "PATCH", f"/robots/{robot['id']}", '{"secret": ""}')
    await_shut("vm-docker: the registry's robots may log in, and not with a wrong password")
    assert list(converge()) == [OPEN_PROJECT]
    assert _robot(docker, "push")["id"] == robot["id"]
    assert registry.push(docker, "shop:3")


def test_a_secret_that_is_lost_on_the_machine_is_written_again(docker: Machine) -> None:
    docker.ssh("sudo rm /etc/harbor/pull.curl")
    assert list(converge()) == ["Docker host | Describe Harbor"]
    assert docker.ssh("sudo stat -c '%a %U' /etc/harbor/pull.curl").strip() == "600 root"


def test_a_robot_that_was_deleted_or_given_more_is_as_it_was(docker: Machine) -> None:
    registry.as_admin(docker, "DELETE", f"/robots/{_robot(docker, 'push')['id']}")
    pull = _robot(docker, "pull")
    access = [{"resource": "repository", "action": action} for action in ("push", "pull")]
    permissions = [{"kind": "project", "namespace": "threebody", "access": access}]
    greedy = json.dumps({**pull, "permissions": permissions})
    registry.as_admin(docker, "PUT", f"/robots/{pull['id']}", greedy)
    assert list(converge()) == [OPEN_PROJECT]
    assert registry.push(docker, "shop:4")
    rights = _robot(docker, "pull")["permissions"]
    assert "push" not in json.dumps(rights)
    assert converge() == {}


def test_a_new_secret_in_secrets_env_replaces_the_old_one(docker: Machine) -> None:
    run = deploy("-y", env={"HARBOR_PULL_SECRET": "Another0Secret1"})
    assert run.status == 0, run.reason
    assert "Another0Secret1" not in run.said
    converge()
    assert registry.pull(docker, "shop:4")


@pytest.mark.soak(reason="harbor.yml is edited in every run")
def test_somebody_who_edits_the_bundles_files_is_undone(docker: Machine) -> None:
    docker.ssh("sudo sed -i 's/client_max_body_size 0/client_max_body_size 1m/'"
               " /opt/harbor/common/config/nginx/nginx.conf")  # fmt: skip
    assert "Docker host | Install Harbor 2.14.1" in planned()
    converge()
    assert "client_max_body_size 1m" not in docker.ssh(
        "sudo cat /opt/harbor/common/config/nginx/nginx.conf"
    )
    assert converge() == {}
