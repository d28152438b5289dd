"""The process that stands beside a running machine and starts it again when it reboots.

It holds a lock for as long as it lives: a machine is on while somebody holds its lock or its cgroup
has processes. No process id is written anywhere, so none can be stale.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import subprocess
import sys
from pathlib import Path

from lab import Lab, cgroups, disk, network, outer
from lab.lock import is_held

INIT = Path(__file__).parent / "files" / "init"  # not on the disk: any disk boots with any checkout
OFF, REBOOT = 0, 133  # nspawn's exit status when the machine has asked for that


def group(lab: Lab, machine: str) -> str:
    """The machine's cgroup."""
    return f"{lab.netns}/{machine}"


def lock_path(lab: Lab, machine: str) -> Path:
    """The file that the machine's keeper keeps locked."""
    return lab.state / "machines" / machine / "keeper.lock"


def is_on(lab: Lab, machine: str) -> bool:
    """Whether the machine runs, boots or shuts down."""
    return is_kept(lab, machine) or bool(cgroups.processes(group(lab, machine)))


def is_kept(lab: Lab, machine: str) -> bool:
    """Whether the machine has a keeper, which brings it back after a reboot."""
    lock = lock_path(lab, machine)
    return lock.exists() and is_held(lock)


def start(lab: Lab, machine: str) -> None:
    """Start the machine with a keeper that outlives the caller; the console goes to its log."""
    logs = lab.state / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    with (logs / f"{machine}.log").open("ab") as log:
        subprocess.run(
            ["setsid", "--fork", sys.executable, "-m", "lab.keeper", lab.name, machine],
            cwd=Path(__file__).parent.parent,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            check=True,
        )


def keep(lab: Lab, machine: str) -> None:
    """Run the machine until it is powered off, through all its reboots."""
    with lock_path(lab, machine).open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        # Outside of the machine's own group, which is removed before each boot, and outside of
        # the caller's, which may end with the caller's session.
        cgroups.enter(group(lab, "keepers"))
        status = REBOOT
        while status == REBOOT:
            # A group left from the last boot looks like a dead container to kubelet.
            cgroups.remove(group(lab, machine))
            # So does its end of the cable to nspawn: a machine whose power was cut leaves it until
            # the kernel has cleared its networks away, with many pods for half a minute.
            cable = f"vb-{_label(lab, machine)}"
            subprocess.run(["ip", "-n", lab.netns, "link", "delete", cable], capture_output=True)
            status = _boot(lab, machine)
            if status in (OFF, REBOOT):
                _write_out(lab, machine)
        cgroups.remove(group(lab, machine))


def _write_out(lab: Lab, machine: str) -> None:
    """Sync the disk, which systemd leaves to the host where it goes down in a container."""
    subprocess.run(["sync", "--file-system", disk.root(lab, machine)])


def _label(lab: Lab, machine: str) -> str:
    """What nspawn calls the machine: so short that the cable's name holds all of it."""
    return f"m{hashlib.sha256(f'{lab.netns}-{machine}'.encode()).hexdigest()[:11]}"


def _boot(lab: Lab, machine: str) -> int:
    """Boot the machine once; returns nspawn's exit status."""
    environment = {**os.environ, "SYSTEMD_NSPAWN_API_VFS_WRITABLE": "1"}
    words = [*network.inside(lab), "systemd-nspawn"]
    words += [
        f"--directory={disk.root(lab, machine)}",
        f"--machine={_label(lab, machine)}",
        f"--network-bridge={network.BRIDGE}",
        "--quiet",
        "--register=no",
        "--keep-unit",
        "--link-journal=no",
        "--resolv-conf=off",
        "--timezone=off",
        "--console=read-only",
        # What Docker and kubelet do on a real machine.
        "--capability=all",
        "--system-call-filter=add_key keyctl bpf perf_event_open",
    ]
    if outer.modules().is_dir():
        words.append(f"--bind-ro={outer.modules()}")
    if cgroups.unified():
        environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "1"
    else:
        environment["SYSTEMD_NSPAWN_UNIFIED_HIERARCHY"] = "0"
        # systemd 256 and later refuse cgroup v1 unless told twice.
        words.append("--setenv=SYSTEMD_CGROUP_ENABLE_LEGACY_FORCE=1")
    words += [f"--bind-ro={INIT}:/run/lab-init", "/run/lab-init"]
    booted = subprocess.Popen(
        words, env=environment, preexec_fn=lambda: cgroups.enter(group(lab, machine))
    )
    return booted.wait()


if __name__ == "__main__":
    keep(Lab(sys.argv[1]), sys.argv[2])
