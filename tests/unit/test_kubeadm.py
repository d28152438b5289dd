"""The control plane and its workers: begun once, joined once, refused where work would be lost."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import pytest

from facts.cluster import Cluster, ClusterState
from facts.files import Paths, PathState
from facts.kubernetes import PARTS, ControlPlane, ControlPlaneState, Kubelet, KubeletState
from operations import kubeadm as subject
from operations.files import File
from operations.kubeadm import Token
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands, sh, stdin_of, texts

WHOLE = ControlPlaneState(parts=len(PARTS), data=True, version="1.30.1", ca="c0ffee", days_left=300)
CONFIG = File("/etc/kubernetes/kubeadm.yaml", "kind: x\n")
THERE = PathState("file", "0644", "root", "root", "another sum")


def refusal(command: str) -> str:
    done = sh(command)
    assert (done.returncode, done.stdout) == (1, "")
    return done.stderr


def test_a_bare_machine_begins_a_cluster(on_host: OnHost) -> None:
    on_host()
    (command,) = texts(subject.initialised, config="/etc/kubernetes/kubeadm.yaml", port=6443)
    assert command == f"{subject.ONCE} init /etc/kubernetes/kubeadm.yaml 6443"


@pytest.mark.parametrize(
    ("plane", "begins"),
    [
        (WHOLE, False),
        (ControlPlaneState(begun=True, parts=6, data=True), True),
        (ControlPlaneState(begun=True, parts=2), True),
    ],
)
def test_a_whole_control_plane_is_kept_and_half_of_one_is_not(
    on_host: OnHost, plane: ControlPlaneState, begins: bool
) -> None:
    on_host({ControlPlane: plane, Cluster: ClusterState(answers=True)})
    assert len(texts(subject.initialised, config="x", port=6443)) == begins


def test_an_api_that_does_not_answer_yet_is_waited_for(on_host: OnHost) -> None:
    on_host({ControlPlane: WHOLE})
    start, wait = texts(subject.initialised, config="x", port=6443)
    assert start == "systemctl start kubelet.service"
    assert "get --raw /readyz" in wait


def test_data_without_a_control_plane_is_nobodys_to_remove(on_host: OnHost) -> None:
    on_host({ControlPlane: ControlPlaneState(parts=5, data=True)}, "vm-k8s")
    (command,) = texts(subject.initialised, config="x", port=6443)
    said = refusal(command)
    assert "vm-k8s has the data of a cluster in /var/lib/etcd" in said
    assert "kubeadm reset" in said


def test_a_cluster_of_another_version_is_not_upgraded_by_the_way(on_host: OnHost) -> None:
    on_host({ControlPlane: WHOLE})
    (command,) = texts(subject.described, files=[CONFIG], version="1.30.2")
    assert "the cluster runs Kubernetes 1.30.1, and kubernetes_version is 1.30.2" in refusal(
        command
    )


def test_a_setting_that_counts_at_the_beginning_is_refused_later(on_host: OnHost) -> None:
    on_host({ControlPlane: WHOLE, Paths: {CONFIG.path: THERE}})
    (command,) = texts(subject.described, files=[CONFIG], version="1.30.1")
    assert f"made with another {CONFIG.path}" in refusal(command)


def test_one_that_others_may_read_is_their_own_again_and_no_other_cluster(on_host: OnHost) -> None:
    content = hashlib.sha256(CONFIG.content.encode()).hexdigest()
    readable = PathState("file", "0666", "root", "root", content)
    on_host({ControlPlane: WHOLE, Paths: {CONFIG.path: readable}})
    (command,) = texts(subject.described, files=[CONFIG], version="1.30.1")
    assert command == f"chmod 0644 {CONFIG.path} && chown root:root {CONFIG.path}"


@pytest.mark.parametrize("plane", [ControlPlaneState(), WHOLE])
def test_what_the_cluster_is_made_from_is_written_where_it_is_not(
    on_host: OnHost, plane: ControlPlaneState
) -> None:
    on_host({ControlPlane: plane})
    (command,) = commands(subject.described, files=[CONFIG], version="1.30.1")
    assert stdin_of(command) == CONFIG.content


@pytest.mark.parametrize(("days", "renews"), [(29, True), (30, False), (300, False)])
def test_certificates_that_end_soon_are_renewed(on_host: OnHost, days: int, renews: bool) -> None:
    plane = ControlPlaneState(parts=len(PARTS), data=True, days_left=days)
    on_host({ControlPlane: plane})
    told = texts(subject.renewed)
    assert bool(told) is renews
    if renews:
        renew, wait = told
        assert renew.startswith("kubeadm certs renew all")
        assert "get --raw /readyz" in wait


def test_a_token_is_new_each_time_and_ends_within_the_hour() -> None:
    one, other = Token.new(), Token.new()
    assert one != other
    assert [len(part) for part in str(one).split(".")] == [6, 16]
    told = json.loads(one.manifest(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    assert told["metadata"] == {"name": f"bootstrap-token-{one.id}", "namespace": "kube-system"}
    assert told["stringData"]["expiration"] == "2026-01-02T03:04:05Z"
    assert told["stringData"]["token-secret"] == one.secret


class Control(StubHost):
    """The control plane's machine, which remembers what was run on it besides."""

    ran: list[str]

    def run_shell_command(self, command: Any, **_: Any) -> SimpleNamespace:
        self.ran.append(command.get_raw_value())
        return SimpleNamespace()


def control(plane: ControlPlaneState = WHOLE, cluster: ClusterState | None = None) -> Control:
    made = Control("vm-k8s", (), {ControlPlane: plane, Cluster: cluster or ClusterState()})
    made.ran = []
    return made


def join(there: Control) -> list[Any]:
    return commands(
        subject.joined,
        node="vm-worker",
        control=there,
        configuration=lambda token, pin: f"{token} {pin}",
    )


def test_a_bare_machine_joins_with_a_token_of_its_own_that_is_gone_afterwards(
    on_host: OnHost,
) -> None:
    on_host()
    there = control()
    delete, create, joins = join(there)
    assert "delete node vm-worker --ignore-not-found" in delete.get_raw_value()
    assert (delete.there, create.there) == (there, there)
    told = json.loads(stdin_of(create))["stringData"]
    token = f"{told['token-id']}.{told['token-secret']}"
    assert joins.get_raw_value() == f"{subject.ONCE} join"
    assert stdin_of(joins) == f"{token} c0ffee"
    for command in (delete, create, joins):
        assert told["token-secret"] not in command.get_raw_value()
    (removed,) = there.ran
    assert f"delete secret bootstrap-token-{told['token-id']}" in removed


def test_the_token_is_removed_also_when_the_join_fails(on_host: OnHost) -> None:
    on_host()
    there = control()
    words: dict[str, Any] = {"node": "vm-worker", "control": there}
    steps = subject.joined._inner(**words, configuration=lambda token, pin: "")
    for _ in range(3):
        next(steps)
    assert there.ran == []
    steps.close()  # what pyinfra does with an operation whose command failed
    assert len(there.ran) == 1


@pytest.mark.parametrize("answers", [True, False])
def test_a_node_of_the_cluster_is_left_alone(on_host: OnHost, answers: bool) -> None:
    on_host({Kubelet: KubeletState(server="https://192.168.56.43:6443", ca="c0ffee")})
    nodes: dict[str, dict[str, str]] = {"vm-worker": {}} if answers else {}
    there = control(cluster=ClusterState(answers=answers, nodes=nodes))
    assert join(there) == []


@pytest.mark.parametrize("plane", [WHOLE, ControlPlaneState()])
def test_a_node_of_another_cluster_is_refused_and_that_one_named(
    on_host: OnHost, plane: ControlPlaneState
) -> None:
    on_host({Kubelet: KubeletState(server="https://10.9.8.7:6443", ca="deadbeef")})
    (command,) = join(control(plane))
    said = refusal(command.get_raw_value())
    assert "vm-worker belongs to another cluster, at https://10.9.8.7:6443" in said
    assert "kubeadm reset" in said


@pytest.mark.parametrize(
    ("kubelet", "steps"),
    [
        (KubeletState(begun=True), 3),
        (KubeletState(begun=True, server="https://10.9.8.7:6443", ca="deadbeef"), 3),
        (KubeletState(server="https://192.168.56.43:6443", ca="c0ffee"), 4),
    ],
)
def test_one_that_was_cut_off_or_taken_out_of_the_cluster_joins_anew(
    on_host: OnHost, kubelet: KubeletState, steps: int
) -> None:
    on_host({Kubelet: kubelet})
    told = join(control(cluster=ClusterState(answers=True)))
    assert len(told) == steps
    if steps == 4:
        assert told[0].get_raw_value() == "touch /etc/kubernetes/begun"
