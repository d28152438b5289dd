"""A cluster that stands: who gets in, what it pulls, which doors are open, who may join."""

from __future__ import annotations

import json
import stat

import pytest

from lab import CHECKOUT, cgroups
from lab.machines import Machine
from lab.shell import run
from spec import Platform
from tests.lab import registry
from tests.lab.cluster import (
    CNI,
    FACTS,
    FETCHED,
    KUBERNETES,
    NAMESPACE,
    OTHER_CNI,
    READY,
    kubectl,
    phase,
    pod,
    ready,
    told,
    until,
)
from tests.lab.deploying import await_shut, converge, deploy, limited_to, planned, steps

pytestmark = pytest.mark.usefixtures("converged")


def test_the_operator_sees_every_node_ready() -> None:
    assert ready() == READY


@pytest.mark.parametrize("name", ["kubeconfig", "kubeconfig-ci"])
def test_a_kubeconfig_on_this_side_is_for_its_owner_and_no_commit(name: str) -> None:
    path = FETCHED / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    run("git", "check-ignore", "--quiet", path, cwd=CHECKOUT)


def test_the_pipeline_may_do_its_work_and_nothing_else() -> None:
    def may(*words: str) -> bool:
        done = kubectl("auth", "can-i", *words, kubeconfig="kubeconfig-ci")
        assert done.stdout.strip() in ("yes", "no"), done.stderr
        return done.stdout.strip() == "yes"

    for allowed in (
        ("create", "deployments"),
        ("patch", "serviceaccounts"),
        ("create", "pods", "--subresource=exec"),
        ("delete", "jobs"),
        ("get", f"namespaces/{NAMESPACE}"),
    ):
        assert may(*allowed), allowed
    for refused in (
        ("create", "deployments", "--namespace", "default"),
        ("get", "secrets", "--namespace", "kube-system"),
        ("create", "clusterrolebindings"),
        ("create", "rolebindings"),
        ("delete", "nodes"),
        ("create", "namespaces"),
    ):
        assert not may(*refused), refused


@pytest.mark.usefixtures("pods")
def test_a_pod_runs_an_image_of_the_private_registry(docker: Machine, platform: Platform) -> None:
    image = f"{registry.PROJECT}/pulled:1"
    registry.push(docker, "pulled:1")
    pull = next(robot for robot in platform.robots if robot.name == "pull")
    login = {"username": pull.login, "password": pull.secret.get_secret_value()}
    secret = {
        "apiVersion": "v1",
        "kind": "Secret",
        "type": "kubernetes.io/dockerconfigjson",
        "metadata": {"name": "pull", "namespace": NAMESPACE},
        "stringData": {
            ".dockerconfigjson": json.dumps({"auths": {registry.REGISTRY: login}}),
        },
    }
    told("apply", "-f", "-", stdin=json.dumps(secret))
    private = pod("private", image, "command: [echo, it, runs]")
    told("apply", "-f", "-", stdin=f"{private}  imagePullSecrets: [{{name: pull}}]\n")
    told("apply", "-f", "-", stdin=pod("stranger", image, "command: [echo, it, runs]"))
    until(lambda: phase("private") == "Succeeded", "the pod that may pull ends well")
    assert told("-n", NAMESPACE, "logs", "private") == "it runs\n"
    refused = ("ErrImagePull", "ImagePullBackOff")
    until(lambda: why("stranger") in refused, "the pod without a secret is refused")
    told("-n", NAMESPACE, "delete", "secret", "pull")


def why(name: str) -> str:
    waiting = "jsonpath={.status.containerStatuses[*].state.waiting.reason}"
    return told("-n", NAMESPACE, "get", "pod", name, "-o", waiting)


def test_pods_live_through_a_restart_of_their_runtime(worker: Machine) -> None:
    # With cgroup v1 systemd takes a node's first pods out of their devices cgroup, and containerd
    # believes at its next start that they are gone: there only later ones can be asked.
    whose = "" if cgroups.unified() else "--label io.kubernetes.pod.namespace=threebody-probe"

    def running() -> list[str]:
        return sorted(worker.ssh(f"sudo crictl ps -q {whose} 2>/dev/null").split())

    before = running()
    assert before
    worker.ssh("sudo touch /etc/containerd/config.toml")
    # A first pod of the pod network that comes back writes the node's rules anew, and pods wait.
    changed = steps(converge("--limit", "vm-worker"))
    assert changed == ["K8s node | Configure containerd"]
    assert running() == before
    with limited_to(worker.name):
        await_shut()


LINE, _, PATCH = KUBERNETES.rpartition(".")
LATER = f"{LINE}.{int(PATCH) + 1}"
REFUSALS = {
    ("--data", f"cni={OTHER_CNI}"): (
        f"pods have their network from {CNI}, not {OTHER_CNI}: put the setting back"
    ),
    ("--data", "service_network=10.112.0.0/16"): (
        "the cluster was made with service_network 10.96.0.0/12, not 10.112.0.0/16: put the"
    ),
    ("--data", f"kubernetes_version={LATER}"): (
        f"runs Kubernetes {KUBERNETES}, and kubernetes_version is {LATER}: `make upgrade`"
    ),
}


def test_what_a_running_cluster_cannot_take_is_refused_and_nothing_is_lost() -> None:
    with limited_to("k8s_node"):
        for arguments, sentence in REFUSALS.items():
            run_ = deploy("-y", *arguments)
            assert run_.status != 0
            assert sentence in run_.said
            assert "nothing was touched" in run_.said
            assert "Traceback" not in run_.said
        assert planned() == {}


def test_a_package_that_somebody_upgraded_is_named_and_goes_back(worker: Machine) -> None:
    newer = json.loads(FACTS.read_text())["kubernetes_newer_version"]
    worker.ssh(
        "sudo apt-get install -q -y --allow-change-held-packages --allow-downgrades"
        f" kubectl={newer}-1.1 >/dev/null 2>&1; sudo apt-mark unhold kubectl >/dev/null"
    )
    named = [
        f"K8s node | Install Kubernetes {KUBERNETES}",
        "K8s node | Hold Kubernetes at its version",
    ]
    with limited_to(worker.name):
        assert steps(planned()) == named
        assert list(converge()) == named


def _ends_soon(control: Machine) -> None:
    control.ssh(
        "sudo sh -ec 'cd /etc/kubernetes/pki && openssl req -x509 -newkey rsa:2048 -nodes -days 29"
        " -subj /CN=front-proxy-client -addext extendedKeyUsage=clientAuth"
        " -keyout front-proxy-client.key"
        " -out front-proxy-client.crt 2>/dev/null'"
    )
    await_shut("vm-k8s: certificates of the control plane last another 30 days")


def _api_server(control: Machine) -> str:
    return control.ssh("sudo crictl ps -q --name kube-apiserver 2>/dev/null")


@pytest.mark.soak(reason="the control plane renews its own in every run")
def test_certificates_that_end_soon_are_renewed_and_in_use(control: Machine) -> None:
    _ends_soon(control)
    before = _api_server(control)
    assert "K8s control | Renew certificates that end soon" in converge("--limit", control.name)
    assert _api_server(control) != before
    assert ready() == READY
    assert converge() == {}  # which asks every gate, too


def test_a_control_plane_renews_its_certificates_without_a_run(control: Machine) -> None:
    _ends_soon(control)
    before = _api_server(control)
    why = "{ sudo journalctl --boot --unit renew-certificates --lines 20 --output cat >&2; false; }"
    control.ssh(f"sudo systemctl start renew-certificates.service || {why}")
    assert _api_server(control) != before
    await_shut()
    control.ssh("kubectl get nodes >/dev/null")  # with the kubeconfig that was handed on
    assert set(converge()) <= {"K8s control | Bring the kubeconfig here"}
    assert ready() == READY
