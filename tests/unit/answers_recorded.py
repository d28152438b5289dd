"""What commands that were asked side by side have printed, and what a report asks besides."""

from __future__ import annotations

from typing import Any

from pyinfra.api.facts import FactBase

from facts import side_by_side
from facts.deployment import Deployment, Deployments
from facts.disks import Disk, Disks
from facts.gates import Answer, GateAnswers
from facts.gitlab_runner import RunnerListens
from facts.kept import Digests
from facts.updates import Update, Updates, UpdatesState

RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (RunnerListens, {}, "listens 127.0.0.1:9252\n", ("127.0.0.1:9252",)),
    (RunnerListens, {}, "listens \n", ("",)),
    (
        Digests,
        {"commands": {"one": "echo 1", "two": "false"}, "salt": "s"},
        f"one {'a' * 64}\n",
        {"one": "a" * 64},
    ),
    (
        GateAnswers,
        {"commands": ["true", "echo 'a b'; false"]},
        "0.ended 0\n0 \n1.ended 1\n1 one\n1 two\n10.ended 124\n",
        (Answer(True, ""), Answer(False, "one / two"), Answer(False, "")),
    ),
    (
        side_by_side.Answers,
        {"commands": ["true", "printf 'a  b\\n\\nc'; false", "echo 10.ended 0"]},
        "0.ended 0\n1 a  b\n1 \n1 c\n1.ended 1\n2 10.ended 0\n2.ended 0\n",
        (
            side_by_side.Answer(0, ()),
            side_by_side.Answer(1, ("a  b", "", "c")),
            side_by_side.Answer(0, ("10.ended 0",)),
        ),
    ),
    (
        Updates,
        {},
        "waits libc6 [2.41-12] (2.41-13 Debian-Security:13/stable-security [amd64]) []\n"
        "waits linux-image-6.12.9-amd64 (6.12.9-1 Debian:13.2/stable [amd64])\n"
        "boot 4721651f\npending asked for by dbus\npending older libraries in sshd\nstale yes\n",
        UpdatesState(
            (
                Update("libc6", "2.41-12", "2.41-13", True),
                Update("linux-image-6.12.9-amd64", "", "6.12.9-1", False),
            ),
            ("asked for by dbus", "older libraries in sshd"),
            "4721651f",
            True,
        ),
    ),
    (
        Disks,
        {},
        "/dev/mapper/a--c   101 20 79 21% /\n/dev/vda1 512 6 506 2% /boot/my efi\n",
        (Disk("/", 20, 79), Disk("/boot/my efi", 6, 506)),
    ),
    (
        Deployments,
        {"namespace": "threebody-prod"},
        "go|2|2|2026-11-28T09:12:44Z|harbor.local:8080/threebody/go:4f1c02ab\n"
        "laravel||1||harbor.local:8080/threebody/laravel:4f1c02ab nginx:1.28.0-alpine\n",
        (
            Deployment(
                "go", 2, 2, "2026-11-28T09:12:44Z", ("harbor.local:8080/threebody/go:4f1c02ab",)
            ),
            Deployment(
                *("laravel", 0, 1, ""),
                ("harbor.local:8080/threebody/laravel:4f1c02ab", "nginx:1.28.0-alpine"),
            ),
        ),
    ),
]
