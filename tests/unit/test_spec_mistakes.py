"""Settings as people write them by mistake, and right ones that look alike."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"


def kubelet(**fields: Any) -> tuple[str, str, Any]:
    return "k8s_control", "kubeadm_kubelet", fields


def kube_proxy(**fields: Any) -> tuple[str, str, Any]:
    return "k8s_control", "kubeadm_kube_proxy", fields


WRONG: list[tuple[tuple[str, str, Any], str]] = [
    # Another kind of value.
    (("k8s_node", "containerd_restrict_oom_score_adj", "no"), "True or False, without quotes"),
    (("k8s_node", "containerd_restrict_oom_score_adj", 1), "True or False, without quotes"),
    (("all", "dns_servers", "1.1.1.1"), 'a list: write it between brackets, ["…"]'),
    (("docker_host", "runner_tag", 7), 'text: write it between quotes, "…"'),
    (("docker_host", "pipeline_variables", ["A=1"]), "not a table such as"),
    # Addresses where nobody answers, and names that lead elsewhere.
    (("all", "dns_servers", ["192.168.56.255"]), "not an address of a host in node_network"),
    (("all", "dns_fallback", ["192.168.56.0"]), "not an address of a host in node_network"),
    (("k8s_control", "kubeadm_extra_sans", ["0.0.0.0"]), "0.0.0.0 is unspecified"),
    (("all", "dns_probe", "harbor.local"), "stands in /etc/hosts of each machine"),
    (("all", "dns_probe", "vm-worker"), "stands in /etc/hosts of each machine"),
    (("docker_host", "edge_host", "gitlab.com"), "gitlab_url is somewhere else under this name"),
    (("docker_host", "edge_host", "altssh.gitlab.com"), "gitlab_ssh_host is somewhere else"),
    (("docker_host", "edge_host", "download.docker.com"), "docker_repository is somewhere else"),
    (("docker_host", "edge_host", "pkgs.k8s.io"), "kubernetes_repository is somewhere else"),
    (("docker_host", "harbor_url", "http://docker.io:8080"), "Docker's registry is somewhere"),
    (("docker_host", "edge_host", "ip6-localhost"), "is what each machine calls itself"),
    (("docker_host", "edge_host", "shop.default.svc.cluster.local"), "of the cluster's own DNS"),
    (("docker_host", "edge_host", "shop.app.svc"), "of the cluster's own DNS"),
    # What a run adds by itself.
    (("docker_host", "gitlab_url", "https://git.example.org/api/v4"), "ends in /api/v4"),
    (("docker_host", "docker_repository", "https://d.example.org/debian"), "ends in /debian"),
    (("docker_host", "runner_repository", "https://r.example.org/x/ubuntu"), "ends in /ubuntu"),
    (("k8s_node", "kubernetes_repository", "https://k.io/core:/stable:/v1.30"), "ends in /v1.30"),
    (("k8s_node", "kubernetes_repository", "https://k.io/c/v1.30/deb"), "ends in /v1.30/deb"),
    (("k8s_node", "containerd_mirrors", {"index.docker.io": "https://m"}), "calls docker.io"),
    # Versions.
    (("docker_host", "docker_version", "28.05.1"), "not a version such as"),
    (("k8s_node", "kubernetes_version", "1.030.14"), "not an exact version"),
    (("docker_host", "harbor_version", "2.14.１"), "not a version such as"),
    # Keys, projects, variables.
    (("docker_host", "gitlab_host_keys", [KEY[:-1]]), "not a whole SSH host key"),
    (("docker_host", "gitlab_host_keys", [KEY.replace("ed25519", "rsa", 1)]), "not a whole SSH"),
    (("docker_host", "gitlab_project", "Admin/shop"), "Admin is a page of GitLab's own"),
    (("docker_host", "gitlab_project", "ada/wikis"), "wikis is a page of GitLab's own"),
    (("docker_host", "pipeline_variables", {"UID": "0"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"BASH_FUNC_x": "0"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"DOCKER_CONFIG": "/"}), "GitLab's own, or the shell's"),
    (("k8s_worker", "app_namespace", "monitoring"), "a namespace of the cluster's own"),
    # Folders.
    (("docker_host", "harbor_data", "/var/lib/sudo"), "the system's own"),
    (("docker_host", "harbor_data", "/var/lib/snapd/x"), "the system's own"),
    (("docker_host", "application_path", "/opt/harbor-v2.14.0"), "Harbor's own"),
    (("docker_host", "application_source", "/"), "lacks .gitlab-ci.yml, deploy/ci/build.sh"),
    (("docker_host", "application_source", "https://gitlab.com"), "its path is missing"),
    (("all", "operator_folder", "/etc"), "the system's own"),
    (("all", "operator_folder", "/usr/local/kube"), "the system's own"),
    (("all", "operator_folder", "/home"), "the system's own"),
    (("all", "operator_folder", "C:\\Users\\me"), "holds a backslash"),
    (("all", "operator_folder", "README.md"), "is a file"),
    # Values that kubelet and kube-proxy would not start with.
    (kubelet(maxPods=0), "0 is out of its range, from 1"),
    (kubelet(oomScoreAdj=-1001), "from -1000 to 1000"),
    (kubelet(imageGCHighThresholdPercent=101), "from 0 to 100"),
    (kubelet(imageGCHighThresholdPercent=70), "80 is not below imageGCHighThresholdPercent 70"),
    (kubelet(healthzPort=99999), "from 0 to 65535"),
    (kubelet(cpuManagerPolicy="Static"), "'Static' is none of none, static"),
    (kubelet(tlsMinVersion="1.2"), "is none of VersionTLS10"),
    (kubelet(evictionHard={"memory.available": "100MB"}), "'100MB' is not an amount"),
    (kubelet(evictionHard={"memory.available": "150%"}), "'150%' is not an amount"),
    (kubelet(evictionHard={"memory": "100Mi"}), "memory is none of allocatableMemory.available"),
    (kubelet(evictionSoft={"memory.available": "1Gi"}), "has no time in evictionSoftGracePeriod"),
    (kubelet(systemReserved={"memory": "1 Gi"}), "'1 Gi' is not an amount such as 512Mi or 1G"),
    (kubelet(kubeReserved={"gpu": "1"}), "gpu is none of cpu"),
    (kubelet(containerLogMaxSize="10MB"), "'10MB' is not an amount"),
    (kubelet(memorySwap={"behavior": "NoSwap"}), "behavior is none of swapBehavior"),
    (kube_proxy(mode="IPVS"), "'IPVS' is none of iptables, ipvs, nftables"),
    (kube_proxy(mode="userspace"), "'userspace' is none of iptables"),
    (kube_proxy(metricsBindAddress="0.0.0.0"), "not an address with its port"),
    (kube_proxy(conntrack={"maxPerCore": "0"}), "maxPerCore: '0' is not a whole number"),
    (kube_proxy(conntrack={"maxper": 1}), "maxper is none of maxPerCore"),
    (kube_proxy(iptables={"syncPeriod": "30"}), "syncPeriod: '30' is not a time such as 1m30s"),
]
RIGHT: list[tuple[str, str, Any]] = [
    ("all", "ssh_user", "root"),
    ("all", "ssh_user", "ada.lovelace"),
    ("all", "dns_servers", ["192.168.56.1"]),
    ("all", "dns_servers", ["169.254.169.253"]),
    ("all", "dns_fallback", []),
    ("all", "dns_probe", "example.org"),
    ("all", "operator_folder", "/root/kube"),
    ("all", "operator_folder", "/srv/kube"),
    ("all", "operator_folder", "/var/lib/me"),
    ("docker_host", "edge_host", "shop"),
    ("docker_host", "edge_host", "www.gitlab.com.example.org"),
    ("docker_host", "edge_host", "svc.example.org"),
    ("docker_host", "edge_host", "xn--hrbor-ira.example.org"),
    ("docker_host", "harbor_url", "http://harbor:5000"),
    ("docker_host", "harbor_url", "http://192.168.56.42:5000"),
    ("docker_host", "harbor_url", "https://registry.example.org:8443"),
    ("docker_host", "harbor_version", "v2.14.0"),
    ("docker_host", "gitlab_url", "https://git.example.org/gitlab"),
    ("docker_host", "gitlab_host_keys", [KEY]),
    ("docker_host", "gitlab_project", "ada/files-and-more"),
    ("docker_host", "gitlab_project", "a/b/c/shop"),
    ("docker_host", "docker_repository", "http://mirror.example.org/debian/docker"),
    ("docker_host", "runner_repository", "https://mirror.example.org/ubuntu-mirror"),
    ("docker_host", "docker_registry_mirrors", ["http://10.9.8.7:5000", "https://m.org/hub"]),
    ("docker_host", "docker_users", ["ada", "grace"]),
    ("docker_host", "pipeline_variables", {"DOCKER_BUILDKIT": "1", "GIT_DEPTH": "0"}),
    ("docker_host", "pipeline_variables", {"_x": " a $b 'c' \n"}),
    ("docker_host", "edge_image", "registry.example.org:5000/a/nginx:1.28-alpine"),
    ("docker_host", "edge_image", f"nginx@sha256:{'0' * 64}"),
    ("docker_host", "harbor_data", "/var/lib/harbor"),
    ("docker_host", "application_path", "/opt/harbors/shop"),
    ("docker_host", "application_source", "git@git.example.org:a/b.git"),
    ("docker_host", "docker_network", "172.17.0.0/16"),
    ("k8s_node", "kubernetes_version", "v1.30.0"),
    ("k8s_node", "kubernetes_repository", "https://mirror.example.org/v1.30-mirror"),
    ("k8s_node", "containerd_mirrors", {"docker.io": "http://m:5000", "quay.io": "http://m/q"}),
    ("k8s_control", "kubeadm_extra_sans", ["localhost", "127.0.0.1", "api.example.org"]),
    ("k8s_control", "kubeadm_images", "mirror.example.org:5000/k8s"),
    ("k8s_control", "service_network", "10.32.0.0/16"),
    ("k8s_worker", "app_namespace", "monitoring-of-shop"),
    ("k8s_worker", "worker_labels", {"vm-worker": {"disk": "", "example.org/no": "no"}}),
    kubelet(maxPods=250, oomScoreAdj=-999, healthzPort=0),
    kubelet(evictionHard={"memory.available": "5%", "nodefs.available": "1G"}),
    kubelet(
        evictionSoft={"memory.available": "1.5Gi"},
        evictionSoftGracePeriod={"memory.available": "1m30s"},
    ),
    kubelet(systemReserved={"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1e9"}),
    kubelet(containerLogMaxSize="10Mi", containerLogMaxFiles=3, tlsMinVersion="VersionTLS12"),
    kubelet(cpuManagerPolicy="static", topologyManagerPolicy="best-effort"),
    kubelet(imageGCHighThresholdPercent=70, imageGCLowThresholdPercent=60),
    kube_proxy(mode="nftables", metricsBindAddress="0.0.0.0:10249"),
    kube_proxy(conntrack={"maxPerCore": 0, "tcpEstablishedTimeout": "1h"}, oomScoreAdj=-998),
    kube_proxy(ipvs={"scheduler": "rr", "strictARP": True, "syncPeriod": "30s"}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "reason"), WRONG, ids=str)
def test_a_mistake_is_refused_with_what_to_write(
    hosts: Hosts, given: tuple[str, str, Any], reason: str
) -> None:
    group, setting, value = given
    (mistake,) = mistakes_of(hosts, group, **{setting: value})
    assert mistake.setting.partition(".")[0] == setting
    assert reason in mistake.reason


@pytest.mark.parametrize(("group", "setting", "value"), RIGHT, ids=str)
def test_what_is_right_is_accepted(hosts: Hosts, group: str, setting: str, value: Any) -> None:
    assert spec.load(changed(hosts, group, **{setting: value}))


def test_a_machine_is_called_like_nobody_whom_the_others_ask(hosts: Hosts) -> None:
    hosts[1] = HostData("pkgs.k8s.io", hosts[1].groups, hosts[1].data)
    (mistake,) = mistakes_of(hosts)
    assert (mistake.where, mistake.setting) == ("inventory", "host name")
    assert mistake.reason.startswith("kubernetes_repository is somewhere else under this name")


@pytest.mark.parametrize(
    ("data", "setting", "reason"),
    [
        ({"ssh_hostname": "admin@vm"}, "ssh_hostname", "its user is ssh_user"),
        ({"ssh_hostname": "vm:22"}, "ssh_hostname", "its port ssh_port"),
        ({"ssh_hostname": "ssh://vm"}, "ssh_hostname", "not a host alone"),
        ({"ssh_hostname": "my vm"}, "ssh_hostname", "not a host alone"),
        ({"_sudo_password": "x"}, "_sudo_password", "write sudo_password into secrets.env"),
        ({"edge_host": "shop.example.org"}, "edge_host", "write it into group_data/docker_host.py"),
        ({"app_namespace": "shop"}, "app_namespace", "write it into group_data/k8s_worker.py"),
    ],
)
def test_what_is_said_of_a_machine_where_nobody_reads_it_is_refused(
    hosts: Hosts, data: dict[str, str], setting: str, reason: str
) -> None:
    own = {**hosts[1].data, "address": "192.168.56.43", **data}
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, own)
    (mistake,) = mistakes_of(hosts)
    assert (mistake.where, mistake.setting) == ("vm-k8s", setting)
    assert reason in mistake.reason


@pytest.mark.parametrize(
    "data",
    [
        {"ssh_hostname": "fd00::7"},
        {"ssh_hostname": "my_alias"},
        {"ssh_hostname": "fe80::1%eth0"},
        {"edge_host": "hit.local"},
        {"_sudo_user": "root"},
    ],
)
def test_a_machine_is_reached_by_any_name_and_may_repeat_what_others_say(
    hosts: Hosts, data: dict[str, str]
) -> None:
    own = {**hosts[1].data, "address": "192.168.56.43", **data}
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, own)
    assert spec.load(hosts)
