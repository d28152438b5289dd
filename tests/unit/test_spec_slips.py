"""Slips of the pen that nobody has reported yet, and unusual settings that are right."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import assert_refused, mistake_of

Hosts = list[HostData]
KUBELET, KUBE_PROXY = ("k8s_control", "kubeadm_kubelet"), ("k8s_control", "kubeadm_kube_proxy")
GITHUB = "https://github.com/goharbor/harbor"
CALICO = "https://raw.githubusercontent.com/projectcalico/calico"
WRONG: list[tuple[tuple[str, str, Any], str]] = [
    # What has another order in each run, or is used up by the first who reads it.
    (("all", "dns_servers", {"1.1.1.1", "8.8.8.8"}), "not a list: write it between brackets"),
    (("docker_host", "docker_users", frozenset({"ada"})), "not a list: write it between brackets"),
    (("all", "dns_servers", (one for one in ["1.1.1.1"])), "not a list: write it between brackets"),
    (("docker_host", "gitlab_host_keys", {"a": "b"}.keys()), "not a list"),
    # Folders of other computers, and of other programs.
    (("all", "backup_folder", "s3://bucket/backups"), "is on another computer, or in a cloud"),
    (("all", "backup_folder", "nas:/volume1/backups"), "is on another computer, or in a cloud"),
    (("all", "operator_folder", "ada@nas:kube"), "is on another computer, or in a cloud"),
    (("docker_host", "harbor_data", "/var/snap/harbor"), "/var/snap is the system's own"),
    (("docker_host", "harbor_data", "/dev/sdb1"), "/dev is the system's own"),
    (("docker_host", "harbor_data", "/data/harbor:rw"), "Compose would take apart"),
    # Ports on which no browser asks.
    (("docker_host", "edge_https_port", 6667), "no browser asks on this port"),
    (("docker_host", "edge_https_port", 2049), "no browser asks on this port"),
    (("docker_host", "edge_http_port", 10080), "no browser asks on this port"),
    # Tags that lead elsewhere tomorrow.
    (("docker_host", "edge_image", "nginx:stable"), "'stable' is no version: it changes by itself"),
    (("docker_host", "edge_image", "nginx:mainline-alpine"), "'mainline-alpine' is no version"),
    (("docker_host", "edge_image", "registry.example.org/nginx:main"), "'main' is no version"),
    (("k8s_control", "flannel_policies_image", "cloudnativelabs/kube-router:master"), "'master'"),
    (("docker_host", "edge_image", "docker pull nginx:1"), "not an image such as nginx:1.2.3"),
    # Addresses that go too far, stop too early, or are pages.
    (("docker_host", "harbor_releases", f"{GITHUB}/releases/download/v2.14.1"), "ends in /v2.14.1"),
    (("docker_host", "harbor_releases", f"{GITHUB}/tree/main/make"), "a page of GitHub's"),
    (("k8s_control", "calico_manifests", f"{CALICO}/v3.32.1"), "ends in /v3.32.1, and a run adds"),
    (
        ("k8s_control", "calico_manifests", f"{CALICO}/v3.32.1/manifests/calico.yaml"),
        "/calico.yaml",
    ),
    (("k8s_control", "flannel_manifests", "https://github.com/flannel-io/flannel/blob"), "a page"),
    (("docker_host", "docker_repository", "https://download.docker.com"), "ends before /linux"),
    (
        ("docker_host", "runner_repository", "https://packages.gitlab.com/x/script.deb.sh"),
        "ends in /script.deb.sh",
    ),
    (("docker_host", "docker_registry_mirrors", ["https://docker.io"]), "is Docker's registry its"),
    (("docker_host", "docker_registry_mirrors", ["https://registry-1.docker.io"]), "is Docker's"),
    (
        ("docker_host", "docker_registry_mirrors", ["https://hub.docker.com"]),
        "is Docker's registry",
    ),
    (
        ("docker_host", "docker_registry_mirrors", ["https://m.example.org/v2"]),
        "ends in /v2, which",
    ),
    (("docker_host", "docker_registry_mirrors", ["mirror.gcr.io"]), "not an address of http"),
    (("docker_host", "docker_registry_mirrors", ["https://me:pw@m.example.org"]), "a password"),
    # Names and numbers.
    (("docker_host", "edge_host", "hit.local."), "not a host name by RFC 1123"),
    (("docker_host", "edge_host", "h\u0456t.local"), "not a host name by RFC 1123"),  # Cyrillic
    (("docker_host", "edge_host", "hit\u200b.local"), "not a host name by RFC 1123"),
    (("docker_host", "edge_host", "{{ edge_host }}"), "not a host name by RFC 1123"),
    (("docker_host", "edge_host", "${EDGE_HOST}"), "not a host name by RFC 1123"),
    (("docker_host", "runner_tag", "deploy\r"), "not one tag"),
    (("docker_host", "edge_rate", 0.5), "a whole number from 1 to 10000"),
    (("docker_host", "edge_rate", "5r/s"), "a whole number from 1 to 10000"),
    (("docker_host", "edge_body_mib", "1m"), "a whole number from 1 to 10000"),
    (("docker_host", "docker_image_days", "14d"), "a whole number from 1 to 10000"),
    (("all", "backup_keep", True), "a whole number from 1 to 10000"),
    (("docker_host", "docker_version", "5:28.5.1-1~debian.13~trixie"), "not a version such as"),
    (("docker_host", "docker_users", ["ada:docker"]), "not a user's name by POSIX"),
    (("all", "dns_servers", ["1.1.1.1 8.8.8.8"]), "not an IPv4 address"),
    (("all", "operator_networks", ["10.1.0.0/16", "10.1.2.0/24"]), "overlaps 10.1.0.0/16"),
    (
        ("docker_host", "pipeline_variables", {"GO_IMAGE": "golang:latest"}),
        "'latest' is no version",
    ),
    (("docker_host", "pipeline_variables", {"PHP_IMAGE": "php"}), "not an image with a tag"),
    # A unit that is missing, or is another one than was meant.
    ((*KUBELET, {"containerLogMaxSize": "10"}), "'10' is next to no bytes: write its unit"),
    ((*KUBELET, {"evictionHard": {"memory.available": "100"}}), "'100' is next to no bytes"),
    ((*KUBELET, {"systemReserved": {"memory": "512m"}}), "'512m' is next to no bytes"),
    ((*KUBELET, {"kubeReserved": {"ephemeral-storage": "1"}}), "'1' is next to no bytes"),
    (("docker_host", "pipeline_variables", {"TMPDIR": "/scratch"}), "or the shell's"),
    (("k8s_worker", "worker_labels", {"vm-worker": "disk=ssd"}), "not a table such as"),
    (("k8s_control", "kubeadm_extra_sans", ["api.example.org:6443"]), "not a host name"),
    # Fields of kubelet and of kube-proxy.
    ((*KUBELET, {"cgroupRoot": "/pods"}), "the platform sets it (its cgroups are systemd's)"),
    ((*KUBELET, {"evictionHard": {"memory.available": "100MB"}}), "not an amount such as 512Mi"),
    ((*KUBE_PROXY, {"conntrack": {"maxPerCore": -1}}), "maxPerCore: -1 is out of its range"),
    ((*KUBE_PROXY, {"nodePortAddresses": ["127.0.0.0/8"]}), "nodePortAddresses"),
]
RIGHT: list[tuple[str, str, Any]] = [
    ("all", "dns_servers", ("1.1.1.1", "8.8.8.8")),
    ("all", "backup_folder", "/mnt/nas/backups"),
    ("all", "backup_folder", "backups/a:b"),
    ("all", "operator_folder", "../kube"),
    ("all", "ssh_user", "Ada"),
    ("all", "operator_networks", ["203.0.113.7/32", "198.51.100.0/24"]),
    ("docker_host", "edge_https_port", 8443),
    ("docker_host", "edge_http_port", 8081),
    ("docker_host", "harbor_url", "http://harbor.local:6000"),  # of programs
    ("docker_host", "edge_image", "nginx:1.30-alpine"),
    ("docker_host", "edge_image", f"nginx:stable@sha256:{'0' * 64}"),
    ("docker_host", "edge_image", "registry.example.org/edge:prod-7"),
    ("docker_host", "harbor_releases", "https://mirror.example.org/harbor-v2.14.1-mirror"),
    ("docker_host", "harbor_releases", "https://mirror.example.org/tree/harbor"),
    ("k8s_worker", "monitoring_helm_releases", "https://mirror.example.org/get.helm.sh"),
    ("docker_host", "docker_repository", "https://nexus.example.org/repository/docker-1.0"),
    ("docker_host", "docker_registry_mirrors", ["https://mirror.gcr.io"]),
    ("docker_host", "docker_registry_mirrors", ["https://docker.io.example.org"]),
    ("docker_host", "harbor_data", "/data"),
    ("docker_host", "docker_network", "100.64.0.0/10"),
    ("docker_host", "pipeline_variables", {"TMP_DIR": "/scratch"}),
    ("docker_host", "runner_key_fingerprint", "F640 3F65 44A3 8863 DAA0  B6E0 3F01 618A 5131 2F3F"),
    ("docker_host", "docker_registry_mirrors", ["https://mirror.example.org/docker"]),
    ("docker_host", "pipeline_variables", {"OTHER_IMAGE": "latest"}),
    ("k8s_control", "kubeadm_kubelet", {"systemReserved": {"cpu": "500m", "memory": "1e9"}}),
    ("k8s_control", "kubeadm_kubelet", {"systemReserved": {"memory": "0", "pid": "1000"}}),
    ("k8s_control", "kubeadm_kubelet", {"evictionHard": {"memory.available": "104857600"}}),
    ("k8s_control", "kubeadm_kube_proxy", {"nodePortAddresses": ["192.168.56.0/24"]}),
    ("k8s_control", "kubeadm_kube_proxy", {"nodePortAddresses": ["primary"]}),
    ("k8s_control", "kubeadm_kube_proxy", {"conntrack": {"maxPerCore": 0, "min": 0}}),
    ("k8s_control", "kubeadm_kubelet", {"memorySwap": {"swapBehavior": "LimitedSwap"}}),
    ("k8s_worker", "worker_labels", {"vm-worker": {"node-role.kubernetes.io/worker": ""}}),
    ("k8s_worker", "app_database_path", "/var/lib/mysql"),
]


@pytest.mark.parametrize(("given", "reason"), WRONG)
def test_a_slip_is_refused_with_what_to_write(
    hosts: Hosts, given: tuple[str, str, Any], reason: str
) -> None:
    assert_refused(hosts, given, reason)


@pytest.mark.parametrize(("group", "setting", "value"), RIGHT, ids=str)
def test_what_is_unusual_and_right_is_accepted(
    hosts: Hosts, group: str, setting: str, value: Any
) -> None:
    assert spec.load(changed(hosts, group, **{setting: value}))


def test_a_port_that_is_taken_and_blocked_is_one_mistake(hosts: Hosts) -> None:
    assert mistake_of(hosts, "docker_host", edge_https_port=53).reason.startswith("taken by")


def test_what_is_told_one_by_one_is_not_read_to_its_end(hosts: Hosts) -> None:
    def one_by_one() -> Iterator[str]:
        raise AssertionError
        yield

    assert "not a list" in mistake_of(hosts, "all", dns_servers=one_by_one()).reason
