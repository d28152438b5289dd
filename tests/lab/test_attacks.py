"""What somebody tries who has the pipeline's kubeconfig, or a machine of the cluster's network."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from lab.machines import Machine
from spec import Platform
from tests.lab.cluster import FETCHED, NAMESPACE, kubectl, told, until
from tests.lab.deploying import await_shut

pytestmark = pytest.mark.usefixtures("converged")

STOLEN = "kubeconfig-ci"
# How a pod leaves its namespace for the node that it runs on.
WAYS: dict[str, dict[str, Any]] = {
    "a folder of the node": {
        "containers": [
            {
                "command": ["cat", "/node/etc/kubernetes/admin.conf"],
                "volumeMounts": [{"name": "node", "mountPath": "/node"}],
            }
        ],
        "volumes": [{"name": "node", "hostPath": {"path": "/"}}],
    },
    "the node's processes": {
        "hostPID": True,
        "containers": [
            {
                "command": ["nsenter", "-t", "1", "-m", "cat", "/etc/kubernetes/admin.conf"],
                "securityContext": {"privileged": True},
            }
        ],
    },
    "the node's network": {"hostNetwork": True, "containers": [{"command": ["ip", "address"]}]},
}


def attack(*words: str, stdin: str = "") -> subprocess.CompletedProcess[str]:
    """kubectl with what a thief of a variable of GitLab's has."""
    return kubectl("-n", NAMESPACE, *words, stdin=stdin, kubeconfig=STOLEN)


def job(platform: Platform, way: dict[str, Any]) -> dict[str, Any]:
    """A job on the control plane that does one thing in a container of `way`."""
    (container,) = way["containers"]
    image = platform.k8s_control.probe_image
    on_control = {"nodeName": "vm-k8s", "tolerations": [{"operator": "Exists"}]}
    pod = {
        **way,
        **on_control,
        "containers": [{"name": "main", "image": image, **container}],
        "restartPolicy": "Never",
    }
    return {
        "apiVersion": "batch/v1",
        "kind": "Job",
        "metadata": {"name": "attack", "namespace": NAMESPACE},
        "spec": {"backoffLimit": 0, "template": {"spec": pod}},
    }


@pytest.fixture
def nothing_left() -> Iterator[None]:
    yield
    told("-n", NAMESPACE, "delete", "job", "attack", "--ignore-not-found", "--wait=true")


def refusals() -> str:
    """Why no pod of the job came to be."""
    which = "involvedObject.name=attack,reason=FailedCreate"
    return told("-n", NAMESPACE, "get", "events", "--field-selector", which, "-o", "yaml")


@pytest.mark.usefixtures("nothing_left")
@pytest.mark.parametrize("way", WAYS)
def test_no_job_of_the_pipelines_reaches_the_node_that_it_runs_on(
    platform: Platform, way: str
) -> None:
    done = attack("apply", "-f", "-", stdin=json.dumps(job(platform, WAYS[way])))
    assert done.returncode == 0, done.stderr
    ended = "jsonpath={.status.succeeded}{.status.failed}"
    until(
        lambda: (
            bool(told("-n", NAMESPACE, "get", "job", "attack", "-o", ended))
            or "violates PodSecurity" in refusals()
        ),
        "the job has ended, or was refused its pod",
    )
    pods = told("-n", NAMESPACE, "get", "pods", "-l", "job-name=attack", "-o", "name")
    got = attack("logs", "job/attack").stdout if pods else ""
    assert got == ""
    assert pods == ""


def test_no_service_takes_the_address_of_another_machine() -> None:
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "attack", "namespace": NAMESPACE},
        "spec": {"externalIPs": ["192.168.56.42"], "ports": [{"port": 8080}]},
    }
    done = attack("apply", "-f", "-", stdin=json.dumps(service))
    told("-n", NAMESPACE, "delete", "service", "attack", "--ignore-not-found")
    assert done.returncode != 0
    assert "external IPs is denied" in done.stderr


ENFORCE = "pod-security.kubernetes.io/enforce"
OPEN = """
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: {name: open}
spec: {podSelector: {}, ingress: [{}], egress: [{}], policyTypes: [Ingress, Egress]}
"""


@pytest.mark.parametrize(
    "words",
    [
        ("delete", "networkpolicies", "--all"),
        ("delete", "resourcequotas", "--all"),
        ("label", "namespace", NAMESPACE, f"{ENFORCE}=privileged", "--overwrite"),
        ("delete", "namespace", NAMESPACE, "--wait=false"),
        ("apply", "-f", "-"),
        ("get", "secrets", "--all-namespaces"),
        ("get", "secrets", "--namespace", "kube-system"),
        ("get", "secrets", "--namespace", f"{NAMESPACE}-ci"),
        ("create", "token", "ci", "--namespace", f"{NAMESPACE}-ci"),
        ("create", "token", "default"),
    ],
    ids=" ".join,
)
def test_the_pipeline_neither_takes_its_fence_down_nor_looks_over_it(
    words: tuple[str, ...],
) -> None:
    # What is asked of the server only, so that an attack that succeeds takes nothing down.
    rehearsed = () if words[0] in ("get", "create") else ("--dry-run=server",)
    done = attack(*words, *rehearsed, stdin=OPEN if words[0] == "apply" else "")
    assert done.returncode != 0, done.stdout
    assert "forbidden" in done.stderr


def claims(token: str) -> dict[str, Any]:
    """What a token says of itself."""
    middle = token.split(".")[1]
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
    return found


def test_a_stolen_token_ends_and_makes_none_that_does_not() -> None:
    (user,) = yaml.safe_load((FETCHED / STOLEN).read_text())["users"]
    left = claims(user["user"]["token"])["exp"] - time.time()
    assert 0 < left <= 90 * 24 * 3600
    for account in ("ci", "default"):
        secret = {
            "apiVersion": "v1",
            "kind": "Secret",
            "type": "kubernetes.io/service-account-token",
            "metadata": {
                "name": "attack",
                "annotations": {"kubernetes.io/service-account.name": account},
            },
        }
        attack("apply", "-f", "-", stdin=json.dumps(secret))
        time.sleep(3)  # the controller fills it in, where it does
        made = attack("get", "secret", "attack", "-o", "jsonpath={.data.token}").stdout
        may = _what_it_may(base64.b64decode(made).decode()) if made else ""
        attack("delete", "secret", "attack", "--ignore-not-found")
        assert "secrets" not in may, f"a token of {account} without an end"


def _what_it_may(token: str) -> str:
    words = ("auth", "can-i", "--list", "-n", NAMESPACE, "--token", token)
    server = told("config", "view", "-o", "jsonpath={.clusters[0].cluster.server}")
    anybody = ("--kubeconfig", "/dev/null", "--server", server, "--insecure-skip-tls-verify")
    return kubectl(*words, *anybody).stdout


@pytest.fixture
def impostor(worker: Machine) -> Iterator[None]:
    """Somebody who answers in place of vm-worker's kubelet, with a certificate of his own."""
    worker.ssh(
        "sudo systemctl stop kubelet && openssl req -x509 -newkey rsa:2048 -nodes -days 1"
        " -subj /CN=vm-worker -addext subjectAltName=DNS:vm-worker,IP:192.168.56.44"
        " -keyout /tmp/impostor.key -out /tmp/impostor.crt 2>/dev/null &&"
        " sudo systemd-run --quiet --unit impostor openssl s_server -accept 10250 -www"
        " -cert /tmp/impostor.crt -key /tmp/impostor.key"
    )
    yield
    worker.ssh("sudo systemctl stop impostor; sudo systemctl start kubelet; rm /tmp/impostor.*")
    await_shut()


@pytest.mark.usefixtures("impostor")
def test_the_api_server_believes_nobody_who_answers_in_a_kubelets_place() -> None:
    on = ("--field-selector", "spec.nodeName=vm-worker")
    probe = ("-n", "threebody-probe")
    (pod,) = told(*probe, "get", "pods", *on, "-o", "jsonpath={.items[*].metadata.name}").split()
    done = kubectl(*probe, "logs", pod)
    assert done.returncode != 0, done.stdout
    assert "certificate signed by unknown authority" in done.stderr


def test_a_kubelet_gets_a_certificate_of_its_own_names_only(
    control: Machine, worker: Machine
) -> None:
    request = (
        "openssl req -new -newkey rsa:2048 -nodes -keyout /dev/null 2>/dev/null"
        " -subj /O=system:nodes/CN=system:node:vm-worker -addext"
        " subjectAltName=DNS:vm-worker,IP:192.168.56.44,IP:192.168.56.42"
    )
    wanted = {
        "apiVersion": "certificates.k8s.io/v1",
        "kind": "CertificateSigningRequest",
        "metadata": {"name": "attack"},
        "spec": {
            "request": base64.b64encode(worker.ssh(request).encode()).decode(),
            "signerName": "kubernetes.io/kubelet-serving",
            "usages": ["digital signature", "server auth"],
        },
    }
    by_kubelet = "kubectl --kubeconfig /etc/kubernetes/kubelet.conf create -f -"
    worker.ssh(f"echo {shlex.quote(json.dumps(wanted))} | sudo {by_kubelet}")
    control.ssh("sudo systemctl start approve-kubelets.service")
    conditions = told("get", "csr", "attack", "-o", "jsonpath={.status.conditions}")
    told("delete", "csr", "attack")
    assert conditions == ""
