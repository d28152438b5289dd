"""Three control planes that run: who joins how, what gates see, who may leave, what is refused."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

import connection
from facts.cluster import ClusterState
from facts.kubernetes import ControlPlane, ControlPlaneState, Kubelet, KubeletState
from facts.nodes import Members, NodeState
from facts.probe.kernel import VIRTUAL as VIRTUAL_ASKED
from facts.upgrade import UpgradeState
from gates import gates
from operate.leaving import leaving
from operate.rotating import turn
from operate.upgradable import upgradable
from operations import etcd
from operations import kubeadm as subject
from operations.etcd_archive import Archive
from spec import Platform, Refused
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, commands, sh, stdin_of, texts, tool
from tests.unit.test_kubeadm import WHOLE, refusal
from tests.unit.test_kubeadm_join import KUBELET, control
from tests.unit.three import READY, VIRTUAL


def join(present: Any) -> list[Any]:
    return commands(
        subject.join,
        node="vm-k8s-2",
        control=present,
        configuration=lambda token, pin, key: f"{token} {pin} {key}",
        kubelet=KUBELET,
        controls=True,
    )


def test_a_control_plane_joins_with_a_key_that_is_in_no_command_line_and_gone_afterwards(
    on_host: OnHost,
) -> None:
    on_host()
    present = control()
    tells, deletes, creates, leaves, uploads, joins = join(present)
    assert leaves.get_raw_value() == "etcd-members --remove vm-k8s-2"
    assert {it.machine for it in (deletes, creates, leaves, uploads)} == {present}
    *_, key = stdin_of(joins).split()
    assert len(bytes.fromhex(key)) == 32
    assert stdin_of(uploads) == f"certificateKey: {key}\n"
    assert not any(key in it.get_raw_value() for it in (tells, uploads, joins))
    token, proxies, certificates = present.ran
    assert json.loads(stdin_of(creates))["metadata"]["name"] in token
    assert "--field-selector type=bootstrap.kubernetes.io/token" in proxies
    assert "kubeadm-certs" in certificates


def test_kubeadms_first_document_takes_the_key(tmp_path: Path, three: Platform) -> None:
    document = tmp_path / "kubeadm.yaml"
    document.write_text("# A comment.\napiVersion: v1\nkind: InitConfiguration\n---\nkind: Other\n")
    tool(tmp_path / "bin", "kubeadm", f"cat /dev/stdin >{tmp_path}/told")
    upload = subject.UPLOAD.replace("/etc/kubernetes/kubeadm.yaml", str(document))
    assert sh(upload, stdin="certificateKey: f00d\n", tools=tmp_path / "bin").returncode == 0
    first, _ = yaml.safe_load_all((tmp_path / "told").read_text())
    assert first == {
        "certificateKey": "f00d",
        "apiVersion": "v1",
        "kind": "InitConfiguration",
    }


@pytest.mark.parametrize(("plane", "whole"), [(WHOLE, True), (ControlPlaneState(), False)])
def test_one_that_lost_its_data_is_not_half_of_a_member(
    on_host: OnHost, plane: ControlPlaneState, whole: bool
) -> None:
    on_host({Kubelet: KubeletState(ca="c0ffee"), ControlPlane: plane})
    cluster = ClusterState(answers=True, nodes={"vm-k8s-2": {}})
    found = join(control(cluster=cluster))
    if whole:
        assert found == []
    else:
        assert "`make remove-node NODE=vm-k8s-2`" in refusal(found[0].get_raw_value())


MEMBERS = [
    {"ID": "11", "name": "vm-k8s", "clientURLs": ["https://10.0.0.1:2379"]},
    {"ID": "22", "name": "vm-k8s-2", "clientURLs": ["https://10.0.0.2:2379"]},
    {
        "ID": "33",
        "name": "vm-k8s-3",
        "clientURLs": ["https://10.0.0.3:2379"],
        "isLearner": True,
    },
]


def etcd_members(folder: Path, *words: str, members: Any = MEMBERS) -> str:
    """What the script prints where etcd has these members, of which the second is off."""
    (folder / "list").write_text(json.dumps({"members": members}, separators=(",", ":")))
    answer = json.dumps({"header": {"member_id": "11"}, "leader": "11"}, separators=(",", ":"))
    tool(
        folder,
        "curl",
        f"""case "$*" in
  */cluster/member/list) cat {folder}/list;;
  */cluster/member/remove) echo "$*" >>{folder}/removed;;
  *10.0.0.1:2379/v3/maintenance/status) echo '{answer}';;
  *) exit 7;; esac""",
    )
    done = subprocess.run(
        ["bash", CHECKOUT / "files/k8s_control/usr/local/sbin/etcd-members", *words],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_each_member_of_etcd_says_what_it_is(tmp_path: Path) -> None:
    assert etcd_members(tmp_path) == "vm-k8s leader\nvm-k8s-2 away\nvm-k8s-3 learner\n"


def test_a_member_is_removed_by_its_name_and_one_that_is_none_is_no_matter(tmp_path: Path) -> None:
    assert etcd_members(tmp_path, "--remove", "vm-k8s-2") == ""
    assert '{"ID": "22"}' in (tmp_path / "removed").read_text()
    assert etcd_members(tmp_path, "--remove", "vm-k8s-9") == ""
    assert len((tmp_path / "removed").read_text().splitlines()) == 1


WELL = "vm-k8s leader\nvm-k8s-2 follower\nvm-k8s-3 follower\n"


@pytest.mark.parametrize(
    ("output", "opens"),
    [
        (WELL, True),
        (WELL.replace("3 follower", "3 away"), False),
        (WELL.replace("3 follower", "3 learner"), False),
        (WELL.replace("leader", "follower"), False),
        (WELL.replace("2 follower", "2 leader"), False),
        (WELL.replace("vm-k8s-3 follower\n", ""), False),
        (WELL + "vm-k8s-4 follower\n", False),
        ("", False),
    ],
)
def test_the_gate_of_etcds_members_wants_exactly_these_all_well(
    three: Platform, tmp_path: Path, output: str, opens: bool
) -> None:
    awaits = "etcd has vm-k8s, vm-k8s-2, vm-k8s-3, and a leader"
    (gate,) = (it for it in gates(three, three.control) if it.awaits == awaits)
    tool(tmp_path, "etcd-members", f"printf '{output}'")
    assert (sh(gate.command, tools=tmp_path).returncode == 0) is opens


@pytest.mark.parametrize(
    ("here", "others", "opens"),
    [(True, 0, True), (True, 1, False), (False, 1, True), (False, 0, False)],
)
def test_the_gate_of_the_address_wants_exactly_one_holder(
    three: Platform, tmp_path: Path, here: bool, others: int, opens: bool
) -> None:
    (gate,) = (it for it in gates(three, three.control) if it.awaits.startswith("exactly one"))
    held = f'*"to {VIRTUAL}") echo held;;' if here else ""
    tool(tmp_path, "ip", f'case "$*" in {held} *.43) echo "2: ens3 inet";; esac')
    # With -D nobody else may answer.
    tool(
        tmp_path,
        "arping",
        f'[ "$1 $2" = "-I ens3" ] || exit 9; case "$*" in *" -D "*) exit {others};; esac;'
        f" exit {1 - others}",
    )
    assert (sh(gate.command, tools=tmp_path).returncode == 0) is opens


def test_one_of_three_may_leave_while_the_others_are_well(three: Platform) -> None:
    every = frozenset(it.name for it in three.machines)
    going = leaving(three, "vm-k8s", READY, gone=False, asked=every)
    assert going.without.control.name == "vm-k8s-2"
    ill = {**READY, "vm-k8s-3": NodeState(ready=False)}
    with pytest.raises(Refused, match=r"vm-k8s-3 is not Ready either, and without vm-k8s most of"):
        leaving(three, "vm-k8s", ill, gone=False, asked=every)


def test_a_member_that_is_none_any_more_is_not_removed_again(on_host: OnHost) -> None:
    on_host({Members: ("vm-k8s", "vm-k8s-2")})
    assert texts(etcd.remove_member, node="vm-k8s-2") == ["etcd-members --remove vm-k8s-2"]
    assert texts(etcd.remove_member, node="vm-k8s-3") == []


def test_nobody_dials_a_machine_that_is_said_to_be_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    machines: Any = [SimpleNamespace(name=name) for name in ("@ssh/vm-k8s", "vm-k8s-2")]
    monkeypatch.setenv("NODE", "vm-k8s")
    assert connection._without_gone(machines, None) is None
    monkeypatch.setenv("GONE", "1")
    assert connection._without_gone(machines, None) == [machines[1]]
    assert connection._without_gone(machines, machines[:1]) == []


def test_what_no_run_does_with_three_yet_is_refused_at_once(three: Platform) -> None:
    every = frozenset(it.name for it in three.machines)
    with pytest.raises(Refused, match="Three control planes are not upgraded by a run yet"):
        upgradable(three, READY, UpgradeState(), every)
    with pytest.raises(Refused, match="With three control planes this key is not turned over"):
        turn(three, "encryption", every)
    archive = Archive("vm-k8s", three.api, "1.36.3", "", three.encryption_key, "")
    reason = next(etcd.differences(three, archive))
    assert "`make reset` of vm-k8s-2 and vm-k8s-3, leave their lines out" in reason


@pytest.mark.parametrize(
    ("held", "known", "printed"),
    [("", "02:ff", "virtual 02:ff\n"), ("held", "02:ff", ""), ("", "", "")],
)
def test_a_machine_tells_whose_card_answers_for_an_address_that_it_has_not(
    tmp_path: Path, held: str, known: str, printed: str
) -> None:
    neighbour = f"echo 127.0.0.9 dev ens3 lladdr {known} REACHABLE" if known else ":"
    tool(
        tmp_path,
        "ip",
        f'case "$*" in "-o -4 addr"*) echo {held};; "neigh show"*) {neighbour};; esac',
    )
    assert sh(VIRTUAL_ASKED.format(address="127.0.0.9"), tools=tmp_path).stdout == printed
