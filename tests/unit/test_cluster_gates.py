"""Gates of the cluster, seen open and shut: their commands, with a kubectl that says either."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from gates import gates
from spec import Platform
from tests.unit.doubles import sh, tool

pytestmark = pytest.mark.skipif(not shutil.which("openssl"), reason="no openssl here")

NODES = """vm-k8s Ready control-plane 5m v1.30.14
vm-worker Ready <none> 4m v1.30.14"""
PODS = """probe-a 10.244.0.1 vm-k8s
probe-b 10.244.1.1 vm-worker"""
READY = "every node is Ready at v1.30.14"
ROOM = "no node is short of disk, memory or processes"
REACH = "pods on one node reach those on the next"
POLICY = "a network policy is enforced"
SECRETS = "Secrets are encrypted at rest"
TOKENS = "no token to join with is left"
PIPELINE = "the pipeline may deploy to threebody-prod, and to nowhere else"


def kubectl(nodes: str = NODES, pods: str = PODS, executed: str = "exit 0", more: str = "") -> str:
    """A kubectl: what its `get` says, and how an `exec` ends ($asked: the address)."""
    return f"""
case "$*" in
  *"get nodes"*) cat <<'EOF'
{nodes}
EOF
  ;;
  *"get pods -l app=probe"*) cat <<'EOF'
{pods}
EOF
  ;;
  *" exec "*) asked=$(printf '%s' "$*" | sed -n 's/.*ip=\\([^ ]*\\).*/\\1/p'); {executed};;
  {more}
esac"""


def answer(
    platform: Platform, tmp_path: Path, awaits: str, script: str
) -> subprocess.CompletedProcess[str]:
    tool(tmp_path / "bin", "kubectl", script)
    (gate,) = [g for g in gates(platform, platform.control) if g.awaits == awaits]
    return sh(gate.command, tools=tmp_path / "bin")


@pytest.mark.parametrize(
    ("nodes", "opens", "said"),
    [
        (NODES, True, "vm-worker Ready"),
        (NODES.replace("vm-worker Ready", "vm-worker NotReady"), False, "NotReady"),
        (NODES.replace("4m v1.30.14", "4m v1.30.1"), False, "vm-worker is not there, not Ready"),
        (NODES.splitlines()[0], False, "vm-worker is not there"),
        ("", False, "vm-k8s is not there"),
    ],
)
def test_every_node_must_be_there_ready_and_of_the_version(
    platform: Platform, tmp_path: Path, nodes: str, opens: bool, said: str
) -> None:
    done = answer(platform, tmp_path, READY, kubectl(nodes=nodes))
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
    done = answer(platform, tmp_path, ROOM, kubectl(nodes=nodes))
    assert (done.returncode == 0) is opens, done
    assert said in done.stdout


@pytest.mark.parametrize("awaits", ["pods find names", REACH, "pods reach vm-docker"])
def test_one_pod_that_gets_no_answer_shuts_a_gate_of_the_network(
    platform: Platform, tmp_path: Path, awaits: str
) -> None:
    assert answer(platform, tmp_path, awaits, kubectl()).returncode == 0
    deaf = 'case "$*" in *probe-b*) echo "no route"; exit 1;; esac'
    done = answer(platform, tmp_path, awaits, kubectl(executed=deaf))
    assert done.returncode == 1
    assert "on vm-worker, asking vm-k8s: no route" in done.stdout


@pytest.mark.parametrize("awaits", ["pods find names", REACH, POLICY])
def test_a_node_without_a_pod_to_ask_shuts_it_as_well(
    platform: Platform, tmp_path: Path, awaits: str
) -> None:
    one = kubectl(pods=PODS.splitlines()[0])
    assert answer(platform, tmp_path, awaits, one).returncode != 0


def test_each_pod_asks_the_one_on_the_next_node(platform: Platform, tmp_path: Path) -> None:
    asked = tmp_path / "asked"
    log = f'echo "$asked" >>{asked}'
    assert answer(platform, tmp_path, REACH, kubectl(executed=log)).returncode == 0
    assert sorted(asked.read_text().split()) == ["10.244.0.1", "10.244.1.1"]


@pytest.mark.parametrize(
    ("kept", "opens"),
    [("k8s:enc:secretbox:v1:first:xyz", True), ("k8s\\000\\n\\014\\nplain", False), ("", False)],
)
def test_a_secret_that_etcd_keeps_in_plain_text_shuts_its_gate(
    platform: Platform, tmp_path: Path, kept: str, opens: bool
) -> None:
    done = answer(platform, tmp_path, SECRETS, kubectl(executed=f"printf '{kept}'"))
    assert (done.returncode == 0) is opens


@pytest.mark.parametrize(("left", "opens"), [("", True), ("bootstrap-token-abcdef x 7 1m", False)])
def test_a_token_that_is_left_shuts_its_gate_and_is_not_shown(
    platform: Platform, tmp_path: Path, left: str, opens: bool
) -> None:
    script = kubectl(more=f'*"get secrets"*) echo "{left}";;')
    done = answer(platform, tmp_path, TOKENS, script)
    assert (done.returncode == 0) is opens


@pytest.mark.parametrize(
    ("may", "opens"),
    [
        ('*"create deployments"*) exit 0;; *"get secrets"*) exit 1;;', True),
        ('*"create deployments"*) exit 1;; *"get secrets"*) exit 1;;', False),
        ('*"create deployments"*) exit 0;; *"get secrets"*) exit 0;;', False),
    ],
)
def test_a_pipeline_that_may_too_little_or_too_much_shuts_its_gate(
    platform: Platform, tmp_path: Path, may: str, opens: bool
) -> None:
    done = answer(platform, tmp_path, PIPELINE, kubectl(more=may))
    assert (done.returncode == 0) is opens
