"""The CIS Kubernetes Benchmark, `make cis`: nothing fails, and what somebody loosens is seen."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from tests.lab.deploying import SETTINGS

pytestmark = pytest.mark.usefixtures("converged")

# Each with its reason in docs/security.md.
CONTROL = {"1.1.12", "1.2.1", "1.2.9", "1.2.11", "4.1.1", "4.2.15"}
WORKER = {"4.1.1", "4.2.15"}
# Whoever reads what he should not, and what shows where it is done.
LOOSENED = {
    "1.1.13, 1.1.14": (
        "chmod 0644 /etc/kubernetes/admin.conf",
        "chmod 0600 /etc/kubernetes/admin.conf",
    ),
    "1.1.21": (
        "chmod 0640 /etc/kubernetes/pki/sa.key",
        "chmod 0600 /etc/kubernetes/pki/sa.key",
    ),
    "4.2.14": (
        "sed -i.kept 's/^seccompDefault: true/seccompDefault: false/' /var/lib/kubelet/config.yaml",
        "mv /var/lib/kubelet/config.yaml.kept /var/lib/kubelet/config.yaml",
    ),
    "5.1.1": (
        "kubectl --kubeconfig /etc/kubernetes/admin.conf create clusterrolebinding evil"
        " --clusterrole cluster-admin --user evil",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf delete clusterrolebinding evil",
    ),
    "5.1.4": (
        "kubectl --kubeconfig /etc/kubernetes/admin.conf create clusterrole evil --verb create"
        " --resource pods && kubectl --kubeconfig /etc/kubernetes/admin.conf create"
        " clusterrolebinding everybody --clusterrole evil --group system:authenticated",
        "kubectl --kubeconfig /etc/kubernetes/admin.conf delete clusterrolebinding/everybody"
        " clusterrole/evil",
    ),
}


def _numbers(verdict: str) -> dict[str, set[str]]:
    """The lines that went so, by machine."""
    words = (sys.executable, "-m", "operate.cis", "inventory.py", *SETTINGS, "--json")
    done = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found: dict[str, set[str]] = {"vm-k8s": set(), "vm-worker": set()}
    for row in json.loads(done.stdout):
        if row["verdict"] == verdict:
            found[row["host"]].add(row["number"])
    assert done.returncode == int(verdict == "failed" and any(found.values()))
    return found


def test_nothing_fails_and_what_is_accepted_is_known() -> None:
    assert _numbers("accepted") == {"vm-k8s": CONTROL, "vm-worker": WORKER}


def test_what_somebody_loosens_is_seen(control: Machine) -> None:
    try:
        for loosen, _ in LOOSENED.values():
            control.ssh(f"sudo sh -c {json.dumps(loosen)}")
        assert _numbers("failed") == {"vm-k8s": set(LOOSENED), "vm-worker": set()}
    finally:
        for _, tighten in LOOSENED.values():
            control.ssh(f"sudo sh -c {json.dumps(tighten)}", check=False)
    assert _numbers("failed") == {"vm-k8s": set(), "vm-worker": set()}
