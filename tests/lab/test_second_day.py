"""The second day: what differs is told, and etcd is lost and put back.

A worker that is taken out and comes back: test_workers.py, which has one more anyway.
"""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from tests.lab.cluster import FETCHED, told, uids
from tests.lab.deploying import (
    SETTINGS,
    Run,
    converge,
    deploy,
    kill_after,
)
from tests.lab.soaked import cases

pytestmark = pytest.mark.usefixtures("converged")


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
    assert "vm-worker: K8s node | Bring the scripts for kubeadm, and for questions in pods" in lines
    assert "vm-worker: gate shut: the node's firewall and containerd start at boot" in lines
    assert {line.partition(":")[0] for line in lines} == {"vm-worker"}
    converge()


def test_who_cannot_be_asked_is_a_sentence(worker: Machine) -> None:
    worker.power_off()
    try:
        status, lines, output = drift()
    finally:
        worker.power_on()
    assert (status, lines) == (2, [])
    assert "vm-worker" in output
    assert "does not answer on SSH" in output


@pytest.fixture(scope="module")
def archive(converged: None) -> Path:
    """A backup of this module's cluster."""
    run = operate("etcd_backup", "-y")
    assert run.status == 0, run.said
    made = sorted((FETCHED / "backups").glob("etcd-vm-k8s-*.tar.gz"))[-1]
    assert made.stat().st_mode & 0o777 == 0o600
    return made


def test_a_disk_without_room_gets_no_half_backup(archive: Path, control: Machine) -> None:
    present = sorted((FETCHED / "backups").iterdir())
    control.ssh("sudo mount -t tmpfs -o size=50m none /var/tmp")
    try:
        run = operate("etcd_backup", "-y")
    finally:
        control.ssh("sudo umount /var/tmp")
    assert run.status != 0
    assert "MiB free on /var/tmp" in run.said
    assert sorted((FETCHED / "backups").iterdir()) == present


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


@pytest.mark.parametrize("loss", cases(LOSSES, {"its data"}, "the harder loss is in every run"))
def test_a_control_plane_that_lost_something_is_the_same_cluster_again(
    archive: Path, control: Machine, loss: str, rounds: int
) -> None:
    before = uids()
    told("create", "namespace", "later")
    control.ssh(f"sudo sh -c '{LOSSES[loss]}' >/dev/null 2>&1")
    for round_ in range(rounds):
        kill_after(7 + 3 * round_, script="operate/etcd_restore.py", FILE=str(archive))
    began = time.monotonic()
    run = operate("etcd_restore", "-y", FILE=str(archive))
    assert run.status == 0, run.reason
    print(f"without {loss}: back after {time.monotonic() - began:.0f} s")
    assert before <= uids()
    assert "later" not in told("get", "namespaces", "-o", "name")
    assert drift() == (0, [], "")
