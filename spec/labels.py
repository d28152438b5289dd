"""Words by which others know something: accounts, images, projects, namespaces, labels."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import AfterValidator

from spec import reserved
from spec.names import LABEL, NAME, host_and_port, is_text

_IMAGE_PART = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_WORD = r"[A-Za-z0-9]([A-Za-z0-9_.-]{0,61}[A-Za-z0-9])?"


def _user(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9._-]{0,31}", value):
        raise ValueError(
            "not a user's name by POSIX: 32 letters, digits and . _ - at most, a letter first"
        )
    if value in reserved.ACCOUNTS or value.startswith("systemd-"):
        raise ValueError(
            "an account of the system's own, which nobody logs in to: write a person's"
        )
    return value


def _login(value: str) -> str:
    if value == "gitlab-runner":
        raise ValueError("the CI runner's account, whose jobs would become root: write a person's")
    return _user(value)


def _account(value: str) -> str:
    if value == "root":
        raise ValueError("root may do that already: leave it out")
    return _user(value)


# Tags that lead to another image with each release, or each day.
MOVING = (
    *("latest", "stable", "mainline", "edge", "nightly", "main", "master", "dev", "alpine"),
    *("stable-alpine", "mainline-alpine", "lts", "rolling", "testing", "unstable"),
)


def _image_name(value: str, example: str) -> str:
    first, slash, rest = value.partition("/")
    if "://" in value:
        raise ValueError(f"not an image such as {example}: leave the scheme out")
    if slash and first == "hub.docker.com":
        raise ValueError(
            "hub.docker.com is a page, and no registry: write docker.io, or leave it out"
        )
    if slash and (first == "localhost" or re.search(r"[.:A-Z]", first)):
        host_and_port(first)
    else:
        rest = value
    if len(value) > 255 or not re.fullmatch(rf"{_IMAGE_PART}(/{_IMAGE_PART})*", rest):
        raise ValueError(
            f"not an image such as {example}: parts of a-z and 0-9 with single . _ or - between"
            " them, 255 characters at most"
        )
    return value


def image(value: str) -> str:
    """An image's name as it was written. Raises ValueError for one that is none, or that moves."""
    example = "nginx:1.2.3"
    found = re.fullmatch(
        r"(.+?)(?::([A-Za-z0-9_][A-Za-z0-9_.-]{0,127}))?(@sha256:[0-9a-f]{64})?", value
    )
    if not found or not (found[2] or found[3]):
        raise ValueError(f"not an image with a tag or digest, such as {example}")
    _image_name(found[1], example)
    if found[2] in MOVING and not found[3]:
        raise ValueError(
            f"'{found[2]}' is no version: it changes by itself; write one, or a digest"
        )
    return value


def _image_prefix(value: str) -> str:
    if value.partition("/")[0] in ("k8s.gcr.io", "gcr.io"):
        raise ValueError(
            "a registry that Kubernetes has left in 2023: write its present one, or a mirror"
        )
    if re.search(r"[.:]", value) and "/" not in value:
        return host_and_port(value)
    return _image_name(value, "host:5000/mirror")


def _project_name(value: str) -> str:
    if len(value) > 255 or not re.fullmatch(r"[a-z0-9]+([._-][a-z0-9]+)*", value):
        raise ValueError("not a project's name: a-z and 0-9, with single . _ or - between them")
    if value == "library":
        raise ValueError("Harbor's own project, which everybody may pull from: write another name")
    return value


def _gitlab_project(value: str) -> str:
    parts = value.split("/")
    usual = all(re.fullmatch(r"[A-Za-z0-9_][A-Za-z0-9_.-]*", part) for part in parts)
    if len(parts) < 2 or len(value) > 255 or not usual:
        raise ValueError("not a project of GitLab's: write it as group/name, without its address")
    if any(part.endswith((".git", ".atom", ".", "-")) for part in parts):
        raise ValueError("ends in .git, .atom, '.' or '-', which GitLab refuses: leave that out")
    for name, taken in ((parts[0], reserved.GROUPS), *((one, reserved.PROJECTS) for one in parts)):
        if name.lower() in taken:
            raise ValueError(
                f"{name} is a page of GitLab's own: write the group and project that you have there"
            )
    return value


def _tag(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,254}", value):
        raise ValueError("not one tag: letters, digits and . _ - only, such as shop-deploy")
    return value


def _namespace(value: str) -> str:
    if not re.fullmatch(LABEL, value):
        raise ValueError(
            "not the name of a namespace: a-z, 0-9 and '-', no '-' at either end, 63 at most"
        )
    is_text(value)
    if value in reserved.NAMESPACES or value.startswith("kube-"):
        raise ValueError("a namespace of the cluster's own: write one for the application alone")
    return value


def _label(value: str) -> str:
    domain, slash, name = value.rpartition("/")
    usual = len(domain) <= 253 and re.fullmatch(NAME, domain)
    if not re.fullmatch(_WORD, name) or (slash and not usual):
        raise ValueError("not the name of a label, such as disk or example.org/disk")
    ours = any(domain == one or domain.endswith(f".{one}") for one in reserved.LABEL_DOMAINS)
    if ours and value not in reserved.OPEN_LABELS and domain not in reserved.OPEN_DOMAINS:
        raise ValueError(
            f"{value} is set by Kubernetes or its network: write a label of your own, such as"
            f" example.org/{name}"
        )
    return value


def _label_value(value: str) -> str:
    if value and not re.fullmatch(_WORD, value):
        raise ValueError(
            f"{value!r} is not a label's value: 63 letters, digits and . _ - at most, a letter or"
            " digit at both ends"
        )
    return value


def _check(value: str) -> str:
    if value.lower() == "all":
        raise ValueError("hides every mistake that kubeadm finds: name the checks one by one")
    if not re.fullmatch(r"[A-Za-z][A-Za-z0-9._-]*", value):
        raise ValueError("not a check of kubeadm's, such as NumCPU or Port-10250")
    return value


UserName = Annotated[str, AfterValidator(_login)]
AccountName = Annotated[str, AfterValidator(_account)]  # of somebody besides root
Image = Annotated[str, AfterValidator(image)]
ImagePrefix = Annotated[str, AfterValidator(_image_prefix)]
ProjectName = Annotated[str, AfterValidator(_project_name)]
GitlabProject = Annotated[str, AfterValidator(_gitlab_project)]
# What a label of GitLab's may be, without what a shell or a list of them would take apart.
Tag = Annotated[str, AfterValidator(_tag)]
NamespaceName = Annotated[str, AfterValidator(_namespace)]
LabelName = Annotated[str, AfterValidator(_label)]
LabelValue = Annotated[str, AfterValidator(_label_value)]
CheckName = Annotated[str, AfterValidator(_check)]  # of kubeadm's preflight
