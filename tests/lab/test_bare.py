"""Bare machines: what they are like, what a dry run says of them, and what is refused."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab import Lab, machines
from lab.machines import Machine
from tests.lab.cluster import CNI, KUBERNETES
from tests.lab.deploying import deploy

BARE = "test ! -e /etc/apt/apt.conf.d/99-threebody"


@pytest.fixture(scope="module", autouse=True)
def bare(lab: Lab) -> None:
    """Start from machines that nothing was done to."""
    machines.at_once(Machine.power_on, machines.of(lab))
    if any(machine.ssh(f"{BARE} || echo used", check=False) for machine in machines.of(lab)):
        machines.reset(lab)


def test_the_machines_are_bare_and_a_little_dirty(control: Machine, worker: Machine) -> None:
    assert worker.ssh("hostname").strip() == "localhost"
    assert "vm-docker" not in worker.ssh("cat /etc/hosts")
    assert worker.ssh("systemctl is-enabled apt-daily.timer unattended-upgrades").split() == [
        "enabled",
        "enabled",
    ]
    assert "swap" in worker.ssh("cat /etc/fstab")
    assert "manage_etc_hosts" in worker.ssh("sudo cat /var/lib/cloud/seed/nocloud/user-data")
    assert control.ssh("sudo dpkg --audit") != ""
    assert worker.ssh("command -v ufw docker curl || echo none").strip() == "none"


def test_root_may_not_log_in(worker: Machine) -> None:
    words = [word.replace("admin@", "root@") for word in worker.ssh_command("true")]
    assert subprocess.call(words) != 0


def test_a_dry_run_names_every_step_in_order_and_touches_nothing(lab: Lab) -> None:
    before = _fingerprints(lab)
    run = deploy("--dry", "--json")
    assert run.status == 0, run.reason
    names = list(run.plan)
    landmarks = [
        "Common | Keep automatic updates off",
        "Common | Write the hosts file",
        "Common | Open exactly the needed ports",
        "Wait at the common gate",
        "Docker host | Start Docker",
        "Docker host | Describe Harbor",
        "Docker host | Start Harbor",
        "Docker host | Open the project threebody to its robots",
        "Docker host | Run the edge as it is described",
        "Docker host | Tell the runner which GitLab it works for",
        "Docker host | Make a key for GitLab",
        "Wait at the docker_host gate",
        "K8s node | Turn swap off for good",
        f"K8s node | Install Kubernetes {KUBERNETES}",
        "K8s node | Configure containerd",
        "Wait at the k8s_node gate",
        "K8s control | Begin the cluster",
        f"K8s control | Give pods their network, {CNI}",
        "Wait at the k8s_control gate",
        "K8s worker | Join the cluster",
        "Wait at the k8s_worker gate",
        "Cluster | Let the pipeline work in its namespace",
        "Wait at the cluster gate",
    ]
    assert [name for name in names if name in landmarks] == landmarks
    assert _fingerprints(lab) == before


def _fingerprints(lab: Lab) -> list[str]:
    with ThreadPoolExecutor() as pool:
        return list(pool.map(_fingerprint, machines.of(lab)))


def _fingerprint(machine: Machine) -> str:
    """Everything that a deploy could have written, with its time of change."""
    return machine.ssh(
        "sudo find /etc /opt /usr /home /root /srv -xdev -printf '%p %C@ %s\\n' | sort | sha256sum;"
        " systemctl list-units --plain --no-legend --state=active --type=service"
        " | awk '{print $1}' | grep -v -e user -e session -e apt -e cloud | sha256sum;"
        " dpkg-query -W | sha256sum"
    )


@contextmanager
def _changed(machine: Machine, change: str, restore: str) -> Iterator[None]:
    machine.ssh(change)
    try:
        yield
    finally:
        machine.ssh(restore)


def _refused(*arguments: str) -> str:
    """The sentences of a run that must not begin."""
    run = deploy("-y", *arguments)
    assert run.status != 0
    assert "Traceback" not in run.said, run.said
    assert "nothing was touched" in run.said, run.said
    return run.said


def test_a_machine_that_is_off_is_named(lab: Lab, worker: Machine) -> None:
    worker.cut()
    try:
        output = _refused()
    finally:
        worker.power_on()
    assert "vm-worker: admin@192.168.56.44 does not answer on SSH: is it on" in output


def test_a_wrong_key_is_named(tmp_path: Path) -> None:
    key = tmp_path / "id_ed25519"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(key)], check=True)
    output = _refused("--ssh-key", str(key))
    assert "vm-docker: admin@192.168.56.42 takes none of your keys" in output


def test_host_keys_that_nobody_compared_are_named_as_a_console_prints_them(
    lab: Lab, tmp_path: Path
) -> None:
    output = _refused("--data", f"ssh_known_hosts_file={tmp_path / 'known_hosts'}")
    for machine in machines.of(lab):
        printed = machine.ssh("ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub").split()[1]
        assert f"{machine.name}: {machine.address} shows the host key {printed}" in output
    assert "ssh-keygen -lf /etc/ssh/ssh_host_ed25519_key.pub" in output


def test_a_user_who_may_not_use_sudo_is_named(worker: Machine) -> None:
    # From outside of the machine: there is no way back inside.
    rule = worker.root / "etc/sudoers.d/admin"
    hidden = rule.rename(worker.root / "root/admin")
    try:
        assert worker.ssh("sudo -n true || echo no", check=False) == "no\n"
        output = _refused()
    finally:
        hidden.rename(rule)
    assert "vm-worker: sudo asks admin for a password: put sudo_password into secrets.env" in output
    assert worker.ssh("sudo -n true && echo yes") == "yes\n"


def test_a_distribution_nobody_knows_is_named(worker: Machine) -> None:
    change = "sudo cp -P /etc/os-release /root/os && sudo rm /etc/os-release"
    change += " && printf 'ID=templeos\\nVERSION_ID=5\\n' | sudo tee /etc/os-release"
    with _changed(worker, change, "sudo rm /etc/os-release; sudo mv /root/os /etc/os-release"):
        output = _refused()
    assert "vm-worker: runs templeos 5; supported are debian 12, debian 13, ubuntu 22.04" in output


def test_a_full_disk_is_named_before_anything_is_written(worker: Machine) -> None:
    small = "sudo mount -t tmpfs -o size=20m tmpfs /var/cache"
    with _changed(worker, small, "sudo umount /var/cache"):
        output = _refused()
    assert "vm-worker: 20 MiB free on /var/cache" in output
