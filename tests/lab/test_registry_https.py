"""A platform that runs goes from a registry over HTTP to one over HTTPS, and back."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator

import pytest

from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from spec import Platform
from spec.certificate import CA, CA_KEY
from tests.lab import cluster, registry
from tests.lab.deploying import converge, deploy, kill_after, planned

pytestmark = pytest.mark.usefixtures("converged")

HTTPS = ("--data", f"harbor_url=https://{registry.REGISTRY}")
TRUSTED = f"/etc/docker/certs.d/{registry.REGISTRY}/ca.crt"
# In the registry's place: the right name, and a CA that nobody here trusts.
STAND_IN = """
cd "$(mktemp -d)" && openssl req -x509 -nodes -newkey rsa:2048 -days 9 -keyout key -out crt \
  -subj /CN=harbor.local -addext subjectAltName=DNS:harbor.local 2>/dev/null &&
cp /etc/hosts /root/hosts && sed -i '/harbor.local/d' /etc/hosts &&
echo 127.0.0.1 harbor.local >>/etc/hosts &&
systemd-run --quiet --unit stand-in openssl s_server -accept 8080 -www -key "$PWD/key" \
  -cert "$PWD/crt" && until ss -Hltn | grep -q :8080; do sleep 0.2; done
"""


def _containers(machine: Machine) -> set[str]:
    """Those that run on a node, but for what another test's pods have left to be stopped."""
    found = json.loads(machine.ssh("sudo crictl ps -o json"))["containers"]
    return {
        f"{it['metadata']['name']} {it['id'][:12]}"
        for it in found
        if it["labels"]["io.kubernetes.pod.namespace"] != cluster.NAMESPACE
    }


@pytest.fixture(scope="module")
def way(docker: Machine, worker: Machine) -> Iterator[tuple[str, set[str]]]:
    """The registry over HTTPS; what was said before, and what ran on the worker.

    The run that brings it there is killed on its way, and gone on with by the next.
    """
    before = _containers(worker)
    output = deploy("--dry", *HTTPS).said
    kill_after(15, *HTTPS)
    converge(*HTTPS)
    yield output, before
    converge()
    assert planned() == {}
    registry.wait_until_well(docker, registry.HEALTHY_WITHIN)


def _pull(worker: Machine, platform: Platform, image: str) -> str:
    """What containerd says on a node when kubelet's way of pulling is gone, by hand."""
    robot = platform.robots[-1]
    login = shlex.quote(f"{robot.login}:{robot.secret.get_secret_value()}")
    name = f"{registry.PROJECT}/{image}"
    worker.ssh(f"sudo crictl rmi {name} 2>/dev/null", check=False)
    return worker.ssh(f"sudo crictl pull --creds {login} {name} 2>&1", check=False)


def test_the_way_is_said_step_by_step_gone_and_arrived_at(way: tuple[str, set[str]]) -> None:
    output, _ = way
    assert f"goes from {registry.URL} to https://{registry.REGISTRY}" in output
    assert [f"  {number}. " in output for number in range(1, 7)] == [True] * 5 + [False]
    assert deploy("--dry", "--json", *HTTPS).plan == {}


def test_what_ran_went_on(worker: Machine, way: tuple[str, set[str]]) -> None:
    _, before = way
    assert before - _containers(worker) == set()
    assert all(is_ready for is_ready, _ in cluster.ready().values())


def test_a_node_pulls_over_https_what_the_push_robot_pushed(
    docker: Machine, worker: Machine, platform: Platform, way: tuple[str, set[str]]
) -> None:
    digest = registry.push(docker, "secured:1")
    assert "up to date" in _pull(worker, platform, f"secured@{digest}")


def test_plain_http_is_answered_nothing(worker: Machine, way: tuple[str, set[str]]) -> None:
    ask = f"curl -s -o /dev/null -w '%{{http_code}}' {registry.URL}/v2/"
    assert worker.ssh(ask) == "400"


def test_who_stands_in_for_the_registry_is_sent_nothing(
    worker: Machine, platform: Platform, way: tuple[str, set[str]]
) -> None:
    def says(words: str) -> Callable[[], bool]:
        return lambda: words in _pull(worker, platform, "secured:1")

    worker.ssh(f"sudo sh -c {shlex.quote(STAND_IN)}")
    try:
        # A program in Go looks into the hosts file again after 5 seconds.
        cluster.until(says("certificate signed by unknown authority"), "who is no registry")
    finally:
        worker.ssh("sudo sh -c 'systemctl stop stand-in; mv /root/hosts /etc/hosts'")
    cluster.until(says("up to date"), "the registry itself")


def test_a_job_of_the_pipeline_trusts_it(gitlab: Store, way: tuple[str, set[str]]) -> None:
    ask = f"curl -sS --cacert {TRUSTED} -o /dev/null -w '%{{http_code}}'"
    job = gitlab.queue([f'[ "$({ask} https://{registry.REGISTRY}/v2/)" = 401 ]'])
    assert job.wait(90) == "success", job.log.decode()


@pytest.mark.soak(reason="the edge's, made the same way, is renewed in every run")
def test_its_certificate_is_renewed_by_the_machine_without_an_installation(
    docker: Machine, way: tuple[str, set[str]]
) -> None:
    ours = "/etc/harbor/tls/tls.crt /etc/harbor/tls/tls.key"
    docker.ssh(
        f"sudo make-certificate harbor.local {ours} 36 {CA} {CA_KEY} 2>&1"
        " && sudo harbor-certificate /data/harbor 2>&1"
    )
    shows = f"shows-certificate harbor.local 8080 {{}} {TRUSTED}"
    until = "sudo timeout 120 sh -c 'until {}; do sleep 1; done'"
    docker.ssh(until.format(f"! {shows.format(40)}"))
    docker.ssh("sudo systemctl start harbor-certificate.service")
    assert ": 0 (ok)" in docker.ssh(until.format(shows.format(300)))
    assert deploy("--dry", "--json", *HTTPS).plan == {}
    daemon = json.loads(docker.ssh("cat /etc/docker/daemon.json"))
    assert not any("harbor" in name for name in daemon["insecure-registries"])
