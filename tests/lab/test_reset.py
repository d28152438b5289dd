"""Machines are taken back to bare, and made the platform again: people's data outlives it."""

from __future__ import annotations

import pytest

from lab.machines import Machine
from tests.lab import registry
from tests.lab.cluster import READY, ready, until
from tests.lab.deploying import Run, await_shut, converge, deploy, kill_after

pytestmark = pytest.mark.usefixtures("converged")

SCRIPT = "operate/reset.py"
NAMED = ("--data", "confirm=hit.local")
DATABASE = "/data/threebody/mysql"
# What a bare machine has none of, a line each.
LEFT = r"""docker ps -aq 2>/dev/null
iptables-save 2>/dev/null |
  grep -E 'KUBE-|FLANNEL|cali|NODE-FIREWALL|DOCKER-USER .*DROP|^-A ufw-user-input'
ufw status 2>/dev/null | grep -v inactive
systemctl is-active kubelet gitlab-runner docker-firewall | grep -v -e inactive -e unknown
ls -d /etc/kubernetes /opt/harbor* /opt/edge /etc/harbor /var/lib/etcd/member ~admin/.kube/c* \
  /usr/local/sbin/* 2>/dev/null
grep vm-k8s /etc/hosts | grep -v '^127.0.1.1'; :"""


def reset(*arguments: str, **environment: str) -> Run:
    """`make reset`."""
    return deploy("-y", "--json", *arguments, script=SCRIPT, env=environment)


def left(machine: Machine) -> list[str]:
    """What is left of the platform on a machine."""
    return machine.ssh(f"sudo bash -c '{LEFT.replace(chr(39), chr(34))}'").split("\n")[:-1]


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ((), "nothing was touched: say the platform's name (edge_host), --data confirm=hit.local"),
        (("--data", "confirm=yes"), "The platform is hit.local, not 'yes'; nothing was touched"),
    ],
)
def test_nobody_takes_a_platform_away_by_accident(
    arguments: tuple[str, ...], sentence: str
) -> None:
    run = reset(*arguments)
    assert run.status != 0
    assert sentence in run.said
    assert "Traceback" not in run.said
    assert deploy("--dry", "--json").plan == {}


def test_one_machine_is_reset_and_the_next_run_makes_it_what_it_was(worker: Machine) -> None:
    worker.ssh(f"sudo sh -c 'echo kept >{DATABASE}/kept'")
    run = reset("--limit", "vm-worker", *NAMED)
    assert run.status == 0, run.reason
    assert left(worker) == []
    until(lambda: not ready()["vm-worker"][0], "the node is not Ready")
    assert "K8s worker | Join the cluster" in converge()
    assert ready() == READY
    assert worker.ssh(f"sudo cat {DATABASE}/kept").strip() == "kept"
    # Who keeps data, and has no database that runs, has lost one: the monitoring says so.
    worker.ssh(f"sudo rm {DATABASE}/kept")


@pytest.mark.soak(reason="a reset of all, killed, and a whole deploy")
def test_a_platform_that_was_reset_is_made_anew_and_people_keep_their_data(
    docker: Machine, control: Machine, worker: Machine, rounds: int
) -> None:
    image = registry.push(docker, "kept:1")
    worker.ssh(f"sudo sh -c 'echo kept >{DATABASE}/kept'")
    for round_ in range(rounds):
        kill_after(5 + 2.0 * round_, *NAMED, script=SCRIPT)
    run = reset(*NAMED)
    assert run.status == 0, run.reason
    assert {it.name: left(it) for it in (docker, control, worker)} == {
        "vm-docker": [],
        "vm-k8s": [],
        "vm-worker": [],
    }
    assert reset(*NAMED).changes == {}
    converge()
    await_shut()
    assert converge() == {}
    registry.all_is_there(docker, image)
    assert worker.ssh(f"sudo cat {DATABASE}/kept; sudo rm {DATABASE}/kept").strip() == "kept"


@pytest.mark.soak(reason="another whole deploy")
def test_data_goes_when_somebody_says_so(
    docker: Machine, control: Machine, worker: Machine
) -> None:
    assert reset(*NAMED, DATA="1").status == 0
    assert docker.ssh("ls -d /data/harbor* /srv/threebody 2>/dev/null || :") == ""
    assert worker.ssh(f"ls -d {DATABASE} 2>/dev/null || :") == ""
    converge()
    await_shut()
