"""Versions: those that the templates know, and pairs that go together."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec import Platform
from spec.checks_docker_host import in_plain_text, unchecked
from spec.inventory import HostData
from spec.lines import LINES
from tests.unit.doubles import changed
from tests.unit.refusals import mistake_of

Hosts = list[HostData]


@pytest.mark.parametrize(
    ("group", "setting", "version", "known"),
    [
        ("docker_host", "docker_version", "19.3.15", "Docker 20.10 to 29.x"),
        ("docker_host", "docker_version", "20.9.0", "Docker 20.10 to 29.x"),
        ("docker_host", "docker_version", "30.0.0", "Docker 20.10 to 29.x"),
        ("docker_host", "docker_containerd_version", "1.3.9", "Docker's containerd 1.4 to 2.x"),
        ("docker_host", "docker_containerd_version", "3.0.0", "Docker's containerd 1.4 to 2.x"),
        ("docker_host", "docker_compose_version", "1.29.2", "Docker Compose 2.0 to 5.x"),
        ("docker_host", "docker_compose_version", "6.0.0", "Docker Compose 2.0 to 5.x"),
        ("docker_host", "docker_buildx_version", "0.5.1", "Docker's buildx 0.6 to 0.x"),
        ("docker_host", "docker_buildx_version", "1.0.0", "Docker's buildx 0.6 to 0.x"),
        ("docker_host", "harbor_version", "1.10.17", "Harbor 2.9 to 2.x"),
        ("docker_host", "harbor_version", "2.8.4", "Harbor 2.9 to 2.x"),
        ("docker_host", "harbor_version", "3.0.0", "Harbor 2.9 to 2.x"),
        ("docker_host", "runner_version", "15.11.1", "GitLab Runner 16.0 to 19.x"),
        ("docker_host", "runner_version", "20.0.0", "GitLab Runner 16.0 to 19.x"),
        ("k8s_control", "calico_version", "3.27.3", "Calico 3.28 to 3.33"),
        ("k8s_control", "calico_version", "3.34.0", "Calico 3.28 to 3.33"),
        ("k8s_control", "calico_version", "2.6.12", "Calico 3.28 to 3.33"),
        ("k8s_control", "flannel_version", "0.19.2", "flannel 0.20 to 0.x"),
        ("k8s_control", "flannel_version", "1.0.0", "flannel 0.20 to 0.x"),
        ("k8s_node", "kubernetes_version", "1.27.16", "Kubernetes 1.28 to 1.37"),
        ("k8s_node", "kubernetes_version", "1.38.0", "Kubernetes 1.28 to 1.37"),
    ],
)
def test_a_version_that_the_templates_do_not_know_is_refused_with_the_range(
    hosts: Hosts, group: str, setting: str, version: str, known: str
) -> None:
    mistake = mistake_of(changed(hosts, group, **{setting: version}))
    assert (mistake.where, mistake.setting, mistake.value) == (group, setting, repr(version))
    assert f"this deploy knows {known}" in mistake.reason


@pytest.mark.parametrize(
    ("group", "setting", "version", "read"),
    [
        ("docker_host", "docker_version", "20.10.24", "20.10.24"),
        ("docker_host", "docker_version", "29.99.0", "29.99.0"),
        ("docker_host", "docker_containerd_version", "2.2.1", "2.2.1"),
        ("docker_host", "docker_compose_version", "5.0.1", "5.0.1"),
        ("docker_host", "docker_buildx_version", "0.30.1", "0.30.1"),
        ("docker_host", "harbor_version", "2.9.0", "2.9.0"),
        ("docker_host", "harbor_version", "v2.14.0", "2.14.0"),
        ("docker_host", "runner_version", "16.0.0", "16.0.0"),
        ("docker_host", "runner_version", "19.6.1", "19.6.1"),
        ("k8s_control", "calico_version", "v3.32.0", "3.32.0"),
        ("k8s_control", "flannel_version", "0.28.9", "0.28.9"),
    ],
)
def test_a_version_of_the_range_is_accepted(
    hosts: Hosts, group: str, setting: str, version: str, read: str
) -> None:
    platform = spec.load(changed(hosts, group, **{setting: version}))
    assert getattr(getattr(platform, group), setting) == read


@pytest.mark.parametrize(
    "setting", ["docker_version", "docker_buildx_version", "harbor_version", "runner_version"]
)
@pytest.mark.parametrize(
    "version",
    ["", "28.5", "28.5.1.2", "5:28.5.1-1~debian.13~trixie", "28.5.1-rc.1", "^28.5.1", "28.5.1\n"],
)
def test_what_is_no_full_version_is_refused(hosts: Hosts, setting: str, version: str) -> None:
    mistake = mistake_of(changed(hosts, "docker_host", **{setting: version}))
    assert mistake.reason == "not a version such as 1.2.3"


def test_a_release_without_a_signature_needs_its_sum(hosts: Hosts) -> None:
    newer = changed(hosts, "docker_host", harbor_version="2.15.0")
    mistake = mistake_of(newer)
    assert mistake.setting == "harbor_sha256"
    assert "releases of Harbor after 2.11 carry no OpenPGP signature" in mistake.reason
    assert spec.load(changed(newer, "docker_host", harbor_sha256="a" * 64))


@pytest.mark.parametrize(
    ("version", "sum_", "needed"),
    [
        ("2.14.1", None, True),
        ("v2.12.0", None, True),
        ("2.11.2", None, False),
        ("2.14.1", "a", False),
    ],
)
def test_a_bundle_that_nothing_checks_is_said_with_the_command_that_sums_it_up(
    platform: Platform, version: str, sum_: str | None, needed: bool
) -> None:
    settings = platform.docker_host.model_copy(
        update={"harbor_version": version, "harbor_sha256": sum_}
    )
    reason = unchecked(settings)
    plain = version.removeprefix("v")
    assert bool(reason) is needed
    assert not needed or f"/v{plain}/harbor-offline-installer-v{plain}.tgz | sha256sum`" in reason


def test_a_registry_over_plain_http_is_said_with_the_setting_that_ends_it(
    platform: Platform,
) -> None:
    output = in_plain_text(platform.docker_host)
    assert "can read its passwords and change images on their way" in output
    assert 'harbor_url = "https://harbor.local:8080" ends that' in output
    secured = {"harbor_url": "https://harbor.local:8080"}
    assert in_plain_text(platform.docker_host.model_copy(update=secured)) == ""


def at(hosts: Hosts, calico: str, minor: int, cni: str = "calico") -> Hosts:
    settings = {"kubernetes_version": f"1.{minor}.1", "containerd_source": "docker"}
    hosts = changed(hosts, "docker_host", docker_containerd_version="2.1.4")
    hosts = changed(hosts, "k8s_node", **settings)
    return changed(hosts, "k8s_control", calico_version=f"{calico}.1", cni=cni)


@pytest.mark.parametrize(
    ("calico", "minor"),
    [("3.28", 31), ("3.28", 36), ("3.31", 30), ("3.31", 36), ("3.32", 33), ("3.33", 34)],
)
def test_a_calico_for_other_lines_of_kubernetes_is_refused_naming_both(
    hosts: Hosts, calico: str, minor: int
) -> None:
    mistake = mistake_of(at(hosts, calico, minor))
    assert (mistake.setting, mistake.value) == ("calico_version", f"{calico}.1")
    assert f"Calico {calico} is made for Kubernetes 1." in mistake.reason
    assert f"kubernetes_version is of 1.{minor}" in mistake.reason
    assert spec.load(at(hosts, calico, minor, cni="flannel"))


@pytest.mark.parametrize("minor", LINES)
def test_a_line_of_kubernetes_is_accepted_with_each_of_its_calicos(
    hosts: Hosts, minor: str
) -> None:
    for calico in LINES[minor].calico:
        assert spec.load(at(hosts, calico, int(minor.partition(".")[2])))


@pytest.mark.parametrize(
    ("source", "version", "reason"),
    [
        ("distribution", "2.1.4", "what the distributions bring is older"),
        ("docker", "1.7.28", "docker_containerd_version is 1.7.28"),
    ],
)
def test_a_containerd_that_kubelet_does_not_speak_to_is_refused(
    hosts: Hosts, source: str, version: str, reason: str
) -> None:
    hosts = changed(at(hosts, "3.33", 37), "k8s_node", containerd_source=source)
    mistake = mistake_of(changed(hosts, "docker_host", docker_containerd_version=version))
    assert (mistake.where, mistake.setting) == ("k8s_node", "containerd_source")
    assert f"kubelet 1.37 needs containerd 2 or later, and {reason}" in mistake.reason
    assert spec.load(changed(hosts, "k8s_node", kubernetes_version="1.36.3"))


@pytest.mark.parametrize(
    ("setting", "given", "field", "reason"),
    [
        ("kubeadm_kubelet", {"maxPod": 50}, "maxPod", "did you mean maxPods?"),
        ("kubeadm_kubelet", {"max-pods": 50}, "max-pods", "did you mean maxPods?"),
        ("kubeadm_kubelet", {"zzz": 1}, "zzz", "has no such field here: leave it out"),
        (
            "kubeadm_kubelet",
            {"defaultPodSysctls": {}},
            "defaultPodSysctls",
            "(1.37 and later have)",
        ),
        ("kubeadm_kubelet", {"maxPods": "50"}, "maxPods", "'50' is not a whole number"),
        ("kubeadm_kubelet", {"maxPods": True}, "maxPods", "True is not a whole number"),
        ("kubeadm_kubelet", {"evictionHard": "1Gi"}, "evictionHard", "not names with text"),
        ("kubeadm_kubelet", {"evictionHard": {"a": 1}}, "evictionHard", "not names with text"),
        ("kubeadm_kubelet", {"syncFrequency": "soon"}, "syncFrequency", "not a time such as"),
        ("kubeadm_kubelet", {"failSwapOn": "no"}, "failSwapOn", "not True or False"),
        ("kubeadm_kubelet", {"cgroupDriver": "cgroupfs"}, "cgroupDriver", "the platform sets it"),
        ("kubeadm_kubelet", {"resolvConf": "/etc/resolv.conf"}, "resolvConf", "CoreDNS would ask"),
        ("kubeadm_kubelet", {"clusterDNS": ["10.1.0.10"]}, "clusterDNS", "follows from service"),
        ("kubeadm_kubelet", {"clusterDomain": "x"}, "clusterDomain", "the platform sets it"),
        ("kubeadm_kubelet", {"readOnlyPort": 10255}, "readOnlyPort", "the platform sets it"),
        ("kubeadm_kubelet", {"port": 10300}, "port", "the firewall has the same"),
        ("kubeadm_kubelet", {"kind": "x"}, "kind", "the platform sets it"),
        ("kubeadm_kubelet", {"authorization": {"mode": "AlwaysAllow"}}, "authorization", "leave"),
        (
            "kubeadm_kubelet",
            {"authentication": {"anonymous": {"enabled": True}}},
            "authentication.anonymous",
            "nobody may ask kubelet without a name",
        ),
        ("kubeadm_kube_proxy", {"mod": "ipvs"}, "mod", "did you mean mode?"),
        ("kubeadm_kube_proxy", {"maxPods": 1}, "maxPods", "has no such field here"),
        ("kubeadm_kube_proxy", {"clusterCIDR": "10.1.0.0/16"}, "clusterCIDR", "follows from pod"),
        ("kubeadm_kube_proxy", {"mode": 1}, "mode", "1 is not text"),
        ("kubeadm_kube_proxy", {"conntrack": 0}, "conntrack", "0 is not fields of its own"),
    ],
)
def test_a_field_that_this_version_has_not_or_that_is_ours_is_refused(
    hosts: Hosts, setting: str, given: dict[str, Any], field: str, reason: str
) -> None:
    mistake = mistake_of(changed(hosts, "k8s_control", **{setting: given}))
    assert (mistake.where, mistake.setting, mistake.value) == ("k8s_control", setting, field)
    assert reason in mistake.reason


@pytest.mark.parametrize(
    ("setting", "given"),
    [
        ("kubeadm_kubelet", {"maxPods": 50, "serializeImagePulls": False}),
        ("kubeadm_kubelet", {"evictionHard": {"memory.available": "100Mi"}}),
        ("kubeadm_kubelet", {"authentication": {"x509": {"clientCAFile": "/ca"}}}),
        ("kubeadm_kubelet", {"shutdownGracePeriod": "1m30s", "imageMinimumGCAge": "0"}),
        ("kubeadm_kubelet", {"featureGates": {"NodeSwap": True}, "imageMaximumGCAge": "1h"}),
        ("kubeadm_kubelet", {"memoryThrottlingFactor": 0.9, "allowedUnsafeSysctls": ["net.*"]}),
        ("kubeadm_kube_proxy", {"mode": "ipvs", "ipvs": {"strictARP": True}}),
        ("kubeadm_kube_proxy", {"conntrack": {"maxPerCore": 0}}),
    ],
    ids=str,
)
def test_fields_of_this_version_are_accepted(
    hosts: Hosts, setting: str, given: dict[str, Any]
) -> None:
    assert spec.load(changed(hosts, "k8s_control", **{setting: given}))


def test_a_field_of_a_newer_version_is_accepted_there(hosts: Hosts) -> None:
    newer = changed(at(hosts, "3.31", 33), "k8s_control", kubeadm_kubelet={"failCgroupV1": False})
    newer = changed(newer, "k8s_control", calico_version="3.31.1")
    assert spec.load(newer)
