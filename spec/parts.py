"""What a platform is made of: machines, the ports they let in, and those who may do something."""

from __future__ import annotations

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

from pydantic import SecretStr

SSH_PORT = 22
EXPORTER_PORT = 9100  # of what tells Prometheus how a machine is
JOURNALS_PORT = 30101  # a NodePort by which machines bring their journals, and nobody reads any
JOURNALS_TARGET = 3101  # where Alloy takes them
HARBOR_PROGRAMS = ("exporter", "core", "jobservice", "registry")  # that tell it of themselves


@dataclass(frozen=True)
class Machine:
    """One machine: its name, its address on the node network, the groups it is in."""

    name: str
    address: IPv4Address
    groups: tuple[str, ...]
    ssh_port: int = SSH_PORT
    ssh_hostname: str = ""  # where the operator reaches it
    mtu: int = 1500  # the smallest on its ways out, once it was asked
    card: str = ""  # by which it is among the nodes, once it was asked

    @property
    def hostname(self) -> str:
        """Its name without the connector that an inventory may put before it (@local/vm-k8s)."""
        return self.name.rpartition("/")[2]


@dataclass(frozen=True)
class OpenPort:
    """A port that a machine lets in; `published` ones are Docker's, past UFW's own chains."""

    port: int  # 0 of a protocol that has none
    sources: tuple[IPv4Network, ...]  # empty: from anywhere
    reason: str
    published: bool = False
    protocol: str = "tcp"


@dataclass(frozen=True)
class Robot:
    """An account of the registry for a machine: what it may do with images of the project."""

    name: str  # without what Harbor puts before it
    login: str  # with it
    actions: tuple[str, ...]
    secret: SecretStr


@dataclass(frozen=True)
class PipelineSecret:
    """A secret that the pipeline needs: as its variable is called, and as secrets.env calls it."""

    key: str
    name: str
    value: SecretStr
