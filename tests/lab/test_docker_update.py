"""Docker and the runner from one version to the next by their settings, with what stands on them.

What the later versions are, the mirror knows (lab/mirror/debs.py): of Docker the packages of
Debian's next release, of the runner the double under another number.
"""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator

import pytest

from lab import Lab, states
from lab.doubles.gitlab.store import Store
from lab.machines import Machine
from lab.mirror import faults, products
from tests.lab import registry
from tests.lab.clients import watching
from tests.lab.cluster import MIRRORED
from tests.lab.deploying import converge, deploy, start, steps

pytestmark = pytest.mark.usefixtures("docker_only")

BEFORE = "before-update"
SETTINGS = {
    "docker_version": "docker_later_version",
    "docker_containerd_version": "containerd_later_version",
    "docker_compose_version": "compose_later_version",
    "docker_buildx_version": "buildx_later_version",
}
LATER = {name: str(MIRRORED.get(fact, "")) for name, fact in SETTINGS.items()}
# Of a real one that somebody has put into lab/real there is no later one.
RUNNER = str(MIRRORED.get("runner_later_version", ""))
OF_DOCKER = tuple(word for it in LATER.items() for word in ("--data", "=".join(it)))
TO = (*OF_DOCKER, *(("--data", f"runner_version={RUNNER}") if RUNNER else ()))
INSTALLS = {f"Docker host | Install Docker Engine {LATER['docker_version']}"}
PINS = {"Docker host | Add Docker's repository, pinned to the wanted versions"}
if RUNNER:
    INSTALLS.add(f"Docker host | Install GitLab Runner {RUNNER}")
    PINS.add("Docker host | Add the runner's repository, pinned to the wanted version")
INSTALLED = "dpkg-query -W -f '${Package} ${Version}\\n' docker-ce containerd.io gitlab-runner"
IMAGES = "sudo docker images --no-trunc --quiet | sort -u"
CONTAINERS = "sudo docker ps --format '{{.Names}}' | sort"
# dpkg has begun to unpack the engine, and is cut off there, with the apt that called it.
CUT_OFF = r"""
seen=$(wc -l </var/log/dpkg.log)
until tail -n +$((seen + 1)) /var/log/dpkg.log | grep -q "half-installed docker-ce:"; do
  sleep 0.02
done
kill -9 $(pgrep -x "apt-get|dpkg|dpkg-deb"); dpkg --audit
"""


@pytest.fixture(scope="module", autouse=True)
def image(lab: Lab, docker: Machine, docker_deployed: None) -> Iterator[str]:
    """The digest of an image that was pushed before; in the end vm-docker is as it was before."""
    pushed = registry.push(docker, "kept:1")
    states.save(lab, BEFORE)
    yield pushed
    as_before(lab, docker)
    states.forget(BEFORE)


def as_before(lab: Lab, docker: Machine) -> None:
    """vm-docker with the usual versions: there is no way back but this."""
    states.back(lab, BEFORE, [docker.name])
    registry.wait_until_well(docker, registry.HEALTHY_WITHIN)


def test_a_plan_names_what_is_updated_and_nothing_else() -> None:
    run = deploy("--dry", "--json", *TO)
    assert run.status == 0, run.reason
    assert set(steps(run.plan)) == INSTALLS | PINS


def test_a_repository_that_is_gone_half_way_is_named_and_nothing_is_half_done(
    lab: Lab, docker: Machine
) -> None:
    before = docker.ssh(INSTALLED)
    (deb,) = products.make().www.rglob(f"docker-ce_{LATER['docker_version']}*.deb")
    path = f"/{deb.relative_to(products.make().www)}"
    with faults.cut_off(lab, path):
        run = deploy("-y", *TO)
    assert run.status != 0
    assert "Traceback" not in run.said
    named = [line for line in run.said.splitlines() if "E: Failed to fetch" in line]
    assert len(named) == 1, run.reason
    assert deb.name.partition("~")[0] in named[0]
    assert docker.ssh(INSTALLED) == before
    assert docker.ssh("sudo dpkg --audit") == ""


@pytest.mark.soak(reason="every container starts anew twice")
def test_a_run_updates_exactly_these_and_what_stands_on_them_comes_back(
    docker: Machine, gitlab: Store, image: str
) -> None:
    images, containers = docker.ssh(IMAGES), docker.ssh(CONTAINERS)
    with watching() as away:
        run = deploy("-y", "--json", *TO)
        assert run.status == 0, run.reason
        registry.wait_until_well(docker, registry.HEALTHY_WITHIN)
    print(
        f"Docker {MIRRORED['docker_version']} -> {LATER['docker_version']}, containerd"
        f" {MIRRORED['containerd_version']} -> {LATER['docker_containerd_version']}: away at most"
        f" {', '.join(f'{name} {seconds:.1f} s' for name, seconds in away.items())}"
    )
    # A run that was cut off, as the one above, has written the pins; and Harbor, which Docker has
    # started anew, is well by then or not.
    assert INSTALLS <= set(steps(run.changes)) <= INSTALLS | PINS | {registry.RUN_HARBOR}
    assert converge(*TO) == {}, "which has asked every gate"
    assert docker.ssh(IMAGES) == images
    assert docker.ssh(CONTAINERS) == containers
    registry.all_is_there(docker, image)
    assert gitlab.queue(["docker ps"]).wait(60) == "success"
    assert all(seconds < registry.HEALTHY_WITHIN for seconds in away.values())


@pytest.mark.soak(reason="what the one before has installed")
def test_an_older_docker_is_refused_in_a_sentence_and_an_older_runner_comes(
    docker: Machine, gitlab: Store
) -> None:
    version, runner = MIRRORED["docker_version"], MIRRORED["runner_version"]
    refused = deploy("-y")
    assert refused.status != 0
    assert f"is newer than docker_version {version}, which does not" in refused.said
    assert "nothing was touched" in refused.said
    changes = converge(*OF_DOCKER)
    assert bool(RUNNER) is (f"Docker host | Install GitLab Runner {runner}" in changes)
    assert f"gitlab-runner {runner}-" in docker.ssh(INSTALLED)
    assert gitlab.queue(["true"]).wait(60) == "success"


@pytest.mark.soak(reason="another update for each round")
def test_an_update_that_is_cut_off_goes_on(
    lab: Lab, docker: Machine, image: str, rounds: int
) -> None:
    for round_ in range(rounds // 10):
        as_before(lab, docker)
        running = start("-y", "--limit", docker.name, *TO)
        output = docker.ssh(f"sudo timeout 300 sh -c '{CUT_OFF}'", check=False)
        running.send_signal(signal.SIGKILL)
        running.wait()
        if round_ % 2:
            docker.cut()
            docker.power_on()
        assert "docker-ce" in output, "it was done before"
        began = time.monotonic()
        run = deploy("-y", "--json", *TO)
        assert run.status == 0, run.reason
        took, what = time.monotonic() - began, "a power cut" if round_ % 2 else "kill -9"
        print(f"after {what}: {took:.0f} s, {', '.join(sorted(steps(run.changes)))}")
        registry.all_is_there(docker, image)
        assert converge(*TO) == {}
