"""Names of hosts, and addresses of the web that hold one."""

from __future__ import annotations

import re
from ipaddress import IPv4Address
from typing import Annotated
from urllib.parse import urlsplit

import yaml
from pydantic import AfterValidator

from spec.networks import special
from spec.reserved import CLUSTER_SUFFIXES, LOOPBACK_NAMES

# A label of DNS, and a name of such labels: Kubernetes takes the same.
LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
NAME = rf"{LABEL}(\.{LABEL})*"
_PATH = r"(/[A-Za-z0-9._~:@+,=%-]*)*"
_QUERY = r"(\?[A-Za-z0-9._~:@+,=%&/-]*)?"
EXAMPLE = "https://host/path"


def is_address(value: str) -> bool:
    """Whether a host is told by its address and not by a name."""
    try:
        IPv4Address(value)
    except ValueError:
        return False
    return True


def is_text(value: str) -> str:
    """The same name; raises ValueError where YAML, in which it stands, reads something else."""
    # Kubernetes' own reader takes more for a number, or for yes and no, than the one here.
    if not isinstance(yaml.safe_load(value), str) or re.fullmatch("[yn]|[0-9]+e[0-9]+", value):
        raise ValueError(
            "YAML reads no text in it, but a number, true, null or the like: add a word"
        )
    return value


def _host(value: str) -> str:
    """A host by its name or by its address."""
    if is_address(value):
        return value
    if len(value) > 253 or not re.fullmatch(NAME, value):
        raise ValueError(
            "not a host name by RFC 1123: labels of a-z, 0-9 and '-', 1 to 63 characters each,"
            " no '-' at either end"
        )
    if value.rpartition(".")[2].isdecimal():
        raise ValueError("ends in a number, as an address does, and is none: write a name")
    return value


def _hostname(value: str) -> str:
    if is_address(value):
        raise ValueError("an address, where a name is wanted: write one such as host.example.org")
    return is_text(_elsewhere(_host(value)))


def _elsewhere(value: str) -> str:
    """Not the name or the address by which every machine knows itself alone."""
    if value.partition(".")[0] in LOOPBACK_NAMES or value.endswith(".localhost"):
        raise ValueError("is what each machine calls itself: write a name that all know it by")
    if value.endswith(tuple(f".{suffix}" for suffix in CLUSTER_SUFFIXES)):
        raise ValueError("is a name of the cluster's own DNS: write one that machines know, too")
    kind = special(IPv4Address(value)) if is_address(value) else ""
    if kind:
        raise ValueError(f"{value} is {kind}: write an address that all reach it by")
    return value


def _reached(value: str) -> str:
    return _elsewhere(_host(value))


def host_and_port(value: str) -> str:
    """A host, with its port where it has one; raises ValueError where it is none."""
    host, colon, port = value.partition(":")
    if colon:
        _port(port)
    _host(host)
    return value


def _port(text: str) -> None:
    if not re.fullmatch("[1-9][0-9]{0,4}", text) or int(text) > 65535:
        raise ValueError("its port is none: 1 to 65535")


def _address(value: str, rest: str) -> str:
    """An address of http or https; `rest` is what may follow the host."""
    found = re.fullmatch(r"(https?)://([^/?#\s]+)(.*)", value, re.DOTALL)
    if not found:
        raise ValueError(f"not an address of http or https: write one such as {EXAMPLE}")
    scheme, host, path = found.groups()
    if "@" in host:
        raise ValueError("holds a user or a password, for all to read: leave it out")
    name, colon, port = host.lower().partition(":")
    if colon:
        _port(port)
    if is_address(_host(name)) and special(IPv4Address(name)) not in ("", "loopback"):
        raise ValueError(f"{name} is {special(IPv4Address(name))}: write where it is served")
    if not re.fullmatch(rest, path):
        raise ValueError(
            "holds what a shell, YAML or apt would take apart behind the host, or what does not"
            f" belong there: write one such as {EXAMPLE}, and %20 for a blank"
        )
    if value.endswith(("/", "?")):
        raise ValueError(f"ends in '{value[-1]}': leave it out, what follows brings its own")
    return f"{scheme}://{host.lower()}{path}"


def _url(value: str) -> str:
    address = _address(value, _PATH)
    parts = urlsplit(address)
    if parts.hostname == "github.com" and re.search("/(blob|tree)(/|$)", parts.path):
        raise ValueError("a page of GitHub's: write the raw address, or that of its releases")
    if found := re.search(
        r"/(v?\d+\.\d+\.\d+|[^/]*\.(ya?ml|deb\.sh|tgz|tar\.gz|asc))$", parts.path
    ):
        raise ValueError(f"ends in {found[0]}, and a run adds what follows: leave that out")
    return address


def _mirror(value: str) -> str:
    address = _url(value)
    name = urlsplit(address).hostname or ""
    if name == "docker.io" or name.endswith(".docker.io") or name == "hub.docker.com":
        raise ValueError("is Docker's registry itself, which is asked anyhow: leave it out")
    if address.endswith(("/v1", "/v2")):
        raise ValueError(f"ends in {address[-3:]}, which Docker adds: leave it out")
    return address


def _file_url(value: str) -> str:
    return _address(value, _PATH + _QUERY)


def _shared_url(value: str) -> str:
    address = _url(value)
    _elsewhere(urlsplit(address).hostname or "")
    if address.endswith("/api/v4"):
        raise ValueError("ends in /api/v4, which a run adds: leave it out")
    parts = urlsplit(address)
    if parts.hostname == "gitlab.com" and parts.path:
        raise ValueError("a page of GitLab's: leave out what follows gitlab.com (gitlab_project)")
    if (parts.hostname or "").startswith("altssh."):
        raise ValueError("is GitLab's SSH, gitlab_ssh_host: leave altssh. out")
    return address


def _repository(value: str) -> str:
    address = _url(value)
    if found := re.search(r"/(debian|ubuntu|v1\.\d+|v1\.\d+/deb)$", address):
        raise ValueError(f"ends in {found[0]}, which a run adds: leave it out")
    parts = urlsplit(address)
    if (parts.hostname, parts.path) == ("download.docker.com", ""):
        raise ValueError("ends before /linux, below which Docker's packages are")
    gone = ("apt.kubernetes.io", "packages.cloud.google.com")
    if parts.hostname in gone or (parts.hostname, parts.path) == ("pkgs.k8s.io", ""):
        raise ValueError("Kubernetes' packages are at pkgs.k8s.io now, below /core:/stable:")
    return address


def _served_name(value: str) -> str:
    """What containerd calls a registry; it has one name for Docker's own, and others lead there."""
    host_and_port(value)
    if value == "hub.docker.com" or value.endswith(".docker.io"):
        raise ValueError("is what containerd calls docker.io: write that")
    return value


def webhook(value: str) -> None:
    """Raise ValueError where a pod would post to nobody: on its own loopback it finds no one."""
    if not re.fullmatch(r"https?://[!-~]+", value) or "#" in value:
        raise ValueError("not an address of http or https that alerts are posted to")
    try:
        parts = urlsplit(value)
        _ = parts.port
    except ValueError:
        raise ValueError("its port or its host is none") from None
    _reached(parts.hostname or "")


def _named_host(value: str) -> str:
    _host(value)
    if is_address(value) and special(IPv4Address(value)) not in ("", "loopback"):
        raise ValueError(f"{value} is {special(IPv4Address(value))}: nobody is reached by it")
    return value


def _registry_url(value: str) -> str:
    # The port is in every image's name, and nothing else may stand behind it.
    if not re.fullmatch(r"https?://[^/:@?#\s]+:\d{1,5}", value, re.ASCII):
        raise ValueError("not a registry's address such as http://name:5000: its port, no path")
    host, _, port = value.partition("://")[2].partition(":")
    _port(port)
    _reached(host)
    return value


# Of a host: by name only; by name or address; the same, where it may be the machine itself.
Hostname = Annotated[str, AfterValidator(_hostname)]
Host = Annotated[str, AfterValidator(_reached)]
AnyHost = Annotated[str, AfterValidator(_named_host)]
# As containerd calls a registry: its host, and its port where an image's name has one.
RegistryName = Annotated[str, AfterValidator(_served_name)]
# To which a path is added; of a file, as it is; of what other machines are told as well.
Url = Annotated[str, AfterValidator(_url)]
MirrorUrl = Annotated[str, AfterValidator(_mirror)]
FileUrl = Annotated[str, AfterValidator(_file_url)]
SharedUrl = Annotated[str, AfterValidator(_shared_url)]
RegistryUrl = Annotated[str, AfterValidator(_registry_url)]
# Of packages, for each distribution or minor version.
RepositoryUrl = Annotated[str, AfterValidator(_repository)]
