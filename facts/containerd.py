"""containerd: its version, the image that keeps a pod's place, the registries that it knows."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact, told

REGISTRIES = "/etc/containerd/certs.d"


@dataclass(frozen=True)
class ContainerdState:
    """What its configuration depends on; the default is a machine without it or without kubeadm."""

    major: int = 0
    sandbox: str = ""  # the image that kubeadm's version asks for


class Containerd(Fact[ContainerdState]):
    """Ask containerd for its version, and kubeadm for its images: neither needs a network."""

    @staticmethod
    def default() -> ContainerdState:
        return ContainerdState()

    def command(self, version: str, images: str) -> str:
        asked = f"--kubernetes-version v{version} --image-repository {shlex.quote(images)}"
        return (
            "containerd --version 2>/dev/null | awk '{print \"version\", $3}'; "
            f"kubeadm config images list {asked} 2>/dev/null |"
            " awk '/\\/pause:/ {print \"sandbox\", $1}'; :"
        )

    def process(self, output: Iterable[str]) -> ContainerdState:
        found = dict(told(output, "version", "sandbox"))
        major = found.get("version", "").lstrip("v").partition(".")[0]
        return ContainerdState(int(major) if major.isdecimal() else 0, found.get("sandbox", ""))


class Registries(Fact[tuple[str, ...]]):
    """The registries that containerd has a file for, by their directories."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self) -> str:
        return f"ls {REGISTRIES} 2>/dev/null || :"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for (name,) in map(str.split, output))
