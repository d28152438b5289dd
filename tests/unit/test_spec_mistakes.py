"""Settings as people write them by mistake, and right ones that look alike."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import assert_refused, mistakes_of

Hosts = list[HostData]


WRONG: list[tuple[tuple[str, str, Any], str]] = [
    # Another kind of value.
    (("k8s_node", "containerd_restrict_oom_score_adj", "no"), "True or False, without quotes"),
    (("k8s_node", "containerd_restrict_oom_score_adj", 1), "True or False, without quotes"),
    (("all", "dns_servers", "1.1.1.1"), 'a list: write it between brackets, ["…"]'),
    (("docker_host", "runner_tag", 7), 'text: write it between quotes, "…"'),
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
    (("docker_host", "docker_repository", "https://d.example.org/debian"), "ends in /debian"),
    (("docker_host", "runner_repository", "https://r.example.org/x/ubuntu"), "ends in /ubuntu"),
    (("k8s_node", "kubernetes_repository", "https://k.io/core:/stable:/v1.30"), "ends in /v1.30"),
    (("k8s_node", "kubernetes_repository", "https://k.io/c/v1.30/deb"), "ends in /v1.30/deb"),
    (("k8s_node", "containerd_mirrors", {"index.docker.io": "https://m"}), "calls docker.io"),
    # Versions.
    (("docker_host", "docker_version", "28.05.1"), "not a version such as"),
    (("k8s_node", "kubernetes_version", "1.030.14"), "not an exact version"),
    (("docker_host", "harbor_version", "2.14.１"), "not a version such as"),
    (("k8s_worker", "app_namespace", "monitoring"), "a namespace of the cluster's own"),
    # Images and registries.
    (("docker_host", "edge_image", "hub.docker.com/nginx:1"), "a page, and no registry"),
    (("docker_host", "edge_image", "harbor.local:8080/threebody/nginx:1"), "own project, which is"),
    (
        ("k8s_control", "probe_image", "harbor.local:8080/threebody/b@sha256:" + "0" * 64),
        "own proj",
    ),
    (("k8s_control", "kubeadm_images", "harbor.local:8080/threebody/k8s"), "own project, which is"),
    (("k8s_control", "kubeadm_images", "k8s.gcr.io"), "a registry that Kubernetes has left"),
    (
        ("k8s_node", "kubernetes_repository", "https://apt.kubernetes.io"),
        "are at pkgs.k8s.io now",
    ),
    (("k8s_node", "kubernetes_repository", "https://pkgs.k8s.io"), "are at pkgs.k8s.io now"),
    (("k8s_node", "containerd_mirrors", {"quay.io": "https://quay.io"}), "leads to itself"),
    (("docker_host", "harbor_url", "http://quay.io:8080"), "somewhere else under this name"),
    (("docker_host", "harbor_url", "http://registry.k8s.io:5000"), "kubeadm_images is somewhere"),
    (("docker_host", "edge_host", "deb.debian.org"), "Debian is somewhere else under this name"),
    (("docker_host", "edge_host", "auth.docker.io"), "Docker's registry is somewhere else"),
    (("docker_host", "edge_host", "proxy.golang.org"), "what builds fetch is somewhere else"),
    # What YAML reads as something else.
    (("k8s_worker", "app_namespace", "true"), "YAML reads no text in it"),
    (("k8s_worker", "app_namespace", "123"), "YAML reads no text in it"),
    (("k8s_worker", "app_namespace", "1e3"), "YAML reads no text in it"),
    (("docker_host", "edge_host", "on"), "YAML reads no text in it"),
    (("all", "dns_servers", ["192.168.56.43"]), "is vm-k8s, whose firewall lets nobody ask it"),
    (("all", "ssh_user", "gitlab-runner"), "the CI runner's account"),
    # Folders.
    (("docker_host", "docker_data_root", "/home/ada/.docker"), "what a program keeps for somebody"),
    (("k8s_worker", "app_database_path", "/home/ada/.ssh"), "what a program keeps for somebody"),
    (("k8s_worker", "app_database_path", "/mnt/disk/lost+found"), "a folder beside it"),
    (("all", "operator_folder", ".git/kube"), "git's own"),
    (("all", "backup_folder", "/tmp"), "emptied at each boot"),
    (("all", "backup_folder", "/run/backups"), "emptied at each boot"),
    (("docker_host", "harbor_data", "/var/lib/sudo"), "the system's own"),
    (("docker_host", "harbor_data", "/var/lib/snapd/x"), "the system's own"),
    (("docker_host", "application_path", "/opt/harbor-v2.14.0"), "Harbor's own"),
    (("all", "operator_folder", "/etc"), "the system's own"),
    (("all", "backup_recipient", "age1me"), "not a public key of age's"),
    (("all", "backup_recipient", "AGE-SECRET-KEY-1" + "Q" * 58), "the private key, which stays"),
    (("all", "backup_days", 0), "not a number of days: 1 to 10000"),
    (("all", "operator_folder", "/usr/local/kube"), "the system's own"),
    (("all", "operator_folder", "/home"), "the system's own"),
    (("all", "operator_folder", "C:\\Users\\me"), "holds a backslash"),
    (("all", "operator_folder", "README.md"), "is a file"),
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
    ("docker_host", "docker_repository", "http://mirror.example.org/debian/docker"),
    ("docker_host", "runner_repository", "https://mirror.example.org/ubuntu-mirror"),
    ("docker_host", "docker_registry_mirrors", ["http://10.9.8.7:5000", "https://m.org/hub"]),
    ("docker_host", "docker_users", ["ada", "grace"]),
    ("docker_host", "edge_image", "registry.example.org:5000/a/nginx:1.30-alpine"),
    ("docker_host", "edge_image", f"nginx@sha256:{'0' * 64}"),
    ("docker_host", "harbor_data", "/var/lib/harbor"),
    ("docker_host", "application_path", "/opt/harbors/shop"),
    ("docker_host", "docker_network", "172.17.0.0/16"),
    ("docker_host", "edge_image", "harbor.local:8080/library/nginx:1"),
    ("docker_host", "edge_image", "harbor.local:8080/threebody-base/nginx:1"),
    ("docker_host", "harbor_data", "/home/harbor/data.d"),
    ("docker_host", "edge_host", "yes.example.org"),
    ("docker_host", "edge_host", "quay.io.example.org"),
    ("all", "backup_folder", "/srv/tmp"),
    ("k8s_control", "kubeadm_images", "mirror.example.org/k8s.gcr.io"),
    ("k8s_node", "containerd_mirrors", {"quay.io": "https://quay.io.example.org"}),
    ("k8s_worker", "app_namespace", "true-shop"),
    ("k8s_worker", "app_namespace", "e3"),
    ("k8s_node", "kubernetes_version", "v1.36.0"),
    ("k8s_node", "kubernetes_repository", "https://mirror.example.org/v1.30-mirror"),
    ("k8s_node", "containerd_mirrors", {"docker.io": "http://m:5000", "quay.io": "http://m/q"}),
    ("k8s_control", "kubeadm_extra_sans", ["localhost", "127.0.0.1", "api.example.org"]),
    ("k8s_control", "kubeadm_images", "mirror.example.org:5000/k8s"),
    ("k8s_control", "service_network", "10.32.0.0/16"),
    ("k8s_worker", "app_namespace", "monitoring-of-shop"),
    ("k8s_worker", "worker_labels", {"vm-worker": {"disk": "", "example.org/no": "no"}}),
]  # fmt: skip


@pytest.mark.parametrize(("given", "reason"), WRONG, ids=str)
def test_a_mistake_is_refused_with_what_to_write(
    hosts: Hosts, given: tuple[str, str, Any], reason: str
) -> None:
    assert_refused(hosts, given, reason)


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
        ({"_sudo": False}, "_sudo", "write True, or root as ssh_user"),
        ({"_sudo_user": "ada"}, "_sudo_user", "write 'root', or root as ssh_user"),
        ({"_ignore_errors": True}, "_ignore_errors", "which the platform says itself"),
        ({"_timeout": 60}, "_timeout", "which the platform says itself"),
        ({"_env": {"LANG": "C"}}, "_env", "which the platform says itself"),
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
        {"_mine": "a name that only the inventory reads"},
    ],
)
def test_a_machine_is_reached_by_any_name_and_may_repeat_what_others_say(
    hosts: Hosts, data: dict[str, str]
) -> None:
    own = {**hosts[1].data, "address": "192.168.56.43", **data}
    hosts[1] = HostData(hosts[1].name, hosts[1].groups, own)
    assert spec.load(hosts)
