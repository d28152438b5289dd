"""The second day of a platform, one thing after the other, while a client asks all the time.

Kubernetes goes from one line to the next, node after node; a worker leaves and comes back; the
database moves; the control plane is lost and put back; with kills and power cuts on the way. A part
of `make soak`, on a lab that has both lines and three workers: `KUBERNETES=1.35.4,1.36.3 WORKERS=3
make test ARGS=tests/lab/test_upgrade.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest

from lab import Lab, machines
from lab.machines import Machine
from lab.mirror import faults
from lab.mirror.kubernetes import wanted
from tests.lab import cluster, database
from tests.lab.clients import SHOP, Client, answered, asking, served
from tests.lab.cluster import KUBERNETES, NAMESPACE, VERSION, kubectl, ready, told, uids, until
from tests.lab.deploying import Run, converge, deploy, kill_after, start, steps

NEWEST = wanted.releases()[-1].version
TO = ("--data", f"kubernetes_version={NEWEST}")
PACKAGES = "pkgs.k8s.io"
LEAVES, OTHER = "vm-worker-3", "vm-worker-2"
pytestmark = [
    pytest.mark.skipif(
        NEWEST == KUBERNETES, reason="this lab has one Kubernetes only: make soak has two"
    ),
    pytest.mark.usefixtures("client"),
]


@pytest.fixture(scope="module")
def client(converged: None) -> Iterator[Client]:
    """Asks the shop from the first test on to the last."""
    with served(), asking() as one:
        yield one


def script(verb: str) -> str:
    return f"operate/{verb}.py"


def operate(verb: str, *arguments: str, **environment: str) -> Run:
    """A deploy of operate/, with kubernetes_version set to the newest."""
    return deploy("-y", *TO, *arguments, script=script(verb), env=environment)


def does(verb: str, *arguments: str, **environment: str) -> Run:
    """The same, to its end."""
    run = operate(verb, *arguments, **environment)
    assert run.status == 0, run.reason
    return run


def refused(run: Run) -> str:
    assert run.status != 0
    assert "Traceback" not in run.said
    return run.said


def cut_in(machine: Machine, when: Callable[[], bool], verb: str, **environment: str) -> None:
    """A run in whose middle a machine loses its power; so does what it was started from."""
    running = start("-y", *TO, script=script(verb), env=environment)
    try:
        until(lambda: when() or running.poll() is not None, "it is in its middle", 400)
        assert running.poll() is None, "it had ended before"
        machine.cut()
    finally:
        running.kill()
        running.wait()
    machine.power_on()


def machine_of(lab: Lab, name: str) -> Machine:
    (machine,) = machines.of(lab, [name])
    return machine


def versions() -> set[tuple[bool, str]]:
    return set(ready().values())


def all_ready(version: str) -> None:
    until(lambda: versions() == {(True, f"v{version}")}, "every node is Ready")


def test_a_run_says_who_upgrades_and_touches_nothing() -> None:
    output = refused(deploy("-y", *TO))
    assert f"the cluster runs Kubernetes {KUBERNETES}, and kubernetes_version is {NEWEST}" in output
    assert "`make upgrade` goes there" in output
    assert versions() == {(True, VERSION)}


def test_no_upgrade_begins_while_a_node_is_not_ready(worker: Machine) -> None:
    worker.ssh("sudo systemctl stop kubelet")
    try:
        until(lambda: not ready()["vm-worker"][0], "the node is not Ready")
        output = refused(operate("upgrade"))
    finally:
        worker.ssh("sudo systemctl start kubelet")
    assert "vm-worker is not Ready: look there with journalctl" in output
    assert "Nothing was touched" in output
    all_ready(KUBERNETES)


def test_a_drain_that_a_budget_blocks_stops_at_its_limit_and_names_the_pod(client: Client) -> None:
    whole = json.dumps({"spec": {"minAvailable": 2}})
    told("-n", NAMESPACE, "patch", "pdb", "frontend", "--type=merge", "--patch", whole)
    try:
        with answered(client, "the control plane"):
            output = refused(operate("upgrade", WITHIN="10"))
    finally:
        told("apply", "-f", "-", stdin=SHOP)
    assert "was not drained within 10 s, and takes pods as before" in output
    assert f"{NAMESPACE}/frontend-" in output
    nodes = json.loads(told("get", "nodes", "-o", "json"))["items"]
    assert not any(node["spec"].get("unschedulable") for node in nodes)
    assert ready()["vm-k8s"] == (True, f"v{NEWEST}"), "the control plane comes first"


def test_a_run_leaves_the_rest_to_the_upgrade() -> None:
    output = refused(deploy("-y", *TO))
    assert f"vm-worker: its kubelet is {KUBERNETES}" in output
    assert "`make upgrade` comes to it" in output


def test_packages_that_are_gone_half_way_are_named(client: Client, lab: Lab) -> None:
    with answered(client, "no packages"), faults.answers_500(lab, PACKAGES):
        output = refused(operate("upgrade"))
    assert f"http://192.168.56.2/{PACKAGES}/" in output
    assert "500" in output
    assert ready()["vm-worker"] == (True, VERSION)


def test_one_that_is_killed_or_loses_power_goes_on(client: Client, worker: Machine) -> None:
    with answered(client, "the workers, one run killed and one cut off"):
        kill_after(25, *TO, script=script("upgrade"))
        cut_in(worker, lambda: bool(worker.ssh("pgrep -x dpkg || :")), "upgrade")
        until(lambda: all(is_ready for is_ready, _ in versions()), "every node is Ready")
        does("upgrade")
    assert versions() == {(True, f"v{NEWEST}")}


def test_a_platform_that_was_upgraded_is_one_that_was_deployed() -> None:
    assert converge(*TO) == {}
    assert does("upgrade", "--json").changes == {}


def test_a_second_operator_is_told_that_somebody_upgrades() -> None:
    first = start("-y", *TO, script=script("upgrade"))
    until(lambda: "another run is under way" in operate("upgrade").said, "he is told")
    assert first.wait(300) == 0


def test_a_worker_is_taken_out_and_comes_back(client: Client, lab: Lab) -> None:
    def is_out() -> bool:
        nodes = kubectl("get", "nodes", "-o", "name")
        return nodes.returncode == 0 and LEAVES not in nodes.stdout

    with answered(client, "a worker taken out, cut off on the way"):
        cut_in(machine_of(lab, LEAVES), is_out, "remove_node", NODE=LEAVES)
        does("remove_node", NODE=LEAVES)
    assert LEAVES not in ready()
    with answered(client, "and joined again"):
        assert "K8s worker | Join the cluster" in converge(*TO)
    assert ready()[LEAVES] == (True, f"v{NEWEST}")
    assert converge(*TO) == {}


def test_the_database_moves_and_comes_back(client: Client, lab: Lab, worker: Machine) -> None:
    def is_stopped() -> bool:
        pods = kubectl("-n", NAMESPACE, "get", "pods", "-o", "name")
        return pods.returncode == 0 and "mysql-0" not in pods.stdout

    other = machine_of(lab, OTHER)
    with database.at_work() as kept:
        data = kept()
        with answered(client, "the database moved to another worker, cut off on the way"):
            cut_in(other, is_stopped, "move_database", NODE=OTHER)
            all_ready(NEWEST)
            does("move_database", NODE=OTHER)
        assert (database.where(), kept()) == (OTHER, data)
        converge(*TO, "--data", f"app_database_worker={OTHER}")
        with answered(client, "and back"):
            does("move_database", NODE="vm-worker")
        assert (database.where(), kept()) == ("vm-worker", data)
    for machine in (worker, other):
        machine.ssh("sudo sh -c 'rm -rf /data/threebody/mysql.moved-* /data/threebody/mysql/*'")
    converge(*TO)
    assert converge(*TO) == {}


def test_a_control_plane_that_was_reset_is_the_same_cluster_again(
    client: Client, control: Machine
) -> None:
    with answered(client, "etcd backed up"):
        does("etcd_backup")
    archive = str(sorted((cluster.FETCHED / "backups").glob("etcd-vm-k8s-*.tar.gz"))[-1])
    before = uids()
    told("create", "namespace", "later")
    with answered(client, "the control plane reset"):
        does("reset", "--limit", "vm-k8s", "--data", "confirm=hit.local")
    with answered(client, "and put back, cut off on the way"):
        cut_in(
            control, lambda: bool(control.ssh("pgrep -x etcd || :")), "etcd_restore", FILE=archive
        )
        does("etcd_restore", FILE=archive)
    assert before <= uids()
    assert "later" not in told("get", "namespaces", "-o", "name")
    all_ready(NEWEST)
    converge(*TO)
    assert converge(*TO) == {}


@pytest.mark.skipif(cluster.CNI != "flannel", reason="of the real Calico one version is here")
def test_the_pod_network_goes_to_a_later_version_by_its_setting(client: Client) -> None:
    now, later = cluster.MIRRORED["flannel_version"], cluster.MIRRORED["flannel_later_version"]
    settings = {
        "flannel_version": later,
        "flannel_sha256": cluster.MIRRORED["flannel_later_sha256"],
    }
    network = (*TO, *(word for it in settings.items() for word in ("--data", "=".join(it))))
    with answered(client, f"flannel {now} -> {later}"):
        changes = converge(*network)
    assert changes.pop("K8s control | Give pods their network, flannel") == ["vm-k8s"]
    assert steps(changes) == []
    running = ("-n", "kube-flannel", "get", "pods", "-o", "jsonpath={..containers[*].image}")
    assert set(told(*running).split()) == {f"ghcr.io/flannel-io/flannel:v{later}"}
    assert converge(*network) == {}
