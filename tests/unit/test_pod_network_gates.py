"""Gates of the pods' network, seen open and shut: asked in a pod, which says either."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from spec import Platform
from tests.unit.doubles import CHECKOUT
from tests.unit.one_gate import answer

PODS = "10.244.0.1 10.244.1.1"
REACH = "pods on one node reach those on the next"
POLICY = "a network policy is enforced"
PROBE_ASKS = CHECKOUT / "files/k8s_node/usr/local/sbin/probe-asks"


def on_node(
    platform: Platform,
    tmp_path: Path,
    awaits: str,
    runs: str = "probe",
    pods: str = PODS,
    own: str = "10.244.1.1",
    wget: str = "echo probe",
    nc: str = "grep -q '^GET / HTTP/1.0' && echo HTTP/1.1 301 Moved",
    nslookup: str = "echo Address: 10.96.0.1",
    api: str = "",
) -> subprocess.CompletedProcess[str]:
    """What a gate says where the container `runs` runs, and the API server knows `pods`."""
    crictl = (
        f'case "$*" in ps*"^{runs}"*) echo 0c1d;; exec*) shift 2; ADDRESS={own} exec "$@";; esac'
    )
    listed = json.dumps({"items": [{"status": {"podIP": pod}} for pod in pods.split()]})
    (tmp_path / "kubelet.conf").write_text("clusters:\n- cluster:\n    server: https://api:6443\n")
    asks = PROBE_ASKS.read_text()
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
        nc=nc,
        probe_asks=f'exec bash {tmp_path}/probe-asks "$@"',
    )


@pytest.mark.parametrize(
    ("awaits", "deaf", "output"),
    [
        ("pods find names", {"nslookup": "echo connection timed out; exit 1"}, "timed out"),
        (REACH, {"wget": "echo no route; exit 1"}, "no route"),
        ("pods reach vm-docker", {"nc": "echo no route; exit 1"}, "no route"),
    ],
)
def test_a_pod_that_gets_no_answer_shuts_a_gate_of_the_network(
    platform: Platform, tmp_path: Path, awaits: str, deaf: dict[str, str], output: str
) -> None:
    assert on_node(platform, tmp_path, awaits).returncode == 0
    done = on_node(platform, tmp_path, awaits, **deaf)
    assert done.returncode != 0
    assert output in done.stdout


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
