"""kubeadm's documents and the cluster's manifests, as they are rendered."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

import spec
from operations.kubeadm import Token
from spec import Platform
from spec.load import HostData
from tasks import k8s_worker
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.tasks_run import Call, files_of, run


@pytest.fixture
def calls(on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Any:
    def of(layer: str, platform: Platform, machine: str = "vm-k8s") -> list[Call]:
        return run(layer, machine, platform, on_host, monkeypatch)

    return of


def documents(calls: list[Call]) -> dict[str, Any]:
    text = files_of(calls)["/etc/kubernetes/kubeadm.yaml"].content
    return {told["kind"]: told for told in yaml.safe_load_all(text) if told}


def test_the_cluster_is_made_from_the_settings(calls: Any, platform: Platform) -> None:
    told = documents(calls("k8s_control", platform))
    begin, cluster = told["InitConfiguration"], told["ClusterConfiguration"]
    assert begin["apiVersion"] == "kubeadm.k8s.io/v1beta3"
    assert begin["localAPIEndpoint"] == {"advertiseAddress": "192.168.56.43", "bindPort": 6443}
    assert begin["nodeRegistration"]["name"] == "vm-k8s"
    assert begin["nodeRegistration"]["kubeletExtraArgs"] == {"node-ip": "192.168.56.43"}
    assert "ignorePreflightErrors" not in begin["nodeRegistration"]
    assert cluster["kubernetesVersion"] == "v1.30.14"
    assert cluster["networking"] == {
        "podSubnet": "10.244.0.0/16",
        "serviceSubnet": "10.96.0.0/12",
    }
    assert cluster["apiServer"]["certSANs"] == ["192.168.56.43", "vm-k8s"]
    (volume,) = cluster["apiServer"]["extraVolumes"]
    assert cluster["apiServer"]["extraArgs"] == {"encryption-provider-config": volume["hostPath"]}
    assert told["KubeletConfiguration"]["authentication"] == {"anonymous": {"enabled": False}}
    assert told["KubeletConfiguration"]["cgroupDriver"] == "systemd"
    assert told["KubeProxyConfiguration"]["apiVersion"] == "kubeproxy.config.k8s.io/v1alpha1"


def test_a_newer_kubernetes_gets_the_newer_format(calls: Any, hosts: list[HostData]) -> None:
    hosts = changed(hosts, "k8s_control", cni="flannel")  # the shipped Calico is for older ones
    platform = spec.load(changed(hosts, "k8s_node", kubernetes_version="1.33.2"))
    told = documents(calls("k8s_control", platform))
    assert told["InitConfiguration"]["apiVersion"] == "kubeadm.k8s.io/v1beta4"
    pairs = [{"name": "node-ip", "value": "192.168.56.43"}]
    assert told["InitConfiguration"]["nodeRegistration"]["kubeletExtraArgs"] == pairs
    (pair,) = told["ClusterConfiguration"]["apiServer"]["extraArgs"]
    assert pair["name"] == "encryption-provider-config"


def test_settings_are_merged_into_kubelets_and_kube_proxys_documents(
    calls: Any, hosts: list[HostData]
) -> None:
    more = {
        "kubeadm_kubelet": {"authentication": {"x509": {"clientCAFile": "/ca"}}, "maxPods": 50},
        "kubeadm_kube_proxy": {"conntrack": {"maxPerCore": 0}},
        "kubeadm_extra_sans": ["api.example.org"],
        "kubeadm_ignored_errors": ["NumCPU"],
    }
    told = documents(calls("k8s_control", spec.load(changed(hosts, "k8s_control", **more))))
    assert told["KubeletConfiguration"]["maxPods"] == 50
    assert told["KubeletConfiguration"]["authentication"] == {
        "anonymous": {"enabled": False},
        "x509": {"clientCAFile": "/ca"},
    }
    assert told["KubeProxyConfiguration"]["conntrack"] == {"maxPerCore": 0}
    assert "api.example.org" in told["ClusterConfiguration"]["apiServer"]["certSANs"]
    assert told["InitConfiguration"]["nodeRegistration"]["ignorePreflightErrors"] == ["NumCPU"]


def test_a_worker_joins_by_token_and_by_the_sum_of_the_authority(
    platform: Platform, on_host: OnHost
) -> None:
    on_host(name="vm-worker")
    token = Token("abcdef", "0123456789abcdef")
    told = json.loads(k8s_worker._configuration(platform, token, "c0ffee"))
    assert told["discovery"]["bootstrapToken"] == {
        "apiServerEndpoint": "192.168.56.43:6443",
        "token": "abcdef.0123456789abcdef",
        "caCertHashes": ["sha256:c0ffee"],
    }
    assert told["nodeRegistration"]["name"] == "vm-worker"


def patches(calls: list[Call], cni: str) -> dict[str, Any]:
    (call,) = [call for call in calls if call.operation == "kubernetes.network"]
    file = call.arguments["changes"]
    told = yaml.safe_load(file.content)
    assert told["resources"] == [f"{cni}.yaml"]
    assert file.path == f"/etc/kubernetes/network/{cni}/kustomization.yaml"
    found = (yaml.safe_load(patch["patch"]) for patch in told["patches"])
    return {patch["kind"]: patch for patch in found}


@pytest.mark.parametrize(
    ("encapsulation", "backend", "vxlan", "ipip"),
    [
        ("vxlan", "vxlan", "Always", "Never"),
        ("ipip", "bird", "Never", "Always"),
        ("bgp", "bird", "Never", "Never"),
    ],
)
def test_calico_gets_the_pod_range_the_encapsulation_and_the_nodes_address(
    calls: Any, hosts: list[HostData], encapsulation: str, backend: str, vxlan: str, ipip: str
) -> None:
    settings = {"calico_encapsulation": encapsulation, "pod_network": "10.40.0.0/16"}
    platform = spec.load(changed(hosts, "k8s_control", **settings))
    told = patches(calls("k8s_control", platform), "calico")
    assert told["ConfigMap"]["data"] == {"calico_backend": backend}
    (container,) = told["DaemonSet"]["spec"]["template"]["spec"]["containers"]
    assert {entry["name"]: entry["value"] for entry in container["env"]} == {
        "CALICO_IPV4POOL_CIDR": "10.40.0.0/16",
        "CALICO_IPV4POOL_VXLAN": vxlan,
        "CALICO_IPV4POOL_IPIP": ipip,
        "IP_AUTODETECTION_METHOD": "kubernetes-internal-ip",
    }
    assert ("livenessProbe" in container) == (encapsulation == "vxlan")


def test_flannel_gets_the_pod_range_and_the_nodes_address(
    calls: Any, hosts: list[HostData]
) -> None:
    settings = {"cni": "flannel", "pod_network": "10.40.0.0/16"}
    platform = spec.load(changed(hosts, "k8s_control", **settings))
    told = patches(calls("k8s_control", platform), "flannel")
    network = json.loads(told["ConfigMap"]["data"]["net-conf.json"])
    assert network == {"Network": "10.40.0.0/16", "Backend": {"Type": "vxlan"}}
    (container,) = told["DaemonSet"]["spec"]["template"]["spec"]["containers"]
    assert "--iface=$(NODE_IP)" in container["args"]


def test_the_pipeline_gets_its_namespace_and_nothing_of_the_cluster(
    calls: Any, platform: Platform
) -> None:
    manifests = [
        list(yaml.safe_load_all(call.arguments["manifest"]))
        for call in calls("cluster", platform)
        if call.operation == "kubernetes.applied"
    ]
    told = {document["kind"]: document for document in manifests[1]}
    for kind in ("ServiceAccount", "Secret", "Role", "RoleBinding"):
        assert told[kind]["metadata"]["namespace"] == "threebody-prod"
    for rule in told["ClusterRole"]["rules"]:
        assert set(rule["verbs"]) <= {"get", "list"}
        assert set(rule["resources"]) <= {"namespaces", "nodes"}
    everything = [word for rule in told["Role"]["rules"] for word in rule["resources"]]
    assert "*" not in everything
    assert "roles" not in everything
