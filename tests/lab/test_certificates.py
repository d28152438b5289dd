"""What ends one day is told, and what is due is renewed: by whoever has it, and nobody else."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec.certificate import CA, CA_KEY
from tests.lab.deploying import SETTINGS

pytestmark = pytest.mark.usefixtures("converged")

EDGE = "/opt/edge/certs/tls.crt"
PKI = {
    *("apiserver.crt", "apiserver-etcd-client.crt", "apiserver-kubelet-client.crt", "ca.crt"),
    *("etcd/ca.crt", "etcd/healthcheck-client.crt", "etcd/peer.crt", "etcd/server.crt"),
    *("front-proxy-ca.crt", "front-proxy-client.crt"),
}
WAYS = {"admin.conf", "controller-manager.conf", "scheduler.conf", "super-admin.conf"}
KUBELET = {f"/var/lib/kubelet/pki/kubelet-{what}-current.pem" for what in ("client", "server")}


def certificates(*arguments: str) -> tuple[int, list[dict[str, Any]], str]:
    """`make certificates`: how it ends, its rows, and what it says besides."""
    words = [sys.executable, "-m", "operate.certificates", "inventory.py", *SETTINGS, "--json"]
    done = subprocess.run(
        [*words, *arguments], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    return done.returncode, json.loads(done.stdout), done.stderr


def test_everything_that_ends_is_told() -> None:
    status, rows, output = certificates()
    assert (status, "Traceback" in output) == (0, False), output
    assert {(row["host"], row["path"]) for row in rows if row["host"] != "gitlab"} == {
        ("vm-docker", EDGE),
        ("vm-docker", CA),
        *(("vm-k8s", f"/etc/kubernetes/pki/{name}") for name in PKI),
        *(("vm-k8s", f"/etc/kubernetes/{name}") for name in WAYS),
        *((host, path) for host in ("vm-k8s", "vm-worker") for path in KUBELET),
        ("vm-worker", "/etc/kubernetes/pki/ca.crt"),
        ("vm-k8s", "/home/admin/.kube/ci"),
        ("here", "kubeconfig"),
        ("here", "kubeconfig-ci"),
    }
    days = {row["path"]: row["days"] for row in rows}
    assert 395 <= days[EDGE] <= 397
    assert 362 <= days["kubeconfig"] <= 366
    assert 60 <= days["kubeconfig-ci"] <= 90


def test_what_is_due_is_renewed_and_nothing_else_restarts(
    docker: Machine, control: Machine
) -> None:
    api = control.ssh("pgrep -o -f '^kube-apiserver '")
    key = EDGE.replace(".crt", ".key")
    docker.ssh(f"sudo make-certificate hit.local {EDGE} {key} 20 {CA} {CA_KEY} 2>/dev/null")
    status, rows, _ = certificates()
    assert status == 1
    assert {row["days"] for row in rows if row["path"] == EDGE} <= {19, 20}
    status, rows, output = certificates("--renew")
    assert (status, "failed" in output) == (0, False), output
    assert {row["days"] for row in rows if row["path"] == EDGE} <= {396, 397}
    shown = "openssl s_client -connect 127.0.0.1:443 -servername hit.local </dev/null 2>/dev/null"
    lasts = f"{shown} | openssl x509 -noout -checkend {300 * 86400}"
    assert "will not expire" in docker.ssh(lasts)
    assert control.ssh("pgrep -o -f '^kube-apiserver '") == api
