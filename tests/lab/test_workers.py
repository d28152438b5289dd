"""Workers that were taken out, cut off, or belong elsewhere: joined again, or refused and told."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab import database
from tests.lab.cluster import NAMESPACE, VERSION, ready, told, until
from tests.lab.deploying import Run, another_inventory, converge, deploy, kill_after, planned
from tests.lab.labs import verb

pytestmark = pytest.mark.usefixtures("converged")

JOIN = "K8s worker | Join the cluster"


@pytest.mark.usefixtures("nodes_only")
@pytest.mark.soak(reason="one that is removed joins again in every run")
def test_a_worker_that_was_taken_out_of_the_cluster_joins_again(worker: Machine) -> None:
    told("delete", "node", "vm-worker")
    assert JOIN in planned()
    assert JOIN in converge()
    assert ready()["vm-worker"] == (True, VERSION)


@pytest.mark.usefixtures("nodes_only")
def test_a_worker_of_another_cluster_is_refused_and_that_one_named(worker: Machine) -> None:
    worker.ssh(
        "sudo sh -ec 'cp -a /etc/kubernetes/kubelet.conf /root/;"
        " openssl req -x509 -nodes -newkey rsa:2048 -subj /CN=other -keyout /dev/null"
        " -out /root/other.crt 2>/dev/null; other=$(base64 -w0 /root/other.crt);"
        ' sed -i "s#certificate-authority-data: .*#certificate-authority-data: $other#;'
        " s#server: .*#server: https://10.9.8.7:6443#\" /etc/kubernetes/kubelet.conf'"
    )
    try:
        run_ = deploy("-y")
    finally:
        worker.ssh("sudo mv /root/kubelet.conf /etc/kubernetes/kubelet.conf")
    assert run_.status != 0
    assert "vm-worker: is a node of another cluster, at https://10.9.8.7:6443" in run_.said
    assert "Traceback" not in run_.said
    assert converge() == {}


@pytest.mark.soak(reason="a removal is killed in every run")
def test_a_worker_that_was_killed_while_it_joined_says_what_it_misses_and_joins_again(
    worker: Machine, control: Machine
) -> None:
    worker.ssh(
        "sudo sh -c 'kubeadm reset --force >/dev/null 2>&1; touch /etc/kubernetes/unfinished;"
        " echo half >/etc/kubernetes/bootstrap-kubelet.conf'"
    )
    manifest = "/etc/kubernetes/manifests/kube-apiserver.yaml"
    control.ssh(f"sudo sh -c 'mv {manifest} /root/; crictl rm -f $(crictl ps -q --name kube-api)'")
    try:
        run_ = deploy("-y", "--limit", "vm-worker")
    finally:
        control.ssh(f"sudo mv /root/kube-apiserver.yaml {manifest}")
    assert run_.status != 0
    assert "192.168.56.43:6443 was refused" in run_.said
    assert "Traceback" not in run_.said
    assert JOIN in converge()
    assert ready()["vm-worker"] == (True, VERSION)
    assert converge() == {}  # of every machine, and every gate is open


def test_no_token_outlives_the_join_and_none_is_in_a_file(
    worker: Machine, control: Machine
) -> None:
    tokens = ("get", "secrets", "-n", "kube-system", "--field-selector")
    assert told(*tokens, "type=bootstrap.kubernetes.io/token", "-o", "name") == ""
    # The lock is there if it was this boot that joined.
    files = "sudo sh -c 'ls /run/kubeadm-once.* /etc/kubernetes/bootstrap* 2>/dev/null' || :"
    assert set(worker.ssh(files).split()) <= {"/run/kubeadm-once.lock"}
    grep = "sudo grep -Ec '[a-z0-9]{6}[.][a-z0-9]{16}' /var/log/kubeadm.log || :"
    assert worker.ssh(grep).strip() == "0"
    assert control.ssh(grep).strip() == "0"


ADDED = "vm-worker-2"


@pytest.fixture(scope="module")
def bookworm(lab: Lab, converged: None) -> Iterator[Machine]:
    """One more machine, on Debian 12; gone again afterwards, with its disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKERS", "2")
        patch.setenv("WORKER_SUITE", "bookworm")
        done = verb(lab, "up")
        assert done.returncode == 0, done.stderr
        (machine,) = machines.of(lab, [ADDED])
        with another_inventory("lab/inventory.py"):
            yield machine
        told("delete", "node", ADDED, "--ignore-not-found")
        machine.scrap()
    converge()


def test_a_worker_that_is_added_to_the_inventory_joins_and_nothing_else_changes(
    bookworm: Machine,
) -> None:
    assert "bookworm" in bookworm.ssh("cat /etc/os-release")
    changes = converge()
    others = {name: set(hosts) - {ADDED} for name, hosts in changes.items()}
    # For the new one; a worker whose probe finds that of the new one at once need not.
    assert {"vm-k8s"} <= others.pop("Wait at the cluster gate") <= {"vm-k8s", "vm-worker"}
    assert {name: hosts for name, hosts in others.items() if hosts} == {
        "Common | Write the hosts file": {"vm-docker", "vm-k8s", "vm-worker"},
        "Common | Open exactly the needed ports": {"vm-k8s", "vm-worker"},
        "Docker host | Route the edge": {"vm-docker"},
        "K8s control | Bring what approves kubelets' certificates": {"vm-k8s"},
        "Cluster | Approve the certificates of the nodes' kubelets": {"vm-k8s"},
    }
    assert ready() == dict.fromkeys(("vm-k8s", "vm-worker", ADDED), (True, VERSION))
    assert bookworm.ssh("sudo ls -A /data 2>/dev/null || :", check=False) == ""
    assert converge() == {}


# Two pods that may run on the new worker only, and of which none may ever be missing.
BUDGET = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: stays, namespace: {NAMESPACE}}}
spec:
  replicas: 1
  selector: {{matchLabels: {{app: stays}}}}
  template:
    metadata: {{labels: {{app: stays}}}}
    spec:
      nodeSelector: {{kubernetes.io/hostname: {ADDED}}}
      terminationGracePeriodSeconds: 0
      containers:
        - name: main
          image: busybox:1.36
          command: [sleep, infinity]
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: stays, namespace: {NAMESPACE}}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: stays}}}}}}
"""


def remove(name: str, *arguments: str, **environment: str) -> Run:
    """`make remove-node`."""
    environment["NODE"] = name
    return deploy(*arguments, "-y", script="operate/remove_node.py", env=environment)


def test_a_budget_that_blocks_is_named_and_the_node_works_on(bookworm: Machine) -> None:
    told("apply", "-f", "-", stdin=BUDGET)
    told("-n", NAMESPACE, "wait", "--for=condition=Available", "deployment/stays", "--timeout=180s")
    try:
        run = remove(ADDED, WITHIN="8")
    finally:
        told("delete", "-f", "-", stdin=BUDGET)
    assert run.status != 0
    assert f"{ADDED} was not drained within 8 s, and takes pods as before" in run.said
    assert f"{NAMESPACE}/stays-" in run.said
    assert "disruption budget" in run.said
    assert told("get", "node", ADDED, "-o", "jsonpath={.spec.unschedulable}") == ""
    assert ready()[ADDED] == (True, VERSION)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vm-k8s", "vm-k8s is the only control plane"),
        ("vm-worker", "vm-worker keeps the database (threebody-prod-mysql)"),
        ("vm-worker-7", "Nothing is called vm-worker-7; nodes are vm-k8s, vm-worker, vm-worker-2"),
    ],
)
def test_who_must_stay_stays(bookworm: Machine, name: str, sentence: str) -> None:
    run = remove(name)
    assert run.status != 0
    assert sentence in run.said
    assert "Traceback" not in run.said
    assert all(it == (True, VERSION) for it in ready().values())


def test_a_removal_that_is_killed_goes_on_and_a_deploy_joins_the_machine_again(
    bookworm: Machine, rounds: int
) -> None:
    bookworm.ssh("sudo sh -c 'mkdir -p /data; echo kept >/data/kept; iptables -N MINE'")
    for round_ in range(rounds):
        kill_after(4 + 2 * round_, script="operate/remove_node.py", NODE=ADDED)
    run = remove(ADDED)
    assert run.status == 0, run.reason
    assert ADDED not in ready()
    again = remove(ADDED, "--json")
    assert again.changes == {}
    assert bookworm.ssh("cat /data/kept; sudo iptables -S MINE").split() == ["kept", "-N", "MINE"]
    left = "ls -d /etc/kubernetes /var/lib/kubelet /etc/crictl.yaml 2>/dev/null; pgrep kubelet"
    assert bookworm.ssh(f"{left}; sudo iptables-save | grep KUBE", check=False) == ""
    assert "K8s worker | Join the cluster" in converge()
    assert ready()[ADDED] == (True, VERSION)
    assert converge() == {}


def move(name: str, *arguments: str) -> Run:
    """`make move-database`."""
    return deploy(*arguments, "-y", script=database.SCRIPT, env={"NODE": name})


@pytest.mark.soak(reason="three moves")
def test_the_database_moves_with_its_data_and_back_again(
    bookworm: Machine, worker: Machine, rounds: int
) -> None:
    with database.at_work() as kept:
        for round_ in range(rounds):
            kill_after(3 + 2 * round_, script=database.SCRIPT, NODE=ADDED)
        run = move(ADDED)
        assert run.status == 0, run.reason
        assert "write app_database_worker = 'vm-worker-2' into group_data" in run.said
        assert database.where() == ADDED
        assert kept() == database.files_on(bookworm)
        assert database.files_on(worker) == ""
        assert kept() == database.files_on(worker, "/data/threebody/mysql.moved-*")
        assert f"The database is on {ADDED} already" in move(ADDED).said
        assert f"{ADDED} keeps the database" in remove(ADDED).said
        assert f"the database is on {ADDED}, and app_database_worker is" in deploy("-y").said
        run = move("vm-worker")
        assert run.status == 0, run.reason
        assert database.where() == "vm-worker"
        assert kept() == database.files_on(worker)
    worker.ssh("sudo rm -rf /data/threebody/mysql.moved-* /data/threebody/mysql/*")
    assert converge() == {}


@pytest.mark.soak(reason="one that answers is removed in every run")
def test_a_node_whose_machine_is_off_for_good_leaves_the_cluster(bookworm: Machine) -> None:
    groups = ("--limit", "k8s_control", "--limit", "docker_host")
    run = remove(ADDED, *groups, GONE="1")
    assert f"{ADDED} is Ready, so its machine is on" in run.said
    bookworm.cut()
    until(lambda: not ready()[ADDED][0], "the node is not Ready")
    run = remove(ADDED, *groups, GONE="1")
    assert run.status == 0, run.reason
    assert ADDED not in ready()
