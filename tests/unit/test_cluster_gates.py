"""Gates of the cluster, seen open and shut: their commands, with a kubectl that says either."""

from __future__ import annotations

import base64
import shutil
from pathlib import Path

import pytest

from spec import Platform
from spec.certificate import LEAST_DAYS
from tests.unit.certificates import certificate
from tests.unit.doubles import sh
from tests.unit.one_gate import answer, gate

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")

READY = "every node is Ready"
VERSION = "kubelet is v1.30.14 on every node"
ROOM = "no node is short of disk, memory or processes"
SECRETS = "Secrets are encrypted at rest"
TOKENS = "no token to join with is left"
DEPLOYS = "the pipeline may make Deployments in threebody-prod"
NO_SECRETS = "the pipeline may not read the Secrets of kube-system"
LAST = "certificates of the control plane last another 30 days"


@pytest.mark.parametrize(
    ("awaits", "condition"),
    [
        (READY, "condition=Ready"),
        (VERSION, "jsonpath={.status.nodeInfo.kubeletVersion}=v1.30.14"),
        ("the node vm-k8s is Ready", "condition=Ready"),
    ],
)
def test_a_condition_that_a_node_does_not_meet_shuts_a_gate_that_names_the_node(
    platform: Platform, tmp_path: Path, awaits: str, condition: str
) -> None:
    every = "" if awaits == "the node vm-k8s is Ready" else "node/vm-worker"
    asked = f'case "$*" in *" wait "*"node/vm-k8s"*"{every}"*) ;; *) exit 1;; esac;'
    asked += f' case "$*" in *"--for={condition}"*) '
    met = answer(platform, tmp_path, awaits, kubectl=f"{asked} exit 0;; *) exit 1;; esac")
    assert met.returncode == 0
    unmet = "echo error: condition not met for vm-k8s >&2; exit 1"
    done = answer(platform, tmp_path, awaits, kubectl=unmet)
    assert done.returncode != 0
    assert "vm-k8s" in done.stderr


@pytest.mark.parametrize(
    ("nodes", "opens", "said"),
    [
        ("vm-k8s Ready\nvm-worker Ready", True, ""),
        ("vm-k8s Ready\nvm-worker DiskPressure Ready", False, "vm-worker DiskPressure"),
        ("", False, ""),
    ],
)
def test_a_node_that_evicts_pods_shuts_a_gate(
    platform: Platform, tmp_path: Path, nodes: str, opens: bool, said: str
) -> None:
    done = answer(platform, tmp_path, ROOM, kubectl=f"printf '{nodes}'")
    assert (done.returncode == 0) is opens, done
    assert said in done.stdout


@pytest.mark.parametrize(
    ("kept", "opens"),
    [("k8s:enc:secretbox:v1:first:xyz", True), ("k8s\\000\\n\\014\\nplain", False), ("", False)],
)
def test_a_secret_that_etcd_keeps_in_plain_text_shuts_its_gate(
    platform: Platform, tmp_path: Path, kept: str, opens: bool
) -> None:
    done = answer(platform, tmp_path, SECRETS, etcd_get=f"printf '{kept}'")
    assert (done.returncode == 0) is opens


@pytest.mark.parametrize(
    ("etcd", "opens"),
    [
        ("true", True),
        ("echo /registry/secrets/kube-system/bootstrap-token-abcdef; echo", False),
        ("exit 1", False),
    ],
)
def test_a_token_that_is_left_shuts_its_gate_and_is_not_shown(
    platform: Platform, tmp_path: Path, etcd: str, opens: bool
) -> None:
    shown = 'case "$*" in *"/kube-system/bootstrap-token- --prefix --keys-only") '
    done = answer(platform, tmp_path, TOKENS, in_pod=f"{shown}{etcd};; *) echo value;; esac")
    assert (done.returncode == 0) is opens
    assert "value" not in done.stdout


@pytest.mark.parametrize(
    ("awaits", "asked", "opens_at"),
    [
        (DEPLOYS, "auth can-i create deployments.apps -n threebody-prod", "yes"),
        (NO_SECRETS, "auth can-i get secrets -n kube-system", "no"),
    ],
)
@pytest.mark.parametrize("said", ["yes", "no", "error: no route to host"])
def test_a_pipeline_that_may_too_little_or_too_much_shuts_a_gate(
    platform: Platform, tmp_path: Path, awaits: str, asked: str, opens_at: str, said: str
) -> None:
    answers = {"yes": "echo yes", "no": "echo no; exit 1"}
    script = answers.get(said, f"echo {said} >&2; exit 1")
    script = f'case "$*" in *"/.kube/ci "*"{asked}") {script};; *) exit 9;; esac'
    done = answer(platform, tmp_path, awaits, kubectl=script)
    assert (done.returncode == 0) is (said == opens_at)
    assert said in done.stdout + done.stderr


@pytest.mark.parametrize(("days", "opens"), [(LEAST_DAYS + 1, True), (LEAST_DAYS - 1, False)])
def test_a_certificate_of_the_control_plane_that_ends_soon_shuts_a_gate_and_is_named(
    platform: Platform, tmp_path: Path, days: int, opens: bool
) -> None:
    crt, _ = certificate(tmp_path, "x", days=days)
    pki = tmp_path / "kubernetes/pki"
    (pki / "etcd").mkdir(parents=True)
    for name in ("apiserver.crt", "etcd/server.crt"):
        shutil.copy(crt, pki / name)
    conf = base64.b64encode(crt.read_bytes()).decode()
    (pki.parent / "admin.conf").write_text(f"    client-certificate-data: {conf}\n")
    (pki / "ca.crt").write_text("lasts ten years, and is nobody's to renew here")
    done = sh(gate(platform, LAST, "vm-k8s").command.replace("/etc/kubernetes", str(pki.parent)))
    assert (done.returncode == 0) is opens, done
    short = ["apiserver.crt", "server.crt", "admin.conf"]
    assert [line.split()[0].rpartition("/")[2] for line in done.stdout.splitlines()] == (
        [] if opens else short
    )


def test_a_certificate_that_is_none_shuts_it_as_well(platform: Platform, tmp_path: Path) -> None:
    done = sh(gate(platform, LAST, "vm-k8s").command.replace("/etc/kubernetes", str(tmp_path)))
    assert done.returncode != 0
    assert "has 0 days left" in done.stdout
