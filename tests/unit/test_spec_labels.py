"""Words by which others know something: what is no such word, or somebody's already, is refused."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec import Mistake
from spec.inventory import HostData
from spec.reserved import OWN_VARIABLES
from tests.unit.doubles import changed
from tests.unit.refusals import mistake_of

Hosts = list[HostData]
DIGEST = f"sha256:{'a' * 64}"
IMAGES = [
    ("docker_host", "edge_image"),
    ("k8s_control", "probe_image"),
    ("k8s_control", "flannel_policies_image"),
]


def refused(hosts: Hosts, group: str, **settings: Any) -> Mistake:
    mistake = mistake_of(hosts, group, **settings)
    assert mistake.setting.partition(".")[0] == next(iter(settings))
    return mistake


@pytest.mark.parametrize(
    ("group", "setting", "value", "reason"),
    [
        ("all", "ssh_user", "", "not a user's name by POSIX"),
        ("all", "ssh_user", "1admin", "not a user's name by POSIX"),
        ("all", "ssh_user", "-admin", "not a user's name by POSIX"),
        ("all", "ssh_user", "ad min", "not a user's name by POSIX"),
        ("all", "ssh_user", "admin\n", "not a user's name by POSIX"),
        ("all", "ssh_user", "admin;id", "not a user's name by POSIX"),
        ("all", "ssh_user", "$USER", "not a user's name by POSIX"),
        ("all", "ssh_user", "admin@host", "not a user's name by POSIX"),
        ("all", "ssh_user", "a" * 33, "not a user's name by POSIX"),
        ("all", "ssh_user", "www-data", "an account of the system's own"),
        ("all", "ssh_user", "systemd-resolve", "an account of the system's own"),
        ("docker_host", "docker_users", ["ada", "root"], "root may do that already"),
        ("docker_host", "docker_users", ["nobody"], "an account of the system's own"),
        ("docker_host", "docker_users", ["ada lovelace"], "not a user's name by POSIX"),
        ("docker_host", "harbor_project", "Shop", "not a project's name"),
        ("docker_host", "harbor_project", "shop-", "not a project's name"),
        ("docker_host", "harbor_project", "a/b", "not a project's name"),
        ("docker_host", "harbor_project", "library", "Harbor's own project"),
        ("docker_host", "gitlab_project", "shop", "write it as group/name"),
        ("docker_host", "gitlab_project", "/group/shop", "write it as group/name"),
        ("docker_host", "gitlab_project", "https://gitlab.com/group/shop", "without its address"),
        ("docker_host", "gitlab_project", "group/-shop", "write it as group/name"),
        ("docker_host", "gitlab_project", "group/shop.git", "ends in .git"),
        ("docker_host", "gitlab_project", "group./shop", "ends in .git"),
        ("docker_host", "gitlab_project", "api/shop", "api is a page of GitLab's own"),
        ("docker_host", "runner_tag", "deploy,build", "not one tag"),
        ("docker_host", "runner_tag", "$TAG", "not one tag"),
        ("docker_host", "runner_tag", "", "not one tag"),
        ("k8s_worker", "app_namespace", "kube-system", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "kube-public", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "kube-node-lease", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "kube-flannel", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "default", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "threebody-probe", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "calico-system", "a namespace of the cluster's own"),
        ("k8s_worker", "app_namespace", "Shop", "not the name of a namespace"),
        ("k8s_worker", "app_namespace", "shop.prod", "not the name of a namespace"),
        ("k8s_worker", "app_namespace", "a" * 64, "not the name of a namespace"),
        ("k8s_control", "kubeadm_images", "https://mirror.org/k8s", "not an image such as"),
        ("k8s_control", "kubeadm_images", "mirror.org/k8s/", "not an image such as"),
        ("k8s_control", "kubeadm_images", "mirror.org:0", "its port is none"),
        ("k8s_control", "kubeadm_ignored_errors", ["all"], "hides every mistake"),
        ("k8s_control", "kubeadm_ignored_errors", ["Num CPU"], "not a check of kubeadm's"),
    ],
)
def test_a_word_that_is_none_or_somebodys_already_is_refused(
    hosts: Hosts, group: str, setting: str, value: object, reason: str
) -> None:
    assert reason in refused(hosts, group, **{setting: value}).reason


@pytest.mark.parametrize(
    ("group", "setting", "value"),
    [
        ("all", "ssh_user", "root"),  # who needs no sudo
        ("all", "ssh_user", "ubuntu"),
        ("all", "ssh_user", "ada.lovelace"),
        ("all", "ssh_user", "Ada_1-x"),
        ("docker_host", "docker_users", ["ada", "jenkins", "gitlab-runner"]),
        ("docker_host", "harbor_project", "shop.prod_1-x"),
        ("docker_host", "gitlab_project", "group/sub.group/Shop_1-x.y"),
        ("docker_host", "runner_tag", "Deploy_1.x-y"),
        ("k8s_worker", "app_namespace", "shop-prod-1"),
        ("k8s_worker", "app_namespace", "kubeshop"),
        ("k8s_control", "kubeadm_images", "mirror.org:5000"),
        ("k8s_control", "kubeadm_images", "mirror.org:5000/k8s/images"),
        ("k8s_control", "kubeadm_images", "10.1.1.2/k8s"),
        ("k8s_control", "kubeadm_ignored_errors", ["DirAvailable--var-lib-etcd", "Port-10250"]),
    ],
)
def test_a_usual_word_is_accepted(hosts: Hosts, group: str, setting: str, value: object) -> None:
    assert spec.load(changed(hosts, group, **{setting: value}))


@pytest.mark.parametrize(("group", "setting"), IMAGES, ids=[setting for _, setting in IMAGES])
@pytest.mark.parametrize(
    ("image", "reason"),
    [
        ("", "not an image with a tag or digest"),
        ("nginx", "not an image with a tag or digest"),
        ("nginx:", "not an image with a tag or digest"),
        ("nginx:1 ", "not an image with a tag or digest"),
        ("nginx:1\n", "not an image with a tag or digest"),
        (f"nginx:{'1' * 129}", "not an image with a tag or digest"),
        ("nginx@sha256:abc", "not an image such as"),
        ("nginx:latest", "'latest' is no version"),
        ("reg.org:5000/nginx:latest", "'latest' is no version"),
        ("Nginx:1", "not an image such as"),
        ("nginx/:1", "not an image such as"),
        ("ngi nx:1", "not an image such as"),
        ("a..b:1", "not an image such as"),
        ("a/-b:1", "not an image such as"),
        ("$IMAGE:1", "not an image such as"),
        ("https://reg.org/nginx:1", "not an image such as"),
        ("reg.org:0/nginx:1", "its port is none"),
        ("Reg.org/nginx:1", "not a host name by RFC 1123"),
        ("reg_a.org/nginx:1", "not a host name by RFC 1123"),
        (f"{'a' * 256}:1", "not an image such as"),
    ],
)
def test_what_is_no_image_is_refused(
    hosts: Hosts, group: str, setting: str, image: str, reason: str
) -> None:
    assert reason in refused(hosts, group, **{setting: image}).reason


@pytest.mark.parametrize(("group", "setting"), IMAGES, ids=[setting for _, setting in IMAGES])
@pytest.mark.parametrize(
    "image",
    [
        "nginx:1",
        "nginx:Stable_1.2-x",
        "library/nginx:1.2.3-alpine",
        "reg.org/a/b/c:1",
        "reg.org:5000/a__b/c--d:1",
        "10.1.1.2:5000/nginx:1",
        "localhost/nginx:1",
        f"nginx@{DIGEST}",
        f"nginx:latest@{DIGEST}",
        f"reg.org:5000/nginx:1@{DIGEST}",
    ],
)
def test_an_image_by_tag_or_digest_is_accepted(
    hosts: Hosts, group: str, setting: str, image: str
) -> None:
    assert spec.load(changed(hosts, group, **{setting: image}))


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("CI", "GitLab's own, or the shell's"),
        ("CI_COMMIT_SHA", "GitLab's own, or the shell's"),
        ("GITLAB_TOKEN", "GitLab's own, or the shell's"),
        ("PATH", "GitLab's own, or the shell's"),
        ("LD_PRELOAD", "GitLab's own, or the shell's"),
        ("GO-IMAGE", "not the name of a variable"),
        ("1ST", "not the name of a variable"),
        ("", "not the name of a variable"),
        ("A B", "not the name of a variable"),
        ("A" * 256, "not the name of a variable"),
        *((name, f"{name} is set by {told}") for name, told in OWN_VARIABLES.items()),
    ],
)
def test_a_variable_that_is_none_or_somebodys_already_is_refused(
    hosts: Hosts, name: str, reason: str
) -> None:
    told = refused(hosts, "docker_host", pipeline_variables={name: "x"})
    assert (told.setting, told.value) == (f"pipeline_variables.{name}", "'x'")
    assert reason in told.reason


@pytest.mark.parametrize("value", ["", "a" * 10_001, "a\x00"])
def test_a_value_that_gitlab_does_not_keep_is_refused(hosts: Hosts, value: str) -> None:
    told = refused(hosts, "docker_host", pipeline_variables={"GO_IMAGE": value})
    assert "leave the variable out" in told.reason


def test_usual_variables_are_accepted(hosts: Hosts) -> None:
    wanted = {
        "GO_IMAGE": "golang:1",
        "KUBECTL_RELEASES": "https://x",
        "CITY": "a $b",
        "SEED": "false",
    }
    platform = spec.load(changed(hosts, "docker_host", pipeline_variables=wanted))
    assert platform.docker_host.pipeline_variables == wanted


@pytest.mark.parametrize(
    ("label", "value", "reason"),
    [
        ("kubernetes.io/hostname", "x", "is set by Kubernetes"),
        ("kubernetes.io/os", "x", "is set by Kubernetes"),
        ("beta.kubernetes.io/arch", "x", "is set by Kubernetes"),
        ("node.kubernetes.io/instance-type", "x", "is set by Kubernetes"),
        ("node-role.kubernetes.io/control-plane", "", "is set by Kubernetes"),
        ("k8s.io/disk", "x", "is set by Kubernetes"),
        ("projectcalico.org/disk", "x", "is set by Kubernetes"),
        ("", "x", "not the name of a label"),
        ("a b", "x", "not the name of a label"),
        ("/disk", "x", "not the name of a label"),
        ("a/b/c", "x", "not the name of a label"),
        ("Example.org/disk", "x", "not the name of a label"),
        ("-disk", "x", "not the name of a label"),
        ("d" * 64, "x", "not the name of a label"),
        ("disk", "a b", "is not a label's value"),
        ("disk", "ssd;reboot", "is not a label's value"),
        ("disk", "-ssd", "is not a label's value"),
        ("disk", "s" * 64, "is not a label's value"),
        ("disk", True, "not text: write it between quotes"),
    ],
)
def test_a_label_that_is_none_or_kubernetes_own_is_refused(
    hosts: Hosts, label: str, value: object, reason: str
) -> None:
    told = refused(hosts, "k8s_worker", worker_labels={"vm-worker": {label: value}})
    assert reason in told.reason


@pytest.mark.parametrize(
    ("label", "value"),
    [
        ("disk", "ssd"),
        ("disk", ""),
        ("Disk_1.x", "SSD_1.x-y"),
        ("example.org/disk", "ssd"),
        ("mykubernetes.io/disk", "ssd"),
        ("node-role.kubernetes.io/worker", ""),
        ("topology.kubernetes.io/zone", "rack-1"),
        ("node-restriction.kubernetes.io/shop", "yes"),
    ],
)
def test_a_label_that_people_set_is_accepted(hosts: Hosts, label: str, value: str) -> None:
    assert spec.load(changed(hosts, "k8s_worker", worker_labels={"vm-worker": {label: value}}))
