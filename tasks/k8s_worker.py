"""D2-D4: the machines that run the application."""

from __future__ import annotations

from functools import partial

from pyinfra import host, inventory

from operations import control_plane, files, kubeadm, systemd
from spec import Platform
from spec.kubernetes import DATABASE_USER
from tasks.kubeadm import join_configuration, kubelet
from tasks.layer import layer


@layer("k8s_worker", "K8s worker")
def apply(platform: Platform) -> None:
    """A node of the cluster, with room for the database where that is kept."""
    join(platform)
    make_room(platform)


def join(platform: Platform) -> None:
    """D2: the runbook copies a command with a token that lives for a day; this one ends with it."""
    kubeadm.join(
        name="Join the cluster",
        node=platform.machine(host.name).hostname,
        control=inventory.get_host(platform.control.name),
        configuration=partial(join_configuration, platform),
        kubelet=kubelet(platform),
    )
    control_plane.kubelet(name="Configure kubelet", file=kubelet(platform))
    systemd.enable(name="Start kubelet", units=["kubelet.service"])


def make_room(platform: Platform) -> None:
    """D3: a volume of the database is a directory of one machine, for the database alone."""
    settings = platform.k8s_worker
    here = platform.machine(host.name).hostname == settings.app_database_worker
    if here:
        files.directory(
            name="Make room for the database",
            path=settings.app_database_path,
            mode="0700",
            owner=DATABASE_USER,
            group=DATABASE_USER,
        )
