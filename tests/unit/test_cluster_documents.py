"""kubeadm's documents and the cluster's manifests, as they are rendered."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import spec
from operations.bootstrap_token import Token
from spec import Platform
from spec.inventory import HostData
from tasks import kubeadm
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, changed
from tests.unit.tasks_run import Call, run


@pytest.fixture
def calls(on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(layer: str, platform: Platform, machine: str = "vm-k8s") -> list[Call]:
        return run(layer, machine, platform, on_host, monkeypatch)

    return of


def documents(calls: list[Call]) -> dict[str, Any]:
    (described,) = [call for call in calls if call.operation == "kubeadm.config"]
    text = described.arguments["config"].content
    return {told["kind"]: told for told in yaml.safe_load_all(text) if told}


def arguments(program: dict[str, Any]) -> dict[str, str]:
    """Of either format."""
    told = program["extraArgs"]
    return told if isinstance(told, dict) else {pair["name"]: pair["value"] for pair in told}


def test_the_cluster_is_made_from_the_settings(calls: Any, platform: Platform) -> None:
    told = documents(calls("k8s_control", platform))
    begin, cluster = told["InitConfiguration"], told["ClusterConfiguration"]
    assert begin["apiVersion"] == "kubeadm.k8s.io/v1beta4"
    assert begin["localAPIEndpoint"] == {"advertiseAddress": "192.168.56.43", "bindPort": 6443}
    assert begin["nodeRegistration"]["name"] == "vm-k8s"
    node_ip = {"name": "node-ip", "value": "192.168.56.43"}
    assert begin["nodeRegistration"]["kubeletExtraArgs"] == [node_ip]
    assert "ignorePreflightErrors" not in begin["nodeRegistration"]
    assert cluster["kubernetesVersion"] == "v1.36.3"
    assert cluster["networking"] == {
        "podSubnet": "10.244.0.0/16",
        "serviceSubnet": "10.96.0.0/12",
    }
    assert cluster["apiServer"]["certSANs"] == ["192.168.56.43", "vm-k8s"]
    assert told["KubeletConfiguration"]["authentication"] == {"anonymous": {"enabled": False}}
    assert told["KubeletConfiguration"]["cgroupDriver"] == "systemd"
    assert told["KubeProxyConfiguration"]["apiVersion"] == "kubeproxy.config.k8s.io/v1alpha1"


FORMATS = {"1.30.14": "v1beta3", "1.33.2": "v1beta4"}


@pytest.mark.parametrize("version", FORMATS)
def test_what_the_cis_benchmark_asks_for_is_in_either_format(
    calls: Any, hosts: list[HostData], version: str
) -> None:
    hosts = changed(hosts, "k8s_control", cni="flannel")  # the shipped Calico is for older ones
    platform = spec.load(changed(hosts, "k8s_node", kubernetes_version=version))
    told = documents(calls("k8s_control", platform))
    cluster, begin = told["ClusterConfiguration"], told["InitConfiguration"]
    assert cluster["apiVersion"] == begin["apiVersion"] == f"kubeadm.k8s.io/{FORMATS[version]}"
    node = begin["nodeRegistration"]["kubeletExtraArgs"]
    assert isinstance(node, dict) is (FORMATS[version] == "v1beta3")
    server = arguments(cluster["apiServer"])
    volumes = {row["name"]: row["mountPath"] for row in cluster["apiServer"]["extraVolumes"]}
    assert server["encryption-provider-config"] == volumes["encryption"]
    assert server["audit-policy-file"] == volumes["audit-policy"]
    assert server["audit-log-path"].startswith(volumes["audit-log"] + "/")
    # 1.2.17 to 1.2.19
    limits = {"audit-log-maxage": "30", "audit-log-maxbackup": "10", "audit-log-maxsize": "100"}
    assert limits.items() <= server.items()
    assert server["enable-admission-plugins"] == "NodeRestriction,DenyServiceExternalIPs"
    assert server["kubelet-certificate-authority"] == "/etc/kubernetes/pki/ca.crt"
    assert server["service-account-extend-token-expiration"] == "false"
    for program in ("apiServer", "controllerManager", "scheduler"):
        assert arguments(cluster[program])["profiling"] == "false"
    kubelet = told["KubeletConfiguration"]
    assert kubelet["serverTLSBootstrap"] is kubelet["seccompDefault"] is True
    assert kubelet["podPidsLimit"] == 4096


def test_no_secret_of_the_clusters_is_written_down_with_who_asked_for_it() -> None:
    path = CHECKOUT / "files/k8s_control/etc/kubernetes/audit-policy.yaml"
    rules = yaml.safe_load(path.read_text())["rules"]

    def names(rule: dict[str, Any]) -> list[str]:
        return [name for group in rule.get("resources", []) for name in group.get("resources", [])]

    first = next(rule for rule in rules if "secrets" in names(rule))
    assert first["level"] == "Metadata"
    before = rules[: rules.index(first)]
    assert {rule["level"] for rule in before} == {"None"}
    assert rules[-1] == {"level": "Metadata"}, "whatever nobody thought of"


def test_settings_are_merged_into_kubelets_and_kube_proxys_documents(
    calls: Any, hosts: list[HostData]
) -> None:
    extra = {
        "kubeadm_kubelet": {"authentication": {"x509": {"clientCAFile": "/ca"}}, "maxPods": 50},
        "kubeadm_kube_proxy": {"conntrack": {"maxPerCore": 0}},
        "kubeadm_extra_sans": ["api.example.org"],
        "kubeadm_ignored_errors": ["NumCPU"],
    }
    told = documents(calls("k8s_control", spec.load(changed(hosts, "k8s_control", **extra))))
    assert told["KubeletConfiguration"]["maxPods"] == 50
    assert told["KubeletConfiguration"]["podPidsLimit"] == 4096
    assert told["KubeletConfiguration"]["authentication"] == {
        "anonymous": {"enabled": False},
        "x509": {"clientCAFile": "/ca"},
    }
    assert told["KubeProxyConfiguration"]["conntrack"] == {"maxPerCore": 0}
    assert "api.example.org" in told["ClusterConfiguration"]["apiServer"]["certSANs"]
    assert told["InitConfiguration"]["nodeRegistration"]["ignorePreflightErrors"] == ["NumCPU"]


def test_every_node_is_told_what_the_cluster_says_to_kubelets(
    calls: Any, platform: Platform
) -> None:
    told = documents(calls("k8s_control", platform))["KubeletConfiguration"]
    for layer, machine in (("k8s_control", "vm-k8s"), ("k8s_worker", "vm-worker")):
        (call,) = [
            call
            for call in calls(layer, platform, machine)
            if call.operation == "control_plane.kubelet"
        ]
        file = call.arguments["file"]
        assert (file.path, yaml.safe_load(file.content)) == ("/etc/kubernetes/kubelet.yaml", told)


def test_a_worker_joins_by_token_and_by_the_sum_of_the_authority(
    platform: Platform, on_host: OnHost
) -> None:
    on_host(name="vm-worker")
    token = Token("abcdef", "0123456789abcdef")
    told = yaml.safe_load(kubeadm.join_configuration(platform, token, "c0ffee", ""))
    assert (told["apiVersion"], told["kind"]) == ("kubeadm.k8s.io/v1beta4", "JoinConfiguration")
    assert told["discovery"]["bootstrapToken"] == {
        "apiServerEndpoint": "192.168.56.43:6443",
        "token": "abcdef.0123456789abcdef",
        "caCertHashes": ["sha256:c0ffee"],
    }
    assert told["nodeRegistration"] == {
        "name": "vm-worker",
        "criSocket": "unix:///run/containerd/containerd.sock",
        "kubeletExtraArgs": [{"name": "node-ip", "value": "192.168.56.44"}],
    }


def test_the_pipeline_gets_its_namespace_and_nothing_of_the_cluster(
    calls: Any, platform: Platform
) -> None:
    manifests = [
        list(yaml.safe_load_all(call.arguments["manifest"]))
        for call in calls("cluster", platform)
        if call.operation == "kubernetes.manifest"
    ]
    (told,) = [
        {document["kind"]: document for document in manifest}
        for manifest in manifests
        if any(document["kind"] == "ServiceAccount" for document in manifest)
    ]
    assert told["Role"]["metadata"]["namespace"] == "threebody-prod"
    assert told["RoleBinding"]["metadata"]["namespace"] == "threebody-prod"
    # Where it may do nothing: it could make itself a token there that never ends.
    assert told["ServiceAccount"]["metadata"] == {"name": "ci", "namespace": "threebody-prod-ci"}
    for kind in ("RoleBinding", "ClusterRoleBinding"):
        assert told[kind]["subjects"] == [
            {"kind": "ServiceAccount", **told["ServiceAccount"]["metadata"]}
        ]
    for rule in told["ClusterRole"]["rules"]:
        assert set(rule["verbs"]) <= {"get", "list"}
        assert set(rule["resources"]) <= {"namespaces", "nodes"}
    everything = [word for rule in told["Role"]["rules"] for word in rule["resources"]]
    assert set(everything) & {"*", "roles", "rolebindings", "resourcequotas"} == set()
    assert "serviceaccounts/token" not in everything
