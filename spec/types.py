"""What a setting may be: types that parse a literal and say what they expected."""

from __future__ import annotations

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, StringConstraints

# kubeadm's configuration changes its format with the minor versions; these ones are known.
OLDEST_MINOR, NEWEST_MINOR = 28, 37


def _version(value: str) -> str:
    if not re.fullmatch(r"v?\d+(\.\d+){1,3}", value):
        raise ValueError("not a version such as 1.2.3")
    return value


def _fingerprint(value: str) -> str:
    bare = value.replace(" ", "").upper()
    if not re.fullmatch(r"[0-9A-F]{40}", bare):
        raise ValueError("not an OpenPGP fingerprint: 40 hexadecimal digits")
    return bare


def _host_key(value: str) -> str:
    if not re.fullmatch(
        r"(ssh-(ed25519|rsa)|ecdsa-sha2-nistp\d{3}) [A-Za-z0-9+/]{40,}={0,2}", value
    ):
        raise ValueError(
            "not an SSH host key such as 'ssh-ed25519 AAAA…', without a host or comment"
        )
    return value


def some(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """The same values; raises ValueError where there are none."""
    if not values:
        raise ValueError("empty; one at least is needed")
    return values


def _image(value: str) -> str:
    name = r"[a-z0-9]+([._/:-]+[a-z0-9]+)*"
    if not re.fullmatch(
        rf"{name}(:[\w][\w.-]*(@sha256:[0-9a-f]{{64}})?|@sha256:[0-9a-f]{{64}})", value
    ):
        raise ValueError("not an image with a tag or digest, such as nginx:1.2.3")
    if value.endswith(":latest"):
        raise ValueError("'latest' is no version: it changes by itself")
    return value


def _kubernetes(value: str) -> str:
    if not re.fullmatch(r"v?1\.\d+\.\d+", value):
        raise ValueError("not an exact version of Kubernetes such as 1.30.1")
    minor = int(value.split(".")[1])
    if not OLDEST_MINOR <= minor <= NEWEST_MINOR:
        raise ValueError(f"this deploy knows Kubernetes 1.{OLDEST_MINOR} to 1.{NEWEST_MINOR}")
    return value.removeprefix("v")


Version = Annotated[str, AfterValidator(_version)]
Fingerprint = Annotated[str, AfterValidator(_fingerprint)]
HostKeys = Annotated[tuple[Annotated[str, AfterValidator(_host_key)], ...], AfterValidator(some)]
Image = Annotated[str, AfterValidator(_image)]
Port = Annotated[int, Field(ge=1, le=65535)]
NodePort = Annotated[int, Field(ge=30000, le=32767)]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
ProjectName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$")]
GitlabProject = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9_.-]+(/[A-Za-z0-9_.-]+)+$")]
# What a label of GitLab's may be, without what a shell or a list of them would take apart.
Tag = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]*$")]
# Of a pipeline's variable, as GitLab takes it.
VariableName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z_][A-Za-z0-9_]{0,254}$")]
KubernetesVersion = Annotated[str, AfterValidator(_kubernetes)]
# A name that Kubernetes takes for a namespace.
NamespaceName = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$")]
# Of a label; a prefix with a slash before it is the name of somebody's domain.
LabelName = Annotated[
    str,
    StringConstraints(
        pattern=r"^([a-z0-9]([a-z0-9.-]*[a-z0-9])?/)?[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?$"
    ),
]
LabelValue = Annotated[
    str, StringConstraints(pattern=r"^([A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?)?$")
]
UserName = Annotated[str, StringConstraints(pattern=r"^[a-z_][a-z0-9_-]{0,31}$")]
