"""What machines have said of what is on them, and of what ends there."""

from __future__ import annotations

from typing import Any

from pyinfra.api.facts import FactBase

from facts.certificate import End, Ends
from facts.database import DataFolder, FolderState, Moving
from facts.docker import Projects
from facts.present import Present

RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Ends,
        {},
        "edge 396 2027-12-30 /opt/edge/certs/tls.crt\nkubeadm 0 - /a b",
        (End("edge", 396, "2027-12-30", "/opt/edge/certs/tls.crt"), End("kubeadm", 0, "-", "/a b")),
    ),
    (
        DataFolder,
        {"path": "/data/a b"},
        "entries 812\nsize 204\nfree 9000",
        FolderState(812, 204, 9000),
    ),
    (Moving, {}, "moving vm-worker vm-worker-2 false", ("vm-worker", "vm-worker-2")),
    (
        Projects,
        {"folders": ["/opt/edge", "/opt/a b"]},
        "project edge\nproject harbor",
        ("edge", "harbor"),
    ),
    (
        Present,
        {"paths": ["/opt/a b", "/opt/x-v*"]},
        "present /opt/x-v1\npresent /opt/x-v 2",
        ("/opt/x-v1", "/opt/x-v 2"),
    ),
]
