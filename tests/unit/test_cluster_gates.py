"""Gates of the cluster, seen open and shut: their commands, with a kubectl that says either."""

from __future__ import annotations

import base64
import json
import shlex
import shutil
from pathlib import Path

import pytest

import spec
from facts.kubernetes import API
from spec import Platform
from spec.inventory import HostData
from tests.unit.doubles import CHECKOUT, changed, sh, tool
from tests.unit.one_gate import answer

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")

CORDONED = "no node is cordoned"
HEARD = "every kubelet is heard of"
READY = "every node is Ready"
VERSION = "kubelet is v1.36.3 on every node"
ROOM = "no node is short of disk, memory or processes"
ONE_VERSION = "the pod network has one version on every node"
ITSELF = "the node vm-k8s is Ready"
SECRETS = "Secrets are encrypted at rest"
TOKENS = "no token to join with is left"
# As etcd's JSON has one: /registry/secrets/kube-system/bootstrap-token-abcdef
KEPT_TOKEN = (
    '{"kvs":[{"key":"L3JlZ2lzdHJ5L3NlY3JldHMva3ViZS1zeXN0ZW0vYm9vdHN0cmFwLXRva2VuLWFiY2RlZg=="}]}'
)
DEPLOYS = "the pipeline may make Deployments in threebody-prod"
NO_SECRETS = "the pipeline may not read the Secrets of kube-system"
LAST = "certificates of the control plane last another 30 days"


BOTH = "vm-k8s v1.36.3 Ready\\nvm-worker v1.36.3 Ready\\n"


@pytest.mark.parametrize("awaits", [CORDONED, HEARD, READY, VERSION, ROOM, ITSELF])
def test_nodes_that_are_as_they_should_be_open_every_gate(
    platform: Platform, tmp_path: Path, awaits: str
) -> None:
    assert answer(platform, tmp_path, awaits, nodes_show=f"printf '{BOTH}'").returncode == 0


@pytest.mark.parametrize(
    ("awaits", "node"),
    [
        (CORDONED, "vm-worker v1.36.3 Ready cordoned"),
        (HEARD, "vm-worker v1.36.3 silent"),
        (HEARD, "vm-worker v1.36.3 silent cordoned"),
        (READY, "vm-worker v1.36.3"),
        (READY, "vm-worker-2 v1.36.3 Ready"),
        (VERSION, "vm-worker v1.30.1 Ready"),
        (VERSION, "vm-worker v1.36.30 Ready"),
        (ROOM, "vm-worker v1.36.3 DiskPressure Ready"),
    ],
)
def test_a_node_that_is_not_shuts_a_gate_that_shows_it(
    platform: Platform, tmp_path: Path, awaits: str, node: str
) -> None:
    output = f"printf 'vm-k8s v1.36.3 Ready\\n{node}\\n'"
    done = answer(platform, tmp_path, awaits, nodes_show=output)
    assert done.returncode != 0
    assert node in done.stdout + done.stderr


@pytest.mark.parametrize("awaits", [CORDONED, READY, VERSION, ROOM, ITSELF])
@pytest.mark.parametrize("script", ["exit 7", "true"])
def test_no_answer_about_nodes_shuts_every_gate(
    platform: Platform, tmp_path: Path, awaits: str, script: str
) -> None:
    assert answer(platform, tmp_path, awaits, nodes_show=script).returncode != 0


@pytest.mark.parametrize(
    ("cni", "rows", "opens"),
    [
        ("calico", ["calico-node 3 3 2 2 2"], True),
        ("flannel", ["kube-flannel-ds 1 1 2 2 2", "kube-router 4 4 2 2 2"], True),
        ("calico", ["calico-node 3 3 2 1 2"], False),  # one node has the version of before
        ("calico", ["calico-node 3 3 2 2 1"], False),  # on one it cannot run
        ("calico", ["calico-node 3 3 2 <none> <none>"], False),
        ("calico", ["calico-node 4 3 2 2 2"], False),  # nobody has looked at it yet
        ("flannel", ["kube-flannel-ds 1 1 2 2 2", "kube-router 4 4 2 1 2"], False),
        ("flannel", ["kube-flannel-ds 1 1 2 2 2"], False),
        ("calico", [], False),
    ],
)
def test_a_pod_network_of_two_versions_shuts_its_gate(
    hosts: list[HostData], tmp_path: Path, cni: str, rows: list[str], opens: bool
) -> None:
    platform = spec.load(changed(hosts, "k8s_control", cni=cni))
    others = shlex.join(("kube-proxy 1 1 2 1 1", *rows))
    kubectl = f"""case "$*" in *"get daemonsets -A"*) printf '%s\\n' {others};; esac"""
    done = answer(platform, tmp_path, ONE_VERSION, kubectl=kubectl)
    assert (done.returncode == 0) is opens
    assert done.stderr.splitlines() == rows


def test_no_answer_about_the_pod_network_shuts_its_gate(platform: Platform, tmp_path: Path) -> None:
    assert answer(platform, tmp_path, ONE_VERSION, kubectl="exit 1").returncode != 0


def test_the_api_server_is_asked_with_the_administrators_own_certificate(tmp_path: Path) -> None:
    """kubeadm 1.36 lets the API server's certificate for kubelets read next to nothing."""
    pem = {kind: base64.b64encode(kind.encode()).decode() for kind in ("certificate", "key")}
    (tmp_path / "admin.conf").write_text(
        "".join(f"    client-{kind}-data: {text}\n" for kind, text in pem.items())
    )
    tool(
        tmp_path / "bin",
        "curl",
        'while [ $# -gt 0 ]; do case "$1" in --cert|--key) cat "$2"; echo; esac; shift; done',
    )
    done = sh(
        f"{API} https://server/api".replace("/etc/kubernetes", str(tmp_path)),
        tools=tmp_path / "bin",
    )
    assert done.stdout.split() == ["certificate", "key"]


def test_what_the_api_server_says_of_nodes_is_shown_a_line_each(tmp_path: Path) -> None:
    def node(name: str, held: dict[str, str], **spec: bool) -> dict[str, object]:
        return {
            "metadata": {"name": name, "managedFields": [{"fieldsV1": {"f:spec": {"name": "x"}}}]},
            "spec": spec,
            "status": {
                "conditions": [{"type": kind, "status": value} for kind, value in held.items()],
                "nodeInfo": {"kubeletVersion": "v1.36.3", "kubeProxyVersion": "v1.30.0"},
            },
        }

    nodes = [
        node("vm-k8s", {"DiskPressure": "False", "Ready": "True"}),
        node("vm-worker", {"DiskPressure": "True", "Ready": "Unknown"}, unschedulable=True),
    ]
    (tmp_path / "nodes").write_text(json.dumps({"kind": "NodeList", "items": nodes}, indent=2))
    (tmp_path / "admin.conf").write_text("    server: https://192.168.56.43:6443\n")
    asked = '*" https://192.168.56.43:6443/api/v1/nodes?pretty=true"'
    tool(tmp_path / "bin", "curl", f'case "$*" in {asked}) cat {tmp_path}/nodes;; esac')
    script = (CHECKOUT / "files/k8s_control/usr/local/sbin/nodes-show").read_text()
    script = script.replace("home=/etc/kubernetes", f"home={tmp_path}")
    done = sh(f"bash -c {shlex.quote(script)}", tools=tmp_path / "bin")
    assert done.stdout == "vm-k8s v1.36.3 Ready\nvm-worker v1.36.3 DiskPressure silent cordoned\n"


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
        ("echo '{}'", True),
        (f"echo '{KEPT_TOKEN}'", False),
        ("exit 1", False),
    ],
)
def test_a_token_that_is_left_shuts_its_gate_and_is_not_shown(
    platform: Platform, tmp_path: Path, etcd: str, opens: bool
) -> None:
    keys = """case "$*" in *'"keys_only": true}'*) """
    done = answer(platform, tmp_path, TOKENS, curl=f"{keys}{etcd};; *) echo value;; esac")
    assert (done.returncode == 0) is opens
    assert "value" not in done.stdout


@pytest.mark.parametrize(
    ("awaits", "asked", "opens_at"),
    [
        (DEPLOYS, "auth can-i create deployments.apps -n threebody-prod", "yes"),
        (NO_SECRETS, "auth can-i get secrets -n kube-system", "no"),
    ],
)
@pytest.mark.parametrize("output", ["yes", "no", "error: no route to host"])
def test_a_pipeline_that_may_too_little_or_too_much_shuts_a_gate(
    platform: Platform, tmp_path: Path, awaits: str, asked: str, opens_at: str, output: str
) -> None:
    answers = {"yes": "echo yes", "no": "echo no; exit 1"}
    script = answers.get(output, f"echo {output} >&2; exit 1")
    script = f'case "$*" in *"/.kube/ci "*"{asked}") {script};; *) exit 9;; esac'
    done = answer(platform, tmp_path, awaits, kubectl=script)
    assert (done.returncode == 0) is (output == opens_at)
    assert output in done.stdout + done.stderr
