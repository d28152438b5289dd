"""containerd: its configuration by its version, and the registries that it pulls from."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from pyinfra import host

from facts.asking import ask
from facts.containerd import REGISTRIES, Containerd, ContainerdState, Registries
from operations import Commands, files, operation, systemd
from operations.files import File


@operation()
def configured(
    version: str, images: str, configuration: Callable[[ContainerdState], File]
) -> Commands:
    """Have the configuration that fits the containerd here, loaded; pods live through its restart.

    `version` of Kubernetes and the registry of its `images` decide which image is a pod's sandbox.
    """
    state = ask(host, Containerd, version=version, images=images)
    yield from files.configure._inner(
        files=[configuration(state)],
        process=systemd.main_pid("containerd"),
        load="systemctl reset-failed containerd; systemctl restart containerd",
    )


@operation()
def registries(files_of: Callable[[], Sequence[File]]) -> Commands:
    """Have a file for each of these registries, which containerd reads at each pull; no other.

    `files_of` is asked when the files are compared: what one of them holds may be made before.
    """
    wanted, there = files_of(), ask(host, Registries)
    yield from files.put._inner(files=wanted)
    kept = {file.path.removeprefix(f"{REGISTRIES}/").partition("/")[0] for file in wanted}
    others = [name for name in there if name not in kept]
    yield from files.absent._inner(paths=[f"{REGISTRIES}/{name}" for name in others])
