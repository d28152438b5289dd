"""Put a backup back: the whole platform, or one part of it.

A deploy of its own: `FROM=backups/….tar KEY=~/key pyinfra inventory.py operate/restore.py` (`make
restore FROM=… KEY=…`), with `ONLY=mysql` for one part. The whole is `deploy.py`, with each part in
the place of what would begin empty, so that bare machines become the platform of that day. One
that was cut off is run again.
"""

from __future__ import annotations

import os
from functools import partial
from pathlib import Path

from pyinfra import host, inventory

from facts.asking import ask
from facts.kubernetes import Kubelet
from operations import etcd, harbor, harbor_images, restore
from operations.once import once
from spec import Refused
from tasks import (
    application,
    cluster,
    common,
    docker_host,
    k8s_control,
    k8s_node,
    k8s_worker,
    preflight,
)
from tasks.gate import wait_at

asked = {name: os.environ.get(name, "") for name in ("FROM", "KEY", "ONLY", "CONFIRM")}
for name in ("FROM", "KEY"):
    if not asked[name]:
        raise Refused(
            f"{name} is empty: write FROM=, with an archive that make backup has made, and KEY=,"
            " with the file of the private key.",
            (),
        )
key = Path(asked["KEY"]).expanduser()

platform = preflight.apply()
archive, confirmed = Path(asked["FROM"]), asked["CONFIRM"] == "1"
backup = once("backup", lambda: restore.fitting(platform, archive, key, asked["ONLY"], confirmed))
parts = restore.chosen(backup, asked["ONLY"])
whole = not asked["ONLY"]
workers = platform.members("k8s_worker")
bare = [it.hostname for it in workers if not ask(inventory.get_host(it.name), Kubelet).ca]


def put_back(part: str, what: str, machine: str) -> None:
    """A part of the backup on its machine, where it is wanted."""
    if host.name == machine and part in parts:
        restore.part(name=f"Put back {what}", platform=platform, found=backup, part=part, key=key)


if whole:
    common.apply(platform)
    wait_at("common", platform)

put_back("certificates", "certificates", platform.docker.name)
put_back("repository", "the application's repository", platform.docker.name)

if whole:
    docker_host.apply(platform)
    wait_at("docker_host", platform)

put_back("harbor", "Harbor", platform.docker.name)
if host.name == platform.docker.name and "harbor" in parts:
    harbor.start(
        name="Wait until Harbor is healthy",
        url=platform.docker_host.harbor_url,
        ca=platform.registry_ca,
    )
    harbor_images.verify(
        name="Compare Harbor's images with its database",
        url=platform.docker_host.harbor_url,
        ca=platform.registry_ca,
    )

if whole or "etcd" in parts:
    k8s_node.apply(platform)
    wait_at("k8s_node", platform)

if host.name == platform.control.name and "etcd" in parts:
    etcd.restore(
        name="Put back the cluster",
        platform=platform,
        content=partial(backup.content, "etcd", key),
    )

if whole or "etcd" in parts:
    k8s_control.apply(platform)
    wait_at("k8s_control", platform)
    if host.name == platform.control.name:
        restore.wait_until_missed(name="Wait until workers that are bare are missed", nodes=bare)
    k8s_worker.apply(platform)
    wait_at("k8s_worker", platform)
    cluster.apply(platform)
    wait_at("cluster", platform)

put_back("mysql", "the application's database", platform.k8s_worker.app_database_worker)

if whole:
    application.apply(platform)
    wait_at("application", platform)
