"""Gates of the cluster, seen open and shut: their commands, with a kubectl that says either."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from gates import gates
from spec import Platform
from tests.unit.doubles import HOUSE, sh, tool

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")

NODES = """vm-k8s v1.30.14 Ready=True
vm-worker v1.30.14 Ready=True"""
PODS = "10.244.0.1 10.244.1.1"
READY = "every node is Ready at v1.30.14"
ROOM = "no node is short of disk, memory or processes"
REACH = "pods on one node reach those on the next"
POLICY = "a network policy is enforced"
SECRETS = "Secrets are encrypted at rest"
TOKENS = "no token to join with is left"
PIPELINE = "the pipeline may deploy to threebody-prod, and to nowhere else"
SCRIPTS = HOUSE / "files/k8s_node/usr/local/sbin"


def kubectl(nodes: str = NODES) -> str:
    """A kubectl, and what its `get nodes` says."""
    return f"""cat <<'EOF'
{nodes}
EOF"""


def answer(
    platform: Platform,
    tmp_path: Path,
    awaits: str,
    machine: str = "vm-k8s",
    **tools: str,
) -> subprocess.CompletedProcess[str]:
    """What a gate says with these tools; `-` in a name is `_` here."""
    for name, script in tools.items():
        tool(tmp_path / "bin", name.replace("_", "-"), script)
    found = gates(platform, platform.machine(machine))
    (gate,) = [g for g in found if g.awaits == awaits]
    return sh(gate.command, tools=tmp_path / "bin")


@pytest.mark.parametrize(
    ("nodes", "opens", "said"),
    [
        (NODES, True, "vm-worker v1.30.14 Ready=True"),
        (
            NODES.replace("worker v1.30.14 Ready=True", "worker v1.30.14 Ready=Unknown"),
            False,
            "Unk",
        ),
        (NODES.replace("vm-worker v1.30.14", "vm-worker v1.30.1"), False, "vm-worker is not there"),
        (NODES.splitlines()[0], False, "vm-worker is not there"),
        ("", False, "vm-k8s is not there"),
    ],
)
def test_every_node_must_be_there_ready_and_of_the_version(
    platform: Platform, tmp_path: Path, nodes: str, opens: bool, said: str
) -> None:
    done = answer(platform, tmp_path, READY, kubectl=kubectl(nodes=nodes))
    assert (done.returncode == 0) is opens, done
    assert said in done.stdout + done.stderr


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
    done = answer(platform, tmp_path, ROOM, kubectl=kubectl(nodes=nodes))
    assert (done.returncode == 0) is opens, done
    assert said in done.stdout


def on_node(
    platform: Platform,
    tmp_path: Path,
    awaits: str,
    runs: str = "probe",
    pods: str = PODS,
    own: str = "10.244.1.1",
    wget: str = "echo HTTP/1.1",
    nslookup: str = "echo Address: 10.96.0.1",
    api: str = "",
) -> subprocess.CompletedProcess[str]:
    """What a gate says where the container `runs` runs, and the API server knows `pods`."""
    crictl = (
        f'case "$*" in ps*"^{runs}"*) echo 0c1d;; exec*) shift 2; ADDRESS={own} exec "$@";; esac'
    )
    listed = json.dumps({"items": [{"status": {"podIP": pod}} for pod in pods.split()]})
    (tmp_path / "kubelet.conf").write_text("clusters:\n- cluster:\n    server: https://api:6443\n")
    asks = (SCRIPTS / "probe-asks").read_text()
    (tmp_path / "probe-asks").write_text(asks.replace("/etc/kubernetes", f"{tmp_path}"))
    asked = "https://api:6443/api/v1/namespaces/threebody-probe/pods?"
    api = api or f"echo '{listed.replace(' ', '')}'"
    return answer(
        platform,
        tmp_path,
        awaits,
        machine="vm-worker",
        crictl=crictl,
        curl=f"""case "$*" in *"{asked}"*) {api};; *) exit 6;; esac""",
        nslookup=nslookup,
        wget=wget,
        in_pod=f'exec bash {SCRIPTS}/in-pod "$@"',
        probe_asks=f'exec bash {tmp_path}/probe-asks "$@"',
    )


@pytest.mark.parametrize(
    ("awaits", "deaf", "said"),
    [
        ("pods find names", {"nslookup": "echo connection timed out; exit 1"}, "timed out"),
        (REACH, {"wget": "echo no route; exit 1"}, "no route"),
        ("pods reach vm-docker", {"wget": "echo no route; exit 1"}, "no route"),
    ],
)
def test_a_pod_that_gets_no_answer_shuts_a_gate_of_the_network(
    platform: Platform, tmp_path: Path, awaits: str, deaf: dict[str, str], said: str
) -> None:
    assert on_node(platform, tmp_path, awaits).returncode == 0
    done = on_node(platform, tmp_path, awaits, **deaf)
    assert done.returncode != 0
    assert said in done.stdout


@pytest.mark.parametrize("awaits", ["pods find names", REACH, POLICY])
def test_a_node_without_a_pod_to_ask_shuts_it_as_well(
    platform: Platform, tmp_path: Path, awaits: str
) -> None:
    done = on_node(platform, tmp_path, awaits, runs="another", wget="exit 1")
    assert done.returncode != 0
    assert "no container probe of the namespace threebody-probe runs" in done.stderr


def test_an_api_server_that_does_not_answer_shuts_it_and_says_so(
    platform: Platform, tmp_path: Path
) -> None:
    done = on_node(platform, tmp_path, REACH, api="echo refused >&2; exit 7")
    assert done.returncode != 0
    assert "refused" in done.stderr


def test_a_pod_that_is_missing_elsewhere_shuts_it_too(platform: Platform, tmp_path: Path) -> None:
    done = on_node(platform, tmp_path, REACH, pods="10.244.1.1")
    assert done.returncode != 0
    assert "of 2 pods that answer, there are: 10.244.1.1" in done.stdout


@pytest.mark.parametrize(
    ("own", "next_"), [("10.244.1.1", "10.244.0.1"), ("10.244.0.1", "10.244.1.1")]
)
def test_each_pod_asks_the_one_on_the_next_node(
    platform: Platform, tmp_path: Path, own: str, next_: str
) -> None:
    done = on_node(platform, tmp_path, REACH, own=own, wget='echo "$*"')
    assert done.returncode == 0
    assert f"http://{next_}:7070/" in done.stdout


@pytest.mark.parametrize(("reached", "opens"), [("exit 0", False), ("exit 1", True)])
def test_a_port_that_a_policy_leaves_open_shuts_its_gate(
    platform: Platform, tmp_path: Path, reached: str, opens: bool
) -> None:
    assert (on_node(platform, tmp_path, POLICY, wget=reached).returncode == 0) is opens


@pytest.mark.parametrize(
    ("kept", "opens"),
    [("k8s:enc:secretbox:v1:first:xyz", True), ("k8s\\000\\n\\014\\nplain", False), ("", False)],
)
def test_a_secret_that_etcd_keeps_in_plain_text_shuts_its_gate(
    platform: Platform, tmp_path: Path, kept: str, opens: bool
) -> None:
    done = answer(platform, tmp_path, SECRETS, in_pod=f"printf '{kept}'")
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
    ("may", "opens"),
    [("true false", True), ("false false", False), ("true true", False), ("", False)],
)
def test_a_pipeline_that_may_too_little_or_too_much_shuts_its_gate(
    platform: Platform, tmp_path: Path, may: str, opens: bool
) -> None:
    said = "".join(f"may={word} " for word in may.split())
    script = f"""cat >{tmp_path}/asked; printf '{said}'"""
    done = answer(platform, tmp_path, PIPELINE, kubectl=script)
    assert (done.returncode == 0) is opens
    first, second = (item["spec"] for item in json.loads((tmp_path / "asked").read_text())["items"])
    assert first["resourceAttributes"]["namespace"] == "threebody-prod"
    assert first["resourceAttributes"]["resource"] == "deployments"
    assert second["resourceAttributes"] == {
        "namespace": "kube-system",
        "verb": "get",
        "resource": "secrets",
    }


@pytest.mark.parametrize(("status", "opens"), [("True", True), ("Unknown", False), ("", False)])
def test_a_control_plane_that_is_not_ready_shuts_its_gate(
    platform: Platform, tmp_path: Path, status: str, opens: bool
) -> None:
    node = '{"conditions":[{"type":"DiskPressure","status":"False"},'
    node += f'{{"type":"Ready","status":"{status}"}}]}}'
    curl = f"""printf '%s' '{node if status else ""}'"""
    done = answer(platform, tmp_path, "the node vm-k8s is Ready", curl=curl)
    assert (done.returncode == 0) is opens
