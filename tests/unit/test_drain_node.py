"""drain-node: it keeps budgets and its limit, and says which pod would not go."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, sh, tool

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/drain-node"
RETRY = (
    'error when evicting pods/"{0}" -n "shop" (will retry after 5s): Cannot evict pod as it would'
    " violate the pod's disruption budget."
)
BUDGET = "\n".join(
    [
        "node/vm-worker-2 cordoned",
        "evicting pod shop/go-1",
        RETRY.format("go-1"),
        RETRY.format("go-1"),
        'error: unable to drain node "vm-worker-2" due to error: [error when evicting pods/"go-1"'
        ' -n "shop": global timeout reached: 7s], continuing command...',
    ]
)
BARE = (
    'node/vm-worker-2 cordoned\nerror: unable to drain node "vm-worker-2" due to error: cannot'
    " delete cannot delete Pods that declare no controller (use --force to override): shop/probe,"
    " continuing command..."
)


def drain(folder: Path, output: str = "", status: int = 0, uncordons: int = 0) -> tuple[int, str]:
    """Run it beside a kubectl that says this; how it ends, and what it says."""
    (folder / "said").write_text(output)
    tool(
        folder / "bin",
        "kubectl",
        f'echo "$*" >>{folder}/trace\ncase $* in *uncordon*) exit {uncordons};; esac\n'
        f"cat {folder}/said; exit {status}",
    )
    text = SCRIPT.read_text().replace("/run/drain-node.lock", f"{folder}/lock")
    done = sh(f"bash -s -- vm-worker-2 2 <<'END'\n{text}END", tools=folder / "bin")
    assert done.stdout == ""
    return done.returncode, done.stderr


def trace(folder: Path) -> list[str]:
    admin = "--kubeconfig /etc/kubernetes/admin.conf "
    return [line.removeprefix(admin) for line in (folder / "trace").read_text().splitlines()]


def test_a_node_is_drained_within_the_limit_and_stays_out_of_service(tmp_path: Path) -> None:
    assert drain(tmp_path, "node/vm-worker-2 drained\n") == (0, "")
    options = "--ignore-daemonsets --delete-emptydir-data --timeout=2s"
    assert trace(tmp_path) == [f"drain vm-worker-2 {options}"]


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (BUDGET, "shop/go-1: Cannot evict pod as it would violate the pod's disruption budget."),
        (BARE, "Pods that declare no controller (use --force to override): shop/probe"),
        ("Unable to connect to the server: EOF", "Unable to connect to the server: EOF"),
    ],
    ids=["a budget", "a pod of nobody's", "no API server"],
)
def test_one_that_cannot_be_drained_takes_pods_again_and_the_pod_is_named(
    tmp_path: Path, output: str, why: str
) -> None:
    status, sentence = drain(tmp_path, output, status=1)
    assert status == 1
    (line,) = sentence.splitlines()
    assert line.startswith("vm-worker-2 was not drained within 2 s, and takes pods as before: ")
    assert why in line
    assert trace(tmp_path)[1:] == ["uncordon vm-worker-2"]


def test_an_api_server_that_is_started_anew_meanwhile_is_asked_again(tmp_path: Path) -> None:
    up, away = tmp_path / "up", "error: failed to download openapi: unknown"
    starts = f"[ -e {up} ] || {{ touch {up}; echo '{away}'; exit 1; }}"
    tool(tmp_path / "bin", "kubectl", f'echo "$*" >>{tmp_path}/trace\n{starts}')
    text = SCRIPT.read_text().replace("/run/drain-node.lock", f"{tmp_path}/lock")
    done = sh(f"bash -s -- vm-worker-2 9 <<'END'\n{text}END", tools=tmp_path / "bin")
    assert (done.returncode, done.stderr) == (0, "")
    assert [line.split()[0] for line in trace(tmp_path)] == ["drain", "drain"]


def test_one_that_stays_out_of_service_is_said_to(tmp_path: Path) -> None:
    status, sentence = drain(tmp_path, BUDGET, status=1, uncordons=1)
    assert status == 1
    assert "and takes no pods until kubectl uncordon vm-worker-2: shop/go-1" in sentence
