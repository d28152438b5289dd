"""node-reset: what makes a machine a node goes, all else stays; cut off, it is run again."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from facts.nodes import Remains
from tests.unit.doubles import CHECKOUT, sh, tool

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
SCRIPT = CHECKOUT / "files/k8s_node/usr/local/sbin/node-reset"
RULES = """*filter
:INPUT ACCEPT [0:0]
:DOCKER - [0:0]
:KUBE-FORWARD - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-user-input
-A FORWARD -m comment --comment "kubernetes forwarding rules" -j KUBE-FORWARD
-A FORWARD -m comment --comment "cali:S93hcgKJrXEqnTfs" -m mark --mark 0x10000 -j ACCEPT
-A KUBE-FORWARD -m mark --mark 0x4000 -j ACCEPT
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
COMMIT
"""
KEPT = """*filter
:INPUT ACCEPT [0:0]
:DOCKER - [0:0]
:ufw-user-input - [0:0]
-A INPUT -j ufw-user-input
-A ufw-user-input -p tcp --dport 22 -j ACCEPT
COMMIT
"""


class Node:
    """A machine that is a folder: a node, with doubles of the programs that make it one."""

    def __init__(self, root: Path) -> None:
        self.root, self.bin = root, root / "bin"
        for path in (
            *("etc/kubernetes/kubelet.conf", "etc/crictl.yaml", "etc/containerd/config.toml"),
            *("etc/cni/net.d/10-flannel.conflist", "var/lib/kubelet/config.yaml", "run/x"),
            *("usr/local/sbin/in-pod", "usr/local/sbin/mine", "opt/cni/bin/bridge", "var/log/x"),
            *("var/lib/containerd/images", "data/shop", "etc/docker/daemon.json"),
            *("var/lib/etcd/member/snap/db", "home/x"),
        ):
            (root / path).parent.mkdir(parents=True, exist_ok=True)
            (root / path).touch()
        tool(self.bin, "systemctl", ":")
        tool(self.bin, "kubeadm", f"[ ! -e {root}/kubeadm ]")
        tool(self.bin, "ip", '[ "$*" = "-o link" ] || exit 0; echo "4: cni0: <UP>"')
        tool(self.bin, "iptables-save", f"cat {root}/rules")
        tool(self.bin, "iptables-restore", f"cat >{root}/rules")
        tool(self.bin, "ip6tables-save", "exit 1")
        (root / "rules").write_text(RULES)

    def run(self) -> subprocess.CompletedProcess[str]:
        """The script, as a deploy runs it."""
        roots = r"(?<![\w/.}*])/(etc|home|opt|root|run|usr/local|var/lib|var/log)\b"
        return subprocess.run(
            ["bash", "-s"],
            input=re.sub(roots, rf"{self.root}/\1", SCRIPT.read_text()),
            env={**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "LC_ALL": "C"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def has(self, path: str) -> bool:
        return (self.root / path).exists()


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_what_makes_it_a_node_goes_and_all_else_stays(node: Node) -> None:
    done = node.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    gone = ("etc/kubernetes", "etc/crictl.yaml", "etc/containerd/config.toml", "etc/cni/net.d")
    gone_too = ("var/lib/etcd/member", "var/lib/kubelet", "usr/local/sbin/in-pod")
    assert not any(map(node.has, (*gone, *gone_too)))
    kept = ("usr/local/sbin/mine", "opt/cni/bin/bridge", "var/lib/containerd/images")
    assert all(map(node.has, (*kept, "data/shop", "etc/docker/daemon.json")))
    assert (node.root / "rules").read_text() == KEPT


def test_who_was_handed_a_way_into_this_cluster_loses_it_and_no_other(node: Node) -> None:
    ways = {"root": "c0ffee", "home/me": "c0ffee", "home/other": "another"}
    for path, authority in {f"{it}/.kube/config": name for it, name in ways.items()}.items():
        (node.root / path).parent.mkdir(parents=True)
        (node.root / path).write_text(f"    certificate-authority-data: {authority}\n")
        (node.root / path).with_name("cache").mkdir()
    (node.root / "home/me/.kube/ci").write_text("  certificate-authority-data: c0ffee}}]\n")
    (node.root / "etc/kubernetes/admin.conf").write_text("  certificate-authority-data: c0ffee\n")
    assert node.run().returncode == 0
    assert list((node.root / "root/.kube").iterdir()) == []
    assert list((node.root / "home/me/.kube").iterdir()) == []
    assert all(map(node.has, ("home/other/.kube/config", "home/other/.kube/cache")))


def test_the_address_that_moves_goes_and_somebody_elses_does_not(node: Node) -> None:
    hold, balance = (
        node.root / f"etc/{name}" for name in ("keepalived/keepalived.conf", "haproxy/haproxy.cfg")
    )
    for path in (hold, balance):
        path.parent.mkdir()
        path.write_text("vrrp_instance mine {\n")
    assert node.run().returncode == 0
    assert hold.exists()
    assert balance.exists()
    hold.write_text("vrrp_instance kubernetes {\n")
    assert node.run().returncode == 0
    assert not hold.exists()
    assert not balance.exists()


def test_one_that_cannot_end_leaves_half_a_node_that_says_so(node: Node) -> None:
    (node.root / "kubeadm").touch()
    done = node.run()
    assert done.returncode == 1
    assert done.stderr.startswith("kubeadm reset failed: ")
    assert node.has("etc/kubernetes/unfinished")
    assert node.has("var/lib/kubelet")
    (node.root / "kubeadm").unlink()
    assert node.run().returncode == 0
    assert not node.has("etc/kubernetes")


def test_a_machine_without_units_and_packages_is_reset_as_well(node: Node) -> None:
    tool(node.bin, "systemctl", '[ "$1" = daemon-reload ]')
    (node.bin / "kubeadm").unlink()
    done = node.run()
    assert done.returncode == 0, done.stderr
    assert not node.has("etc/kubernetes")


def test_what_is_left_is_named(node: Node) -> None:
    def left() -> tuple[str, ...]:
        moved = re.sub(r"(?<![\w/])/(etc|run|var/lib)\b", rf"{node.root}/\1", Remains().command())
        tool(node.bin, "pgrep", "exit 1")
        output = sh(moved, tools=node.bin)
        assert output.returncode == 0
        return Remains().process(output.stdout.splitlines())

    assert {f"{node.root}/etc/kubernetes", "cni0", ":KUBE-FORWARD"} <= set(left())
    node.run()
    tool(node.bin, "ip", "exit 0")
    assert left() == ()
