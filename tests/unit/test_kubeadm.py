"""The control plane: made once, refused where work would be lost."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import yaml

from facts.cluster import Cluster, ClusterState
from facts.files import Content, Paths, PathState
from facts.kubernetes import PARTS, ControlPlane, ControlPlaneState
from operations import kubeadm as subject
from operations.files import File
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, sh, stdin_of, texts

WHOLE = ControlPlaneState(parts=len(PARTS), data=True, version="1.30.1", ca="c0ffee", days_left=300)
THERE = PathState("file", "0644", "root", "root", "another sum")


def config(pods: str = "10.244.0.0/16", profiling: str = "false") -> File:
    """kubeadm's documents, in as many words as are looked at."""
    documents = [
        {"kind": "InitConfiguration", "nodeRegistration": {"name": "vm-k8s"}},
        {
            "kind": "ClusterConfiguration",
            "networking": {"podSubnet": pods},
            "scheduler": {"extraArgs": {"profiling": profiling}},
        },
    ]
    return File("/etc/kubernetes/kubeadm.yaml", yaml.safe_dump_all(documents))


CONFIG = config()
MADE_FROM: dict[str, Any] = {
    "encryption": File("/etc/kubernetes/encryption.yaml", "key: 1\n", mode="0600"),
    "turned": False,
    "config": CONFIG,
    "kubelet": File("/etc/kubernetes/kubelet.yaml", "kind: k\n"),
}


def as_it_is(file: File, mode: str = "") -> PathState:
    """How a machine has exactly this file."""
    content = hashlib.sha256(file.content.encode()).hexdigest()
    return PathState("file", mode or file.mode, "root", "root", content)


MADE = {MADE_FROM[name].path: as_it_is(MADE_FROM[name]) for name in ("encryption", "config")}


def refusal(command: str) -> str:
    done = sh(command)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_bare_machine_begins_a_cluster(on_host: OnHost) -> None:
    on_host()
    (command,) = texts(subject.init, config="/etc/kubernetes/kubeadm.yaml", port=6443)
    assert command == f"{subject.ONCE} init /etc/kubernetes/kubeadm.yaml 6443"


@pytest.mark.parametrize(
    ("plane", "begins"),
    [
        (WHOLE, False),
        (ControlPlaneState(unfinished=True, parts=6, data=True), True),
        (ControlPlaneState(unfinished=True, parts=2), True),
    ],
)
def test_a_whole_control_plane_is_kept_and_half_of_one_is_not(
    on_host: OnHost, plane: ControlPlaneState, begins: bool
) -> None:
    on_host({ControlPlane: plane, Cluster: ClusterState(answers=True)})
    assert len(texts(subject.init, config="x", port=6443)) == begins


def test_an_api_that_does_not_answer_yet_is_waited_for(on_host: OnHost) -> None:
    on_host({ControlPlane: WHOLE})
    start, wait = texts(subject.init, config="x", port=6443)
    assert start == "systemctl start kubelet.service"
    assert "get --raw /readyz" in wait


def test_data_without_a_control_plane_is_nobodys_to_remove(on_host: OnHost) -> None:
    on_host({ControlPlane: ControlPlaneState(parts=5, data=True)}, "vm-k8s")
    (command,) = texts(subject.init, config="x", port=6443)
    output = refusal(command)
    assert "vm-k8s has the data of a cluster in /var/lib/etcd" in output
    assert "make reset NODE=" in output


def test_a_control_plane_that_lost_its_data_is_no_new_cluster(on_host: OnHost) -> None:
    on_host({ControlPlane: ControlPlaneState(parts=len(PARTS))}, "vm-k8s")
    (command,) = texts(subject.init, config="x", port=6443)
    output = refusal(command)
    assert "vm-k8s has lost /var/lib/etcd" in output
    assert "make etcd-restore FILE=" in output


@pytest.mark.parametrize(
    ("path", "was", "word"),
    [
        (CONFIG.path, config(pods="10.99.0.0/16").content, "put the settings back"),
        (CONFIG.path, "somebody's own words", "put the settings back"),
        (MADE_FROM["encryption"].path, "", "put kubernetes_encryption_key back"),
    ],
)
def test_a_setting_that_counts_at_the_beginning_is_refused_later(
    on_host: OnHost, path: str, was: str, word: str
) -> None:
    on_host({ControlPlane: WHOLE, Paths: MADE | {path: THERE}, Content: was})
    (command,) = texts(subject.config, **MADE_FROM)
    output = refusal(command)
    assert f"made with another {path}" in output
    assert word in output


def test_a_key_that_is_turned_over_is_written_beside_the_old_one(on_host: OnHost) -> None:
    path = MADE_FROM["encryption"].path
    on_host({ControlPlane: WHOLE, Paths: MADE | {path: THERE}})
    (command,) = texts(subject.config, **{**MADE_FROM, "turned": True})
    assert path in command
    assert "exit 1" not in command


def test_what_may_change_of_one_that_runs_is_left_to_who_changes_it(on_host: OnHost) -> None:
    was = config(profiling="true").content
    on_host({ControlPlane: WHOLE, Paths: MADE | {CONFIG.path: THERE}, Content: was})
    assert texts(subject.config, **MADE_FROM) == []


def test_one_that_others_may_read_is_their_own_again_and_no_other_cluster(on_host: OnHost) -> None:
    readable = as_it_is(CONFIG, mode="0666")
    on_host({ControlPlane: WHOLE, Paths: MADE | {CONFIG.path: readable}})
    (command,) = texts(subject.config, **MADE_FROM)
    assert command == f"chmod 0644 {CONFIG.path} && chown root:root {CONFIG.path}"


@pytest.mark.parametrize(("plane", "files"), [(ControlPlaneState(), 3), (WHOLE, 2)])
def test_what_the_cluster_is_made_from_is_written_where_it_is_not(
    on_host: OnHost, plane: ControlPlaneState, files: int
) -> None:
    on_host({ControlPlane: plane})
    written = commands(subject.config, **MADE_FROM)
    names = ("encryption", "config", "kubelet")[:files]
    assert [stdin_of(one) for one in written] == [MADE_FROM[name].content for name in names]


@pytest.mark.parametrize(("days", "renews"), [(29, True), (30, False), (300, False)])
def test_certificates_that_end_soon_are_renewed(on_host: OnHost, days: int, renews: bool) -> None:
    plane = ControlPlaneState(parts=len(PARTS), data=True, days_left=days)
    on_host({ControlPlane: plane})
    told = texts(subject.renew_certificates)
    assert told == (["renew-certificates 30"] if renews else [])


def made_with(*names: str) -> str:
    cluster = f"kind: ClusterConfiguration\napiServer: {{certSANs: {list(names)}}}\n"
    return f"kind: InitConfiguration\n---\n{cluster}"


@pytest.mark.parametrize(
    ("wanted", "lasts"), [((), True), (("a",), True), (("a", "b"), True), (("a", "c"), False)]
)
def test_a_cluster_lasts_while_its_certificate_has_every_name_that_is_wanted(
    wanted: tuple[str, ...], lasts: bool
) -> None:
    assert subject._lasts(made_with(*wanted), made_with("a", "b")) is lasts
