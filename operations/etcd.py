"""etcd's data, with the keys of the control plane: fetched, and put back."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from pyinfra import inventory, logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.asking import ask
from facts.kubernetes import ControlPlane, Kubelet
from operations import Commands, etcd_archive, operation, streams
from operations.etcd_archive import Archive, Unusable
from operations.sources import source
from spec import Platform, Refused
from spec.kubernetes import API_PORT

PRIVATE, PRIVATE_FOLDER = stat.S_IRUSR | stat.S_IWUSR, stat.S_IRWXU
UNFINISHED = ".new"


@operation()
def backed_up(platform: Platform) -> Commands:
    """Bring an archive of etcd's data and the control plane's keys here, and forget the oldest.

    It is the operator's own (0600), and has its name only once all of it is here and checked.
    """
    script = source(platform, "k8s_control", "/usr/local/sbin/etcd-backup").content
    yield FunctionCommand(_bring, (platform, script), {})


@operation()
def restored(platform: Platform, archive: Path) -> Commands:
    """Have the cluster of an archive's day on the control plane; what came after it is lost."""
    script = source(platform, "k8s_control", "/usr/local/sbin/etcd-restore").content
    yield FunctionCommand(_put_back, (archive, script), {})


def fitting(platform: Platform, path: Path) -> Archive:
    """What an archive is of, if it can be put back here; raises Refused with why it cannot."""
    try:
        archive = etcd_archive.read(path)
    except Unusable as unusable:
        raise Refused(f"{path} {unusable}. Nothing was touched.", ()) from None
    for reason in _differences(platform, archive):
        raise Refused(f"{path} {reason}. Nothing was touched.", ())
    return archive


def _differences(platform: Platform, archive: Archive) -> Iterator[str]:
    """Why an archive is not of this platform, or of this cluster."""
    control = platform.control
    own = f"{control.hostname} at https://{control.address}:{API_PORT}"
    version = platform.k8s_node.kubernetes_version
    if f"{archive.host} at {archive.server}" != own:
        yield (
            f"is of another platform, whose control plane is {archive.host} at {archive.server};"
            f" this one's is {own}"
        )
    if archive.encryption_key != platform.encryption_key:
        yield (
            "is of a cluster that encrypts its Secrets with another kubernetes_encryption_key than"
            " secrets.env has: bring the secrets.env of that day"
        )
    if archive.kubernetes != version:
        yield (
            f"is of Kubernetes {archive.kubernetes}, and kubernetes_version is {version}: set it"
            " to what the archive is of, restore, then upgrade"
        )
    for name, authority in _authorities(platform):
        if authority not in ("", archive.ca):
            yield (
                f"is of another cluster: its authority is not the one of {name}. If that one is not"
                " needed any more, run `kubeadm reset` there first"
            )


def _authorities(platform: Platform) -> Iterator[tuple[str, str]]:
    """Which cluster's authority each node believes; "" where it believes in none."""
    control = platform.control
    plane = ask(inventory.get_host(control.name), ControlPlane)
    # Half of one, as a restore that was cut off leaves it, need not have a whole certificate.
    yield control.name, "" if plane.begun else plane.ca
    for worker in platform.members("k8s_worker"):
        # One that is off, or left out of this run, need not be asked.
        with suppress(PyinfraError):
            yield worker.name, ask(inventory.get_host(worker.name), Kubelet).ca


def _bring(state: State, host: Host, platform: Platform, script: str) -> bool:
    folder, name = platform.backups, f"etcd-{platform.control.hostname}-"
    target = folder / f"{name}{datetime.now(UTC):%Y%m%dT%H%M%SZ}.tar.gz"
    try:
        folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
        for left in folder.glob(f".{name}*{UNFINISHED}"):
            left.unlink()  # of one that was killed
        archive = _receive(host, script, target)
    except (OSError, Unusable, streams.Broken) as error:
        return _failed(host, f"no backup was made: {error}")
    size = target.stat().st_size / 1024**2
    made = f"{target}: {size:.1f} MiB, of Kubernetes {archive.kubernetes}, taken {archive.taken}"
    logger.info(f"{host.print_prefix}{made}")
    for old in sorted(folder.glob(f"{name}*.tar.gz"))[: -platform.all.backup_keep]:
        old.unlink()
        logger.info(f"{host.print_prefix}{old.name} is gone: more than backup_keep")
    return True


def _receive(host: Host, script: str, target: Path) -> Archive:
    """Have the archive at `target`, all of it and checked, or nothing there."""
    unfinished = target.with_name(f".{target.name}{UNFINISHED}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, PRIVATE)
        with os.fdopen(descriptor, "wb") as file:
            # As an argument of bash: nothing of it is left there.
            streams.receive(host, ["bash", "-c", script, "etcd-backup"], file)
            file.flush()
            os.fsync(file.fileno())
        archive = etcd_archive.read(unfinished)
        unfinished.replace(target)
    finally:
        unfinished.unlink(missing_ok=True)
    return archive


def _put_back(state: State, host: Host, archive: Path, script: str) -> bool:
    try:
        with archive.open("rb") as file:
            streams.send(host, ["bash", "-c", script, "etcd-restore"], file)
    except (OSError, streams.Broken) as error:
        return _failed(host, f"the archive was not restored: {error}")
    return True


def _failed(host: Host, sentence: str) -> bool:
    logger.error(f"{host.print_prefix}{sentence}")
    return False
