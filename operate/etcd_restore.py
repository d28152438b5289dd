"""Put an archive of etcd back: the cluster is what it was on that day.

A deploy of its own: `FILE=backups/….tar.gz pyinfra inventory.py operate/etcd_restore.py` (`make
etcd-restore FILE=…`). The control plane may have lost its data, or have been reset: it is made a
node first where it is none. One that was cut off is run again.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from pyinfra import host, inventory

from facts.asking import ask
from facts.kubernetes import ControlPlane
from operations import etcd
from operations.once import once
from spec import Refused
from tasks import cluster, common, k8s_control, k8s_node, preflight
from tasks.gate import wait_at

file = os.environ.get("FILE", "")
if not file:
    raise Refused("FILE is empty; write FILE=, with an archive that etcd-backup has made.", ())

platform = preflight.apply()
once("archive", lambda: etcd.fitting(platform, Path(file)))

if not ask(inventory.get_host(platform.control.name), ControlPlane).parts:
    common.apply(platform)
    wait_at("common", platform)
    k8s_node.apply(platform)
    wait_at("k8s_node", platform)

if host.name == platform.control.name:
    etcd.restore(
        name="Put back etcd's data, and keys that are gone",
        platform=platform,
        content=partial(etcd.stored, Path(file)),
    )

k8s_control.apply(platform)
wait_at("k8s_control", platform)

cluster.apply(platform)
wait_at("cluster", platform)
