"""A cluster that runs and is told something new; kubelets that are known by their certificates."""

from __future__ import annotations

import base64
import hashlib
import shutil
import subprocess
from pathlib import Path

import pytest

from facts.files import Paths, PathState
from facts.kubernetes import (
    PARTS,
    ControlPlane,
    ControlPlaneState,
    Kubelet,
    KubeletState,
    Strangers,
)
from operations import control_plane as subject
from operations.files import File
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, commands, sh, stdin_of, texts, tool

WHOLE = ControlPlaneState(parts=len(PARTS), data=True)
CONFIG = File("/etc/kubernetes/kubeadm.yaml", "kind: x\n", check="kubeadm config validate {}")
OTHER = PathState("file", "0644", "root", "root", "another sum")
JOINED = KubeletState(server="https://192.168.56.43:6443", ca="c0ffee")


def test_a_change_takes_effect_before_it_counts_as_made(on_host: OnHost) -> None:
    on_host({ControlPlane: WHOLE, Paths: {CONFIG.path: OTHER}})
    write, phases, loaded, answers, moved = commands(subject.config, config=CONFIG)
    assert stdin_of(write) == CONFIG.content
    assert 'mv -fT "$new" kubeadm.yaml.new' in write.get_raw_value()
    told = phases.get_raw_value()
    assert "upload-config all --config /etc/kubernetes/kubeadm.yaml.new" in told
    assert "control-plane all --config /etc/kubernetes/kubeadm.yaml.new" in told
    assert "loaded" in loaded.get_raw_value()
    assert "/readyz" in answers.get_raw_value()
    assert moved.get_raw_value() == (
        "mv -fT /etc/kubernetes/kubeadm.yaml.new /etc/kubernetes/kubeadm.yaml"
    )


@pytest.mark.parametrize(
    ("plane", "found"),
    [
        (WHOLE, "same"),
        (WHOLE, "absent"),  # somebody made it by hand
        (ControlPlaneState(), "other"),
        (ControlPlaneState(unfinished=True, parts=len(PARTS), data=True), "other"),
    ],
)
def test_a_control_plane_that_is_as_it_should_be_or_none_is_left_alone(
    on_host: OnHost, plane: ControlPlaneState, found: str
) -> None:
    same = hashlib.sha256(CONFIG.content.encode()).hexdigest()
    states = {
        "same": PathState("file", "0644", "root", "root", same),
        "absent": PathState(),
        "other": OTHER,
    }
    on_host({ControlPlane: plane, Paths: {CONFIG.path: states[found]}})
    assert texts(subject.config, config=CONFIG) == []


MANIFEST = """spec:
  containers:
  - command:
    - {name}
    - --profiling=false
    - --bind-address=127.0.0.1
    image: x
"""


@pytest.mark.parametrize(("runs", "loaded"), [("false", True), ("true", False)])
def test_the_programs_must_run_with_what_their_manifests_say(
    tmp_path: Path, runs: str, loaded: bool
) -> None:
    names = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
    for number, name in enumerate(names):
        path = tmp_path / "manifests" / f"{name}.yaml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(MANIFEST.format(name=name))
        process = tmp_path / "proc" / f"{number}" / "cmdline"
        process.parent.mkdir(parents=True)
        words = (name, "--bind-address=127.0.0.1", f"--profiling={runs}")
        process.write_text("\0".join(words) + "\0")
    found = " ".join(f"*{name}*) echo {number};;" for number, name in enumerate(names))
    tool(tmp_path / "bin", "pgrep", f'case "$*" in {found} esac')
    shell = subject.LOADED.replace("/etc/kubernetes", f"{tmp_path}")
    shell = shell.replace("/proc/", f"{tmp_path}/proc/")
    assert (sh(f"{shell}\nloaded", tools=tmp_path / "bin").returncode == 0) is loaded


@pytest.mark.parametrize(
    ("node", "found", "steps"),
    [
        (JOINED, OTHER, ["kubeadm upgrade node phase kubelet-config", "kubelet.yaml"]),
        (JOINED, PathState(), ["kubeadm upgrade node phase kubelet-config", "kubelet.yaml"]),
        (KubeletState(), PathState(), ["kubelet.yaml"]),
        (KubeletState(unfinished=True, ca="c0ffee"), PathState(), ["kubelet.yaml"]),
    ],
)
def test_a_kubelet_is_told_anew_where_it_runs(
    on_host: OnHost, node: KubeletState, found: PathState, steps: list[str]
) -> None:
    file = File("/etc/kubernetes/kubelet.yaml", "kind: k\n")
    on_host({Kubelet: node, Paths: {file.path: found}})
    told = texts(subject.kubelet, file=file)
    assert len(told) == len(steps)
    assert all(word in command for word, command in zip(steps, told, strict=True))


def test_only_kubelets_that_answer_with_another_certificate_are_waited_for(
    on_host: OnHost,
) -> None:
    addresses = ["192.168.56.43:10250", "192.168.56.44:10250"]
    on_host()
    assert texts(subject.approve_kubelets, addresses=addresses) == []
    on_host({Strangers: ("192.168.56.44:10250",)})
    (command,) = texts(subject.approve_kubelets, addresses=addresses)
    assert "systemctl start approve-kubelets.service" in command


SUBJECT = "/O=system:nodes/CN=system:node:vm-worker"
NAMES = "DNS:vm-worker,IP:192.168.56.44"
USER = "system:node:vm-worker"


@pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")
@pytest.mark.parametrize(
    ("user", "subject_", "names", "conditions", "approved"),
    [
        (USER, SUBJECT, NAMES, "", True),
        (USER, SUBJECT, NAMES, "Approved", False),
        (USER, SUBJECT, NAMES, "Denied", False),
        (USER, SUBJECT, f"{NAMES},IP:192.168.56.42", "", False),
        (USER, SUBJECT, f"{NAMES},DNS:harbor.local", "", False),
        (USER, SUBJECT, "DNS:vm-worker,IP:192.168.56.43", "", False),
        (USER, SUBJECT, "DNS:vm-worker", "", False),
        (USER, SUBJECT.replace("vm-worker", "vm-k8s"), NAMES, "", False),
        (USER, f"{SUBJECT}/O=system:masters", NAMES, "", False),
        ("system:node:vm-k8s", SUBJECT, NAMES, "", False),
        ("system:node:stranger", SUBJECT.replace("vm-worker", "stranger"), NAMES, "", False),
        ("vm-worker", SUBJECT, NAMES, "", False),
        ("kubernetes-admin", SUBJECT, NAMES, "", False),
    ],
)
def test_a_kubelets_certificate_is_for_its_own_name_and_address(
    tmp_path: Path, user: str, subject_: str, names: str, conditions: str, approved: bool
) -> None:
    made = subprocess.run(
        ["openssl", "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
         "-keyout", "/dev/null", "-subj", subject_, "-addext", f"subjectAltName={names}"],
        capture_output=True,
        check=True,
    ).stdout  # fmt: skip
    nodes = tmp_path / "kubelets"
    nodes.write_text("# NAME ADDRESS\nvm-k8s 192.168.56.43\nvm-worker 192.168.56.44\n")
    script = (CHECKOUT / "files/k8s_control/usr/local/sbin/approve-kubelets").read_text()
    row = f"csr-1 {user} {base64.b64encode(made).decode()} {conditions}"
    tool(tmp_path / "bin", "kubectl", f'case "$1" in get) echo "{row}";; *) echo "$@";; esac')
    path = tmp_path / "approve-kubelets"
    path.write_text(script.replace("/etc/kubernetes/kubelets", f"{nodes}"))
    done = sh(f"bash {path}", tools=tmp_path / "bin")
    assert done.returncode == 0, done.stderr
    assert done.stdout == ("certificate approve csr-1\n" if approved else "")
    assert bool(done.stderr) == (not approved and not conditions)
