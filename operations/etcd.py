"""etcd's data, with the keys of the control plane: fetched, and put back."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path
from typing import IO

from pyinfra import host, inventory, logger
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.exceptions import PyinfraError
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.asking import ask
from facts.kubernetes import ControlPlane, Kubelet
from facts.nodes import Members
from operations import Commands, etcd_archive, failed, kept, operation, streams
from operations.etcd_archive import Archive
from operations.kept import Unusable
from operations.sources import source
from spec import Platform, Refused

# An archive, opened when it is wanted.
Content = Callable[[], AbstractContextManager[IO[bytes]]]


@operation()
def backup(platform: Platform) -> Commands:
    """Bring an archive of etcd's data and the control plane's keys here, and forget the oldest.

    It is the operator's own (0600), and has its name only once all of it is here and checked.
    """
    script = source(platform, "k8s_control", "/usr/local/sbin/etcd-backup").content
    yield FunctionCommand(_bring, (platform, script), {})


@operation()
def remove_member(node: str) -> Commands:
    """Have no member of this name in etcd: what it had the others have."""
    if node in ask(host, Members):
        yield StringCommand(f"etcd-members --remove {shlex.quote(node)}")


@operation()
def restore(platform: Platform, content: Content) -> Commands:
    """Have the cluster of an archive's day on the control plane; what came after it is lost."""
    script = source(platform, "k8s_control", "/usr/local/sbin/etcd-restore").content
    yield FunctionCommand(_put_back, (content, script), {})


@contextmanager
def stored(path: Path) -> Iterator[IO[bytes]]:
    """An archive that lies here as it came."""
    with path.open("rb") as file:
        yield file


def fitting(platform: Platform, path: Path) -> Archive:
    """What an archive is of, if it can be put back here; raises Refused with why it cannot."""
    try:
        archive = etcd_archive.read(path)
    except Unusable as unusable:
        raise Refused(f"{path} {unusable}. Nothing was touched.", ()) from None
    for reason in differences(platform, archive):
        raise Refused(f"{path} {reason}. Nothing was touched.", ())
    return archive


def differences(platform: Platform, archive: Archive) -> Iterator[str]:
    """Why an archive is not of this platform, or of this cluster."""
    version = platform.k8s_node.kubernetes_version
    if len(platform.controls) > 1:
        first, *others = (control.name for control in platform.controls)
        yield (
            "is of one control plane, and there are three: `make reset` of"
            f" {' and '.join(others)}, leave their lines out of the inventory, put it back on"
            f" {first}, then put the lines back and deploy"
        )
    if f"{archive.host} at {archive.server}" != platform.title:
        yield (
            f"is of another platform, whose control plane is {archive.host} at {archive.server};"
            f" this one's is {platform.title}"
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
                f" needed any more, `make reset NODE={name}` first"
            )


def _authorities(platform: Platform) -> Iterator[tuple[str, str]]:
    """Which cluster's authority each node believes; "" where it believes in none."""
    control = platform.control
    plane = ask(inventory.get_host(control.name), ControlPlane)
    # Half of one, as a restore that was cut off leaves it, need not have a whole certificate.
    yield control.name, "" if plane.unfinished else plane.ca
    for worker in platform.members("k8s_worker"):
        # One that is off, or left out of this run, need not be asked.
        with suppress(PyinfraError):
            yield worker.name, ask(inventory.get_host(worker.name), Kubelet).ca


def _bring(state: State, host: Host, platform: Platform, script: str) -> bool:
    folder, name = platform.backups, f"etcd-{platform.control.hostname}-"
    try:
        with kept.unfinished(folder, name, ".tar.gz") as (file, target):
            # As an argument of bash: nothing of it is left there.
            streams.receive(host, ["bash", "-c", script, "etcd-backup"], file)
            file.seek(0)
            archive = etcd_archive.of(file)
    except (OSError, Unusable, streams.Broken) as error:
        return failed(host, f"no backup was made: {error}")
    size = target.stat().st_size / 1024**2
    made = f"{target}: {size:.1f} MiB, of Kubernetes {archive.kubernetes}, taken {archive.taken}"
    logger.info(f"{host.print_prefix}{made}")
    for old in kept.forget(folder, name, platform.all.backup_keep):
        logger.info(f"{host.print_prefix}{old.name} is gone: more than backup_keep")
    return True


def _put_back(state: State, host: Host, content: Content, script: str) -> bool:
    try:
        with content() as file:
            streams.send(host, ["bash", "-c", script, "etcd-restore"], file)
    except (OSError, streams.Broken) as error:
        return failed(host, f"the archive was not restored: {error}")
    return True
