"""The registry as CI and Kubernetes use it: who may push, who may pull, and from where."""

from __future__ import annotations

import base64
import json
import urllib.error
import urllib.request

import pytest

from lab import Lab
from lab.machines import Machine
from spec import Platform
from tests.lab import registry
from tests.lab.doors import answers, from_elsewhere

pytestmark = pytest.mark.usefixtures("converged")


@pytest.fixture(scope="module")
def image(docker: Machine) -> str:
    """The digest of an image that the push robot has pushed."""
    return registry.push(docker, "shop:1")


def test_what_the_push_robot_pushed_the_pull_robot_pulls(docker: Machine, image: str) -> None:
    assert image in registry.pull(docker, f"shop@{image}")
    assert image in registry.pull(docker, "shop:1")


def test_the_pull_robot_may_not_push(docker: Machine, image: str) -> None:
    target = f"{registry.PROJECT}/shop:2"
    docker.ssh(f"sudo docker tag busybox:1.36 {target}")
    with registry.logged_in(docker, "pull") as client:
        output = docker.ssh(f"{client} push {target} 2>&1 || echo refused", check=False)
    assert output.endswith("refused\n")
    assert "unauthorized to access repository: threebody/shop, action: push" in output


def test_nobody_pulls_without_a_login(docker: Machine, image: str) -> None:
    docker.ssh(f"sudo docker image rm --force {registry.PROJECT}/shop:1", check=False)
    anonymous = f"sudo docker --config /nonexistent pull {registry.PROJECT}/shop:1 2>&1"
    output = docker.ssh(f"{anonymous} || echo refused", check=False)
    assert output.endswith("refused\n")
    assert "unauthorized to access repository: threebody/shop, action: pull" in output


def test_a_wrong_secret_is_refused(docker: Machine) -> None:
    login = (
        f"docker --config /tmp login {registry.REGISTRY} --password-stdin -u 'robot$threebody+pull'"
    )
    output = docker.ssh(f"echo Wrong0wrong | sudo {login} 2>&1 || echo refused", check=False)
    assert output.endswith("refused\n")
    assert "unauthorized" in output.lower()


def _token(login: str, scope: str) -> str:
    query = f"service=harbor-registry&scope=repository:threebody/shop:{scope}"
    request = urllib.request.Request(f"http://192.168.56.42:8080/service/token?{query}")
    if login:
        request.add_header("Authorization", f"Basic {base64.b64encode(login.encode()).decode()}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return str(json.load(answer)["token"])


def _asked(method: str, path: str, login: str, scope: str) -> int:
    request = urllib.request.Request(f"http://192.168.56.42:8080{path}", method=method)
    request.add_header("Authorization", f"Bearer {_token(login, scope)}")
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as refused:
        return refused.code


def test_the_same_holds_from_another_machine(
    docker: Machine, platform: Platform, image: str
) -> None:
    push, pull = (f"{robot.login}:{robot.secret.get_secret_value()}" for robot in platform.robots)
    manifest, uploads = f"/v2/threebody/shop/manifests/{image}", "/v2/threebody/shop/blobs/uploads/"
    assert _asked("HEAD", manifest, pull, "pull") == 200
    assert _asked("POST", uploads, push, "push,pull") == 202
    assert _asked("POST", uploads, pull, "push,pull") == 401
    assert _asked("HEAD", manifest, "", "pull") == 401


def test_a_node_reaches_the_registry_by_its_name(worker: Machine) -> None:
    ask = f"curl -s -o /dev/null -w '%{{http_code}}' {registry.URL}/v2/"
    assert worker.ssh(ask) == "401"


def test_the_node_network_reaches_it_and_nobody_else(lab: Lab, docker: Machine) -> None:
    with from_elsewhere(lab, docker):
        assert answers(docker, 443), "the edge is for everybody, so the way from there is open"
        assert not answers(docker, 8080)


def test_the_operator_in_the_node_network_reaches_it(docker: Machine) -> None:
    assert answers(docker, 8080)
