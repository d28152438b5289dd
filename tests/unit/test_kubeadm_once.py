"""kubeadm-once: begins or joins once, undoes what was cut off, says why in one sentence."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, tool

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
SCRIPT = CHECKOUT / "files/k8s_node/usr/local/sbin/kubeadm-once"
# What kubeadm leaves behind, and what it says.
KUBEADM = """echo "kubeadm $*" >>{root}/trace
case $1 in
  reset) rm -f {root}/etc/kubernetes/*.conf;;
  init) [ -e {root}/etc/kubernetes/unfinished ] && touch {root}/etc/kubernetes/admin.conf;;
  join) cp "$3" {root}/joined; touch {root}/etc/kubernetes/kubelet.conf;;
esac
[ ! -s {root}/fails ] || {{ cat {root}/fails; exit 1; }}
echo 'Your Kubernetes control-plane has initialized successfully!'"""
PREFLIGHT = """[init] Using Kubernetes version: v1.30.1
error execution phase preflight: [preflight] Some fatal errors occurred:
\t[ERROR NumCPU]: the number of available CPUs 1 is less than the required 2
\t[ERROR Mem]: the system RAM (900 MB) is less than the minimum 1700 MB
[preflight] If you know what you are doing, you can make a check non-fatal
"""


class Node:
    """A machine that is a folder, with kubeadm as a double."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root, root / "bin"
        self.home = root / "etc/kubernetes"
        for folder in ("run", "var/log", "var/lib/cni", "var/lib/kubelet", "etc/cni/net.d"):
            (root / folder).mkdir(parents=True)
        tool(self.bin, "kubeadm", KUBEADM.format(root=root))
        for name in ("kubectl", "ip"):
            tool(self.bin, name, f'echo "{name} $*" >>{root}/trace')
        tool(self.bin, "ss", f"cat {root}/listening")
        (root / "listening").touch()
        moved = re.sub(
            r"(?<![\w/.}])/(etc/kubernetes|etc/cni|var/log|var/lib|run)\b",
            rf"{root}/\1",
            SCRIPT.read_text(),
        )
        self.script = self.bin / "kubeadm-once"
        self.script.write_text(moved)
        self.script.chmod(0o755)

    def run(self, *arguments: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [self.script, *arguments],
            env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "LC_ALL": "C"},
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def init(self) -> subprocess.CompletedProcess[str]:
        return self.run("init", f"{self.home}/kubeadm.yaml", "6443")

    def trace(self) -> list[str]:
        path = self.root / "trace"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line for line in lines if not line.startswith("ip ")]


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_a_cluster_is_begun_without_a_token_that_anybody_could_find(node: Node) -> None:
    done = node.init()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    begin, delete = node.trace()
    assert begin == f"kubeadm init --config {node.home}/kubeadm.yaml --skip-token-print"
    assert "delete secret --field-selector type=bootstrap.kubernetes.io/token" in delete
    assert not (node.home / "unfinished").exists()


def test_what_kubeadm_made_is_on_the_disk_before_nobody_would_undo_it(node: Node) -> None:
    tool(node.bin, "sync", '[ "$1" != --file-system ] || [ ! -e "$2/admin.conf" ] || exit 1')
    assert node.init().returncode == 1
    assert (node.home / "unfinished").exists()


def test_keys_of_another_cluster_that_somebody_has_left_are_not_shown_to_this_one(
    node: Node,
) -> None:
    pki = node.root / "var/lib/kubelet/pki"
    pki.mkdir()
    for name in ("kubelet-client-current.pem", "kubelet-server-2026-01-01.pem", "kubelet.crt"):
        (pki / name).touch()
    assert node.run("join", stdin="kind: x\n").returncode == 0
    assert [path.name for path in pki.iterdir()] == ["kubelet.crt"]
    (pki / "kubelet-client-current.pem").touch()
    assert node.run("join", stdin="kind: x\n").returncode == 0
    assert (pki / "kubelet-client-current.pem").exists()  # its own by now


def test_what_was_begun_to_its_end_is_left_alone(node: Node) -> None:
    node.init()
    node.trace()
    assert node.init().returncode == 0
    assert node.trace() == []


@pytest.mark.parametrize("verb", ["init", "join"])
def test_what_was_cut_off_is_undone_and_done_again(node: Node, verb: str) -> None:
    node.home.mkdir()
    (node.home / "unfinished").touch()
    (node.home / "admin.conf").touch()
    (node.home / "kubelet.conf").touch()
    (node.root / "etc/cni/net.d/10-other.conflist").touch()
    (node.root / "run/flannel").mkdir()
    (node.root / "run/flannel/subnet.env").touch()
    done = node.init() if verb == "init" else node.run("join", stdin="kind: x\n")
    assert done.returncode == 0, done.stderr
    first, second, *_ = node.trace()
    assert first == "kubeadm reset --force"
    assert second.startswith(f"kubeadm {verb} ")
    assert not (node.home / "unfinished").exists()
    assert list((node.root / "etc/cni/net.d").iterdir()) == []
    assert not (node.root / "run/flannel").exists()
    assert not (node.root / "var/lib/cni").exists()


def test_a_configuration_with_a_token_is_nobody_elses_and_gone_afterwards(node: Node) -> None:
    assert node.run("join", stdin="token: abc\n").returncode == 0
    assert (node.root / "joined").read_text() == "token: abc\n"
    (line,) = node.trace()
    path = line.split()[-1]
    assert path.startswith(f"{node.root}/run/kubeadm-once.")
    assert not Path(path).exists()
    assert [p.name for p in (node.root / "run").iterdir()] == ["kubeadm-once.lock"]
    for kept in (node.root / "var/log").iterdir():
        assert kept.stat().st_mode & 0o077 == 0
        assert "abc" not in kept.read_text()


def test_what_kubeadm_says_becomes_one_sentence(node: Node) -> None:
    (node.root / "fails").write_text(PREFLIGHT)
    done = node.init()
    assert done.returncode == 1
    (output,) = done.stderr.splitlines()
    assert output.startswith("kubeadm init failed: error execution phase preflight")
    assert "[ERROR Mem]: the system RAM (900 MB) is less than the minimum 1700 MB" in output
    assert f"see {node.root}/var/log/kubeadm.log" in output
    assert (node.home / "unfinished").exists(), "the next run begins anew"
    (node.root / "fails").unlink()
    assert node.init().returncode == 0


def test_an_api_port_that_something_else_holds_is_named(node: Node) -> None:
    (node.root / "listening").write_text(
        'LISTEN 0 128 0.0.0.0:6443 0.0.0.0:* users:(("perl",pid=77,fd=3))\n'
    )
    done = node.init()
    assert done.returncode == 1
    held = 'port 6443 (the Kubernetes API) is held by "perl",pid=77: stop that\n'
    assert done.stderr == held
    assert node.trace() == []
    assert not (node.home / "unfinished").exists()
