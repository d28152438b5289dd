"""The pod network: upstream's manifest, and what is laid over it."""

from __future__ import annotations

import json
from typing import Any

import pytest
import yaml

import spec
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.tasks_run import Call, run


@pytest.fixture
def calls(on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Any:
    return lambda layer, platform: run(layer, "vm-k8s", platform, on_host, monkeypatch)


def patches(calls: list[Call], cni: str) -> dict[str, Any]:
    (call,) = [call for call in calls if call.operation == "kubernetes.network"]
    file, *_ = call.arguments["changes"]
    told = yaml.safe_load(file.content)
    assert told["resources"][0] == f"{cni}.yaml"
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
    (interface,) = (it for it in container["env"] if it["name"] == "FLANNELD_IFACE")
    assert interface["valueFrom"]["fieldRef"]["fieldPath"] == "status.hostIP"


def test_beside_flannel_kube_router_enforces_policies_and_does_nothing_else(
    calls: Any, hosts: list[HostData]
) -> None:
    platform = spec.load(changed(hosts, "k8s_control", cni="flannel"))
    (call,) = (it for it in calls("k8s_control", platform) if it.operation == "kubernetes.network")
    laid, policies = call.arguments["changes"]
    assert yaml.safe_load(laid.content)["resources"] == ["flannel.yaml", "policies.yaml"]
    told = {document["kind"]: document for document in yaml.safe_load_all(policies.content)}
    pod = told["DaemonSet"]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    runs = {word: on == "true" for word, _, on in (it.partition("=") for it in container["args"])}
    assert {word for word, on in runs.items() if on} == {"--run-firewall"}
    assert "--service-cluster-ip-range=10.96.0.0/12" in container["args"]
    assert "--service-node-port-range=30000:32767" in container["args"]
    verbs = {verb for rule in told["ClusterRole"]["rules"] for verb in rule["verbs"]}
    assert verbs == {"get", "list", "watch"}
