"""Paths of machines, where a shell, YAML and unit files read them; and of the operator's own."""

from __future__ import annotations

import posixpath
import re
from typing import Annotated

from pydantic import AfterValidator

from spec.application import is_address
from spec.secrets import CHECKOUT

# The distribution's or a program's, with everything below: what is put there is lost at a reboot,
# or is taken from whoever has it.
OWNED = (
    *(f"/{name}" for name in ("bin", "boot", "dev", "efi", "etc", "lib", "lib32", "lib64")),
    *(
        f"/{name}"
        for name in ("libx32", "lost+found", "proc", "root", "run", "sbin", "snap", "sys")
    ),
    *(f"/{name}" for name in ("tmp", "usr", "opt/cni", "opt/containerd", "opt/edge")),
    *("/opt/harbor", "/home/gitlab-runner"),
    *(f"/var/{name}" for name in ("backups", "cache", "crash", "local", "lock", "log", "mail")),
    *(f"/var/{name}" for name in ("run", "snap", "spool", "tmp")),
    *(f"/var/lib/{name}" for name in ("apt", "cloud", "dbus", "dpkg", "private", "systemd", "ufw")),
    *(f"/var/lib/{name}" for name in ("calico", "cni", "containerd", "containers", "etcd")),
    *(f"/var/lib/{name}" for name in ("gitlab-runner", "kube-proxy", "kubelet")),
    *(f"/var/lib/{name}" for name in ("NetworkManager", "chrony", "fail2ban", "fwupd", "grub")),
    *(f"/var/lib/{name}" for name in ("initramfs-tools", "lxc", "lxd", "nfs", "pam", "polkit-1")),
    *(f"/var/lib/{name}" for name in ("python", "shim-signed", "snapd", "sudo", "ucf", "usbutils")),
)
# Shared by many: a folder inside is anybody's.
SHARED = ("/", "/home", "/media", "/mnt", "/opt", "/srv", "/var", "/var/lib", "/var/opt")
# No files of a person's are there.
NOBODYS = (
    "/bin",
    "/boot",
    "/dev",
    "/efi",
    "/etc",
    "/lib",
    "/lib64",
    "/proc",
    "/sbin",
    "/sys",
    "/usr",
)
# What a boot, or a cleaner, empties.
EMPTIED = tuple(f"/{name}" for name in ("run", "dev/shm", "tmp", "var/tmp"))
_NAME = re.compile(r"[A-Za-z0-9._+@-]{1,255}")


def within(path: str, folder: str) -> bool:
    """Whether a path is a folder, or inside of it."""
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")


def _absolute(value: str) -> str:
    if not value.startswith("/"):
        raise ValueError("not an absolute path: write one such as /srv/shop, from / on")
    if ".." in value.split("/"):
        raise ValueError("not an absolute path without '..': write where it leads")
    if not value.isprintable():
        raise ValueError("holds a newline or another sign that nobody sees: write it without")
    return posixpath.normpath(f"/{value.lstrip('/')}")


def _machine_path(value: str) -> str:
    path = _absolute(value)
    for name in path.split("/")[1:]:
        if path != "/" and not _NAME.fullmatch(name):
            raise ValueError(
                "holds what a shell, YAML, a unit file or Compose would take apart, or a name of"
                " more than 255 characters: use letters, digits and . _ + @ - between the slashes"
            )
    inside = f"use a folder of its own inside, such as {path.rstrip('/')}/shop"
    if path in SHARED:
        raise ValueError(f"the system's own, which others share: {inside}")
    for folder in OWNED:
        if within(path, folder):
            raise ValueError(
                f"{folder} is the system's own, or another program's, with all that is in it: use"
                " a folder such as /srv/shop or /data/shop"
            )
    if re.match("/opt/harbor-", path):
        raise ValueError("/opt/harbor-… are Harbor's own, before an upgrade: use another folder")
    if re.fullmatch("/home/[^/]+", path):
        raise ValueError(f"somebody's home: {inside}")
    if re.match(r"/home/[^/]+/\.", path):
        raise ValueError(
            "what a program keeps for somebody (~/.ssh, ~/.kube, …): use another folder"
        )
    if "/lost+found" in path:
        raise ValueError("where the file system puts what it finds again: use a folder beside it")
    return path


def _operator_folder(value: str) -> str:
    if not value.strip():
        raise ValueError('empty: write "." for this checkout, or a folder')
    if not value.isprintable() or value != value.strip():
        raise ValueError("begins or ends with a blank, or holds a newline: write it without")
    if value.startswith(("~", "$")):
        raise ValueError("no shell reads this: write the folder out, such as /home/me/shop")
    path = posixpath.normpath(value)
    if "\\" in value:
        raise ValueError("holds a backslash: write / between folders")
    if re.match(r"[A-Za-z0-9_.@-]+:", value):
        raise ValueError("is on another computer, or in a cloud: write a folder of this one")
    if path in SHARED or any(within(path, folder) for folder in NOBODYS):
        raise ValueError('the system\'s own: write "." for this checkout, or a folder of yours')
    if ".git" in path.split("/"):
        raise ValueError("git's own: write a folder beside it")
    if (CHECKOUT / path).exists() and not (CHECKOUT / path).is_dir():
        raise ValueError("is a file: write a folder")
    return value


def _backup_folder(value: str) -> str:
    """A folder of the operator's that the next boot leaves alone."""
    path = posixpath.normpath(_operator_folder(value))
    if path in EMPTIED or within(path, "/run"):
        raise ValueError("emptied at each boot, or sooner: write a folder that lasts")
    return value


def _application_source(value: str) -> str:
    if not is_address(value):
        return _absolute(value)
    if re.fullmatch(r"[a-z]+://[^/]*/?", value):
        raise ValueError(
            "not a git address: its path is missing, as in https://host/group/shop.git"
        )
    if re.search(r"://[^/]*:[^/]*@", value) or re.search(r"\s", value):
        raise ValueError("not a git address: it may hold no password, and no space")
    if re.search(r"://(gl\w+-|gh\w+_|github_pat_)[^/]*@", value):
        raise ValueError("not a git address: it may hold no token, which all could read")
    if value.startswith("git://"):
        raise ValueError("git:// is read and changed by whoever is on the way: write https or ssh")
    page = r"https?://[^/]+(/[^/]+){2,}/(-|tree|blob|commits?)/.*(?<!\.git)"
    if re.fullmatch(page, value):
        raise ValueError("a page about a repository: write the address that `git clone` takes")
    if re.search(r"\.(tar(\.\w+)?|tgz|zip)$", value):
        raise ValueError("an archive far away: bring it here, and write its path")
    if not re.fullmatch(r"[A-Za-z0-9._][A-Za-z0-9._~:/@+%=,-]*", value):
        raise ValueError(
            "not a git address: a shell would take it apart; write one such as"
            " https://host/group/shop.git"
        )
    return value


MachinePath = Annotated[str, AfterValidator(_machine_path)]
OperatorPath = Annotated[str, AfterValidator(_absolute)]
OperatorFolder = Annotated[str, AfterValidator(_operator_folder)]
BackupFolder = Annotated[str, AfterValidator(_backup_folder)]
ApplicationSource = Annotated[str, AfterValidator(_application_source)]
