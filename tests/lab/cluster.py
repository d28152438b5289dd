"""The cluster as its operator sees it: by kubectl and the kubeconfig that a run brings here."""

from __future__ import annotations

import json
import os
import subprocess
import time
import urllib.request
from collections.abc import Callable
from functools import cache
from pathlib import Path

from lab import CHECKOUT, MIRROR, USUAL, Lab

NAMESPACE = "threebody-prod"
FETCHED = Lab(os.environ.get("LAB") or USUAL).fetched
FACTS = CHECKOUT / ".lab/mirror.json"
# What the mirror has, and in which versions.
MIRRORED = json.loads(FACTS.read_text()) if FACTS.exists() else {}
KUBERNETES = str(MIRRORED.get("kubernetes_version", ""))  # of this lab, see KUBERNETES of `up`
VERSION = f"v{KUBERNETES}"
READY = {"vm-k8s": (True, VERSION), "vm-worker": (True, VERSION)}  # the whole of it
# The pod network of this lab: the real Calico where lab/real/ has it, else flannel.
CNI = str(MIRRORED.get("cni", "calico"))
OTHER_CNI = {"calico": "flannel", "flannel": "calico"}[CNI]
TUNNEL = {"calico": 4789, "flannel": 8472}[CNI]  # UDP
KINDS = "nodes,namespaces,configmaps,secrets,serviceaccounts,persistentvolumes,daemonsets"
# Seconds for what has no promise of its own: a busy machine may take its time, and a program that
# was refused asks again later and later (Alertmanager after 90 s).
PATIENCE = 300
UID = "{range .items[*]}{.kind} {.metadata.namespace}/{.metadata.name} {.metadata.uid}{'\\n'}{end}"


@cache
def _kubectl() -> Path:
    """kubectl as the mirror serves it: this machine need not have one."""
    path = CHECKOUT / f".lab/kubectl-{VERSION}"
    if not path.exists():
        url = f"http://{MIRROR}/dl.k8s.io/release/{VERSION}/bin/linux/amd64/kubectl"
        unfinished = path.with_suffix(".new")
        urllib.request.urlretrieve(url, unfinished)
        unfinished.chmod(0o755)
        unfinished.replace(path)
    return path


def kubectl(
    *words: str, stdin: str = "", kubeconfig: str = "kubeconfig"
) -> subprocess.CompletedProcess[str]:
    """`kubectl --kubeconfig kubeconfig …` beside the inventory, whatever it ends with."""
    return subprocess.run(
        [_kubectl(), "--kubeconfig", FETCHED / kubeconfig, "--request-timeout=20s", *words],
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def told(*words: str, stdin: str = "", kubeconfig: str = "kubeconfig") -> str:
    """What it prints; it must succeed."""
    done = kubectl(*words, stdin=stdin, kubeconfig=kubeconfig)
    assert done.returncode == 0, done.stderr
    return done.stdout


def ready() -> dict[str, tuple[bool, str]]:
    """Every node: whether it is Ready, and kubelet's version."""
    nodes = {}
    for node in json.loads(told("get", "nodes", "-o", "json"))["items"]:
        conditions = {row["type"]: row["status"] for row in node["status"]["conditions"]}
        version = node["status"]["nodeInfo"]["kubeletVersion"]
        nodes[node["metadata"]["name"]] = (conditions["Ready"] == "True", version)
    return nodes


def uids() -> set[str]:
    """What the cluster has that no controller makes anew by the minute, each by its own number."""
    return set(told("get", KINDS, "-A", "-o", f"jsonpath={UID}").splitlines())


def until(condition: Callable[[], bool], what: str, within: float = PATIENCE) -> float:
    """Seconds until something holds; fails where it does not within so many."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < within, f"not within {within:.0f} s: {what}"
        time.sleep(0.5)
    return time.monotonic() - began


def pod(name: str, image: str, extra: str = "") -> str:
    """A manifest of a pod on vm-worker; `more` is of its container."""
    return f"""
apiVersion: v1
kind: Pod
metadata: {{name: {name}, namespace: {NAMESPACE}, labels: {{app: {name}}}}}
spec:
  nodeName: vm-worker
  restartPolicy: Never
  terminationGracePeriodSeconds: 0
  containers:
    - {{name: main, image: "{image}", imagePullPolicy: Always, {extra}}}
"""


def phase(name: str) -> str:
    """What a pod of the application's namespace is doing."""
    return told("-n", NAMESPACE, "get", "pod", name, "-o", "jsonpath={.status.phase}")
