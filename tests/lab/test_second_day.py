"""The second day: drift is told, a worker leaves and comes back, etcd is lost and put back."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from lab import CHECKOUT, Lab, machines
from lab.machines import Machine
from tests.lab.cluster import BROUGHT, NAMESPACE, VERSION, ready, told, until
from tests.lab.deploying import (
    PYINFRA,
    SETTINGS,
    Run,
    another_inventory,
    converge,
    deploy,
    gates,
)
from tests.lab.labs import verb

pytestmark = pytest.mark.usefixtures("converged")

SECOND = "vm-worker-2"
KINDS = "nodes,namespaces,configmaps,secrets,serviceaccounts,persistentvolumes,daemonsets"
UID = "{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid}{'\\n'}{end}"
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
      nodeSelector: {{kubernetes.io/hostname: {SECOND}}}
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


def drift() -> tuple[int, list[str], str]:
    """`make drift`: how it ends, its lines, and what it says besides."""
    words = [sys.executable, "-m", "operate.drift", "inventory.py", *SETTINGS]
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    return done.returncode, done.stdout.splitlines(), done.stderr


def operate(verb_: str, *arguments: str, **environment: str) -> Run:
    """Run a deploy of operate/ as `make` does."""
    return deploy(*arguments, script=f"operate/{verb_}.py", env=environment)


def test_what_differs_is_told_and_nothing_else(worker: Machine) -> None:
    assert drift() == (0, [], "")
    worker.ssh("sudo sh -c 'echo >>/etc/crictl.yaml; systemctl disable -q node-firewall'")
    status, lines, _ = drift()
    assert status == 1
    assert "vm-worker: K8s node | Bring what runs kubeadm once, and what asks in pods" in lines
    assert "vm-worker: gate shut: the node's firewall and containerd start at boot" in lines
    assert {line.partition(":")[0] for line in lines} == {"vm-worker"}
    converge()
    worker.power_off()
    try:
        status, lines, said = drift()
    finally:
        worker.power_on()
    assert (status, lines) == (2, [])
    assert "vm-worker" in said
    assert "does not answer on SSH" in said


def uids() -> set[str]:
    """What the cluster has that no controller makes anew by the minute, each by its own number."""
    return set(told("get", KINDS, "-A", "-o", f"jsonpath={UID}").splitlines())


@pytest.fixture(scope="module")
def archive(converged: None) -> Path:
    """A backup of this module's cluster."""
    run = operate("etcd_backup", "-y")
    assert run.status == 0, run.said
    made = sorted((BROUGHT / "backups").glob("etcd-vm-k8s-*.tar.gz"))[-1]
    assert made.stat().st_mode & 0o777 == 0o600
    return made


def test_a_disk_without_room_gets_no_half_backup(archive: Path, control: Machine) -> None:
    there = sorted((BROUGHT / "backups").iterdir())
    control.ssh("sudo mount -t tmpfs -o size=50m none /var/tmp")
    try:
        run = operate("etcd_backup", "-y")
    finally:
        control.ssh("sudo umount /var/tmp")
    assert run.status != 0
    assert "MiB free on /var/tmp" in run.said
    assert sorted((BROUGHT / "backups").iterdir()) == there


def test_a_damaged_archive_stops_nothing(archive: Path, control: Machine, tmp_path: Path) -> None:
    pids = control.ssh("pgrep -x 'etcd|kubelet|kube-apiserver'")
    half = tmp_path / "half.tar.gz"
    half.write_bytes(archive.read_bytes()[: archive.stat().st_size // 2])
    run = operate("etcd_restore", "-y", FILE=str(half))
    assert run.status != 0
    assert "was cut off" in run.said
    assert "Nothing was touched." in run.said
    assert "Traceback" not in run.said
    assert control.ssh("pgrep -x 'etcd|kubelet|kube-apiserver'") == pids


LOSSES = {
    "its data": "systemctl stop kubelet; crictl stopp $(crictl pods -q --name ^etcd-);"
    " rm -rf /var/lib/etcd; systemctl start kubelet",
    "everything": "kubeadm reset --force; rm -rf /etc/kubernetes /etc/cni/net.d/*",
}


@pytest.mark.parametrize("loss", LOSSES)
def test_a_control_plane_that_lost_something_is_the_same_cluster_again(
    archive: Path, control: Machine, loss: str
) -> None:
    before = uids()
    told("create", "namespace", "later")
    control.ssh(f"sudo sh -c '{LOSSES[loss]}' >/dev/null 2>&1")
    began = time.monotonic()
    run = operate("etcd_restore", "-y", FILE=str(archive))
    assert run.status == 0, run.said[-4000:]
    print(f"without {loss}: back after {time.monotonic() - began:.0f} s")
    assert before <= uids()
    assert "later" not in told("get", "namespaces", "-o", "name")
    converge()
    assert converge() == {}
    assert all(gates().values())


@pytest.fixture(scope="module")
def second(lab: Lab, converged: None) -> Iterator[Machine]:
    """One more worker, which has joined; gone again afterwards, with its disk."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("WORKERS", "2")
        done = verb(lab, "up")
        assert done.returncode == 0, done.stderr
        (machine,) = machines.of(lab, [SECOND])
        with another_inventory("lab/inventory.py"):
            converge()
            yield machine
        told("delete", "node", SECOND, "--ignore-not-found")
        machine.scrap()
    machines.prepare(lab)  # known_hosts is for those that are there
    converge()


def cordoned() -> str:
    return told("get", "node", SECOND, "-o", "jsonpath={.spec.unschedulable}")


def test_a_budget_that_blocks_is_named_and_the_node_works_on(second: Machine) -> None:
    told("apply", "-f", "-", stdin=BUDGET)
    told("-n", NAMESPACE, "wait", "--for=condition=Available", "deployment/stays", "--timeout=60s")
    try:
        run = operate("remove_node", "-y", NODE=SECOND, WITHIN="8")
    finally:
        told("delete", "-f", "-", stdin=BUDGET)
    assert run.status != 0
    assert f"{SECOND} was not drained within 8 s, and takes pods as before" in run.said
    assert f"{NAMESPACE}/stays-" in run.said
    assert "disruption budget" in run.said
    assert cordoned() == ""
    assert ready()[SECOND] == (True, VERSION)


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("vm-k8s", "vm-k8s is the only control plane"),
        ("vm-worker", "vm-worker keeps the database (threebody-prod-mysql)"),
        ("vm-worker-7", "Nothing is called vm-worker-7; nodes are vm-k8s, vm-worker, vm-worker-2"),
    ],
)
def test_who_must_stay_stays(second: Machine, name: str, sentence: str) -> None:
    run = operate("remove_node", "-y", NODE=name)
    assert run.status != 0
    assert sentence in run.said
    assert "Traceback" not in run.said
    assert all(it == (True, VERSION) for it in ready().values())


def kill_in_the_middle(seconds: float) -> None:
    """A removal whose operator is killed after so many seconds."""
    words = [PYINFRA, "lab/inventory.py", "operate/remove_node.py", *SETTINGS, "-y"]
    running = subprocess.Popen(
        words,
        cwd=CHECKOUT,
        env={**os.environ, "NODE": SECOND},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(seconds)
    running.send_signal(signal.SIGKILL)
    running.wait()


def test_a_removal_that_is_killed_goes_on_and_a_deploy_joins_the_machine_again(
    second: Machine, rounds: int
) -> None:
    second.ssh("sudo sh -c 'mkdir -p /data; echo kept >/data/kept; iptables -N MINE'")
    for round_ in range(rounds - 1):
        kill_in_the_middle(4 + 2 * round_)
    run = operate("remove_node", "-y", NODE=SECOND)
    assert run.status == 0, run.said[-4000:]
    assert SECOND not in ready()
    again = operate("remove_node", "-y", "--json", NODE=SECOND)
    assert again.changes == {}
    assert second.ssh("cat /data/kept; sudo iptables -S MINE").split() == ["kept", "-N", "MINE"]
    left = "ls -d /etc/kubernetes /var/lib/kubelet /etc/crictl.yaml 2>/dev/null; pgrep kubelet"
    assert second.ssh(f"{left}; sudo iptables-save | grep KUBE", check=False) == ""
    assert "K8s worker | Join the cluster" in converge()
    assert ready()[SECOND] == (True, VERSION)
    assert converge() == {}


def test_a_node_whose_machine_is_off_for_good_leaves_the_cluster(second: Machine) -> None:
    groups = ("--limit", "k8s_control", "--limit", "docker_host")
    run = operate("remove_node", "-y", *groups, NODE=SECOND, GONE="1")
    assert f"{SECOND} is Ready, so its machine is on" in run.said
    second.cut()
    until(lambda: not ready()[SECOND][0], 90, "the node is not Ready")
    run = operate("remove_node", "-y", *groups, NODE=SECOND, GONE="1")
    assert run.status == 0, run.said[-4000:]
    assert SECOND not in ready()
