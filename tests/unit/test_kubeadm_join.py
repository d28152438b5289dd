"""Workers: joined once, refused where work would be lost."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from facts.cluster import JOINS, Cluster, ClusterState
from facts.kubernetes import ControlPlane, ControlPlaneState, Kubelet, KubeletState
from operations import bootstrap_token
from operations import kubeadm as subject
from operations.bootstrap_token import Token
from operations.files import File
from tests.unit.conftest import OnHost
from tests.unit.doubles import StubHost, commands, stdin_of, texts
from tests.unit.test_kubeadm import WHOLE, refusal

KUBELET = File("/etc/kubernetes/kubelet.yaml", "kind: k\n")


def test_a_token_is_new_each_time_and_ends_within_the_hour() -> None:
    one, other = Token.new(), Token.new()
    assert one != other
    assert [len(part) for part in str(one).split(".")] == [6, 16]
    told = json.loads(one.manifest(datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)))
    assert told["metadata"] == {
        "name": f"bootstrap-token-{one.id}",
        "namespace": "kube-system",
        "labels": {JOINS: "token"},
    }
    assert told["stringData"]["expiration"] == "2026-01-02T03:04:05Z"
    assert told["stringData"]["token-secret"] == one.secret


class Control(StubHost):
    """The control plane's machine, which remembers what was run on it besides."""

    ran: list[str]

    def run_shell_command(self, command: Any, **how: Any) -> tuple[bool, Any]:
        assert how["_env"] == {"no_proxy": "vm-k8s"}, "no proxy between the machines"
        self.ran.append(command.get_raw_value())
        return True, None


def control(plane: ControlPlaneState = WHOLE, cluster: ClusterState | None = None) -> Control:
    made = Control("vm-k8s", (), {ControlPlane: plane, Cluster: cluster or ClusterState()})
    made.ran = []
    made.data = {"_env": {"no_proxy": "vm-k8s"}}
    return made


def join(present: Control) -> list[Any]:
    return commands(
        subject.join,
        node="vm-worker",
        control=present,
        configuration=lambda token, pin, key: f"{token} {pin}{key}",
        kubelet=KUBELET,
    )


def test_a_bare_machine_joins_with_a_token_of_its_own_that_is_gone_afterwards(
    on_host: OnHost,
) -> None:
    on_host()
    present = control()
    tells, delete, create, joins = join(present)
    assert stdin_of(tells) == KUBELET.content
    assert "delete node vm-worker --ignore-not-found" in delete.get_raw_value()
    assert (delete.machine, create.machine) == (present, present)
    told = json.loads(stdin_of(create))["stringData"]
    token = f"{told['token-id']}.{told['token-secret']}"
    assert joins.get_raw_value() == f"{subject.ONCE} join"
    assert stdin_of(joins) == f"{token} c0ffee"
    for command in (delete, create, joins):
        assert told["token-secret"] not in command.get_raw_value()
    (removed,) = present.ran
    assert f"delete secret bootstrap-token-{told['token-id']}" in removed


def test_the_token_is_removed_also_when_the_join_fails(on_host: OnHost) -> None:
    on_host()
    present = control()
    words: dict[str, Any] = {"node": "vm-worker", "control": present, "kubelet": KUBELET}
    steps = subject.join._inner(**words, configuration=lambda token, pin, key: "")
    for _ in range(4):
        next(steps)
    assert present.ran == []
    steps.close()  # what pyinfra does with an operation whose command failed
    assert len(present.ran) == 1


@pytest.mark.parametrize("answers", [True, False])
def test_a_node_of_the_cluster_is_left_alone(on_host: OnHost, answers: bool) -> None:
    on_host({Kubelet: KubeletState(server="https://192.168.56.43:6443", ca="c0ffee")})
    nodes: dict[str, dict[str, str]] = {"vm-worker": {}} if answers else {}
    present = control(cluster=ClusterState(answers=answers, nodes=nodes))
    assert join(present) == []


@pytest.mark.parametrize("plane", [WHOLE, ControlPlaneState()])
def test_a_node_of_another_cluster_is_refused_and_that_one_named(
    on_host: OnHost, plane: ControlPlaneState
) -> None:
    on_host({Kubelet: KubeletState(server="https://10.9.8.7:6443", ca="deadbeef")})
    (command,) = join(control(plane))
    output = refusal(command.get_raw_value())
    assert "vm-worker belongs to another cluster, at https://10.9.8.7:6443" in output
    assert "make reset NODE=" in output


@pytest.mark.parametrize(
    ("kubelet", "steps"),
    [
        (KubeletState(unfinished=True), 4),
        (KubeletState(unfinished=True, server="https://10.9.8.7:6443", ca="deadbeef"), 4),
        (KubeletState(server="https://192.168.56.43:6443", ca="c0ffee"), 5),
    ],
)
def test_one_that_was_cut_off_or_taken_out_of_the_cluster_joins_anew(
    on_host: OnHost, kubelet: KubeletState, steps: int
) -> None:
    on_host({Kubelet: kubelet})
    told = join(control(cluster=ClusterState(answers=True)))
    assert len(told) == steps
    if steps == 5:
        assert told[0].get_raw_value() == "touch /etc/kubernetes/unfinished"


def test_tokens_of_runs_that_were_cut_off_are_forgotten(on_host: OnHost) -> None:
    on_host({Cluster: ClusterState(answers=True)})
    assert commands(bootstrap_token.forget) == []
    on_host(
        {Cluster: ClusterState(answers=True, tokens=("bootstrap-token-a", "bootstrap-token-b"))}
    )
    (command,) = texts(bootstrap_token.forget)
    assert "delete secret bootstrap-token-a bootstrap-token-b --ignore-not-found" in command
