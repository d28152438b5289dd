"""C, D on the cluster's machines: versions, doors, secrets, and what nobody may do."""

from __future__ import annotations

import json

import pytest
from testinfra.host import Host

from spec import Machine, Platform
from tests.fleet import Fleet

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"


@pytest.fixture
def control(fleet: Fleet) -> Host:
    return fleet.host(fleet.platform.control)


def nodes_only(machine: Machine) -> None:
    if "k8s_node" not in machine.groups:
        pytest.skip("no node of the cluster")


def test_every_machine_of_the_inventory_is_a_node_and_no_other(
    platform: Platform, control: Host
) -> None:
    told = json.loads(control.check_output(f"{KUBECTL} get nodes -o json"))["items"]
    found = {
        node["metadata"]["name"]: (
            node["status"]["nodeInfo"]["kubeletVersion"],
            next(a["address"] for a in node["status"]["addresses"] if a["type"] == "InternalIP"),
        )
        for node in told
    }
    version = f"v{platform.k8s_node.kubernetes_version}"
    nodes = platform.members("k8s_node")
    assert found == {node.hostname: (version, str(node.address)) for node in nodes}


def test_swap_is_off_and_stays_off(machine: Machine, host: Host) -> None:
    nodes_only(machine)
    assert host.check_output("swapon --show") == ""
    lines = host.file("/etc/fstab").content_string.splitlines()
    assert [line for line in lines if " swap " in line and not line.startswith("#")] == []
    assert not host.file("/swap.img").exists


def test_kubelet_does_not_start_without_the_nodes_firewall(machine: Machine, host: Host) -> None:
    nodes_only(machine)
    needed = host.check_output("systemctl show --property=Requires --value kubelet").split()
    assert "node-firewall.service" in needed


def test_the_kernel_is_set_up_at_boot_as_well(machine: Machine, host: Host) -> None:
    nodes_only(machine)
    assert host.file("/etc/modules-load.d/kubernetes.conf").content_string.split("\n")[-3:-1] == [
        "overlay",
        "br_netfilter",
    ]
    for name in ("net/bridge/bridge-nf-call-iptables", "net/ipv4/ip_forward"):
        assert host.file(f"/proc/sys/{name}").content_string.strip() == "1"


def test_containerd_has_loaded_what_it_was_given(machine: Machine, host: Host) -> None:
    nodes_only(machine)
    dumped = host.check_output("containerd config dump")
    assert "SystemdCgroup = true" in dumped
    assert 'config_path = "/etc/containerd/certs.d"' in dumped.replace("'", '"')
    sandbox = host.check_output(
        "kubeadm config images list --kubernetes-version $(kubeadm version -o short) 2>/dev/null |"
        " grep /pause:"
    )
    assert sandbox in dumped


def test_kubelet_is_for_the_api_server_only(
    fleet: Fleet, platform: Platform, machine: Machine, host: Host
) -> None:
    nodes_only(machine)
    status = "curl -sk -o /dev/null -w '%{http_code}' --max-time 30"
    assert host.check_output(f"{status} https://{machine.address}:10250/pods") == "401"
    readonly = host.run(f"{status} http://{machine.address}:10255/pods")
    assert readonly.stdout == "000"


def test_kubeadms_packages_are_held_at_the_wanted_version(
    platform: Platform, machine: Machine, host: Host
) -> None:
    nodes_only(machine)
    held = set(host.check_output("apt-mark showhold").split())
    assert held >= {"kubelet", "kubeadm", "kubectl"}
    for name in ("kubelet", "kubeadm", "kubectl"):
        version = host.package(name).version
        assert version.startswith(f"{platform.k8s_node.kubernetes_version}-")


def test_what_opens_the_cluster_is_for_its_owner_only(platform: Platform, control: Host) -> None:
    user = platform.all.ssh_user
    home = control.check_output(f"getent passwd {user} | cut -d: -f6")
    private = {
        "/etc/kubernetes/admin.conf": "root",
        "/etc/kubernetes/encryption.yaml": "root",
        "/root/.kube/config": "root",
        f"{home}/.kube/config": user,
        f"{home}/.kube/ci": user,
    }
    for path, owner in private.items():
        file = control.file(path)
        assert (file.mode, file.user) == (0o600, owner), path


def test_only_the_database_worker_has_its_directory(
    platform: Platform, machine: Machine, host: Host
) -> None:
    settings = platform.k8s_worker
    folder = host.file(settings.app_database_path)
    if machine.hostname == settings.app_database_worker:
        assert (folder.mode, folder.uid, folder.gid) == (0o700, 999, 999)
    else:
        assert not folder.exists


def test_nobody_without_a_name_asks_the_api(platform: Platform, control: Host) -> None:
    ask = f"curl -sk --max-time 30 https://{platform.control.address}:6443/api/v1/secrets"
    assert json.loads(control.check_output(ask))["code"] == 403


def test_every_pod_of_the_system_runs(control: Host) -> None:
    told = json.loads(control.check_output(f"{KUBECTL} get pods -n kube-system -o json"))["items"]
    for pod in told:
        ready = all(row["ready"] for row in pod["status"]["containerStatuses"])
        assert ready, pod["metadata"]["name"]
