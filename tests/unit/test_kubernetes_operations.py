"""What the cluster is told, and what nodes are prepared with."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from facts.apt import Held
from facts.cluster import Cluster, ClusterState, Same, There
from facts.containerd import Containerd, ContainerdState, Registries
from facts.files import Paths, PathState
from facts.kernel import Modules, Swap, SwapState, Sysctl
from operations import apt, containerd, kernel
from operations import kubernetes as subject
from operations.files import File
from operations.systemd import masking
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, sh, stdin_of, texts

CHANGES = File("/etc/kubernetes/network/calico/kustomization.yaml", "kind: Kustomization\n")
SUM = "a" * 64
MANIFEST = "/etc/kubernetes/network/calico/calico.yaml"


def network(cni: str = "calico") -> list[str]:
    url = "https://example.org/calico.yaml"
    return texts(subject.network, cni=cni, url=url, sha256=SUM, changes=[CHANGES])


def test_a_manifest_that_the_cluster_has_is_not_applied(on_host: OnHost) -> None:
    manifests = {"manifest": "kind: x\n", "among": ["kind: x\n", "kind: y\n"]}
    host = on_host({Same: True})
    assert commands(subject.manifest, **manifests) == []
    assert host.asked == [(Same, {"manifests": ["kind: x\n", "kind: y\n"]})]
    host = on_host({Same: False})
    (command,) = commands(subject.manifest, **manifests)
    assert host.asked[-1] == (Same, {"manifests": ["kind: x\n"]})
    assert stdin_of(command) == "kind: x\n"
    assert "apply --server-side" in command.get_raw_value()


def test_the_pod_network_is_fetched_laid_over_applied_and_recorded(on_host: OnHost) -> None:
    on_host({Cluster: ClusterState(answers=True)})
    fetched, written, applied, noted = network()
    assert SUM in fetched
    assert "kustomization.yaml" in written
    assert "kubectl kustomize /etc/kubernetes/network/calico |" in applied
    sum_ = noted.partition("--patch ")[2].split('"')[5].rstrip()
    same = {"calico": f"{sum_} calico-node=3"}
    has = {
        MANIFEST: PathState("file", "0644", "root", "root", SUM),
        CHANGES.path: PathState("file", "0644", "root", "root", _sum(CHANGES.content)),
    }
    whole = ClusterState(True, {}, "calico", same, edited="calico-node=3")
    for state in (whole, replace(whole, applied={"calico": sum_})):  # as an older version noted it
        on_host({Paths: has, Cluster: state})
        assert network() == []
    for other in (
        {"network": ""},  # somebody deleted it
        {"applied": {"calico": "older"}},
        {"edited": "calico-node=4"},  # somebody edited it
    ):
        on_host({Paths: has, Cluster: replace(whole, **other)})
        assert len(network()) == 2, other


def test_another_pod_network_on_a_running_cluster_is_refused_with_the_way_to_do_it(
    on_host: OnHost,
) -> None:
    on_host({Cluster: ClusterState(answers=True, network="calico")})
    (command,) = network("flannel")
    done = sh(command)
    assert done.returncode == 1
    assert "the cluster's pod network is calico, and cni says flannel" in done.stderr
    assert "`make reset NODE=k8s_node`" in done.stderr


def test_only_labels_that_differ_are_set(on_host: OnHost) -> None:
    on_host({Cluster: ClusterState(True, {"vm-worker": {"disk": "ssd", "own": "stays"}})})
    wanted = {"vm-worker": {"disk": "ssd", "role": "database"}}
    (command,) = texts(subject.labels, labels=wanted)
    assert "label node vm-worker --overwrite role=database" in command
    assert texts(subject.labels, labels={"vm-worker": {"disk": "ssd"}}) == []


def test_a_volume_whose_claim_was_deleted_may_be_claimed_again(on_host: OnHost) -> None:
    on_host({Cluster: ClusterState(True, released=frozenset({"shop-mysql"}))})
    (command,) = texts(subject.release_volume, volume="shop-mysql")
    assert "patch persistentvolume shop-mysql --type json" in command
    assert "/spec/claimRef/uid" in command
    assert texts(subject.release_volume, volume="of-somebody-else") == []


def test_objects_that_are_there_are_removed(on_host: OnHost) -> None:
    account = "/api/v1/namespaces/shop/serviceaccounts/ci"
    on_host({There: (account,)})
    (command,) = texts(subject.delete, paths=[account, f"{account}2"])
    assert command.endswith(f"delete --raw {account} >/dev/null")
    on_host()
    assert texts(subject.delete, paths=[account]) == []


def test_no_swap_is_swap_off_now_and_after_a_boot(on_host: OnHost) -> None:
    on_host()
    assert texts(kernel.swapoff) == []
    swap = SwapState(("/dev/sda5",), ("/dev/sda5",), ("dev-zram0.swap",), ("/swap.img",))
    on_host({Swap: swap})
    off, fstab, units, file = texts(kernel.swapoff)
    assert off == "swapoff --all"
    assert "/etc/fstab" in fstab
    assert units == masking(["dev-zram0.swap"])
    assert "rm -f /swap.img" in file


def test_the_fstab_keeps_everything_and_its_swap_as_a_comment(
    on_host: OnHost, tmp_path: Path
) -> None:
    fstab = tmp_path / "fstab"
    lines = "# swap was here\n/dev/sda1 / ext4 defaults 0 1\nUUID=1 none swap sw 0 0\n"
    fstab.write_text(lines)
    on_host({Swap: SwapState(fstab=("UUID=1",))})
    (command,) = texts(kernel.swapoff)
    moved = command.replace("/etc/fstab", str(fstab)).replace("systemctl daemon-reload", "true")
    assert sh(moved).returncode == 0
    commented = lines.replace("UUID=1", "# no swap under kubelet: UUID=1")
    assert fstab.read_text() == commented
    assert fstab.stat().st_mode & 0o777 == 0o644


def test_modules_and_settings_are_loaded_where_they_have_no_effect(on_host: OnHost) -> None:
    on_host({Modules: ("overlay",), Sysctl: {"net.ipv4.ip_forward": "0"}})
    assert texts(kernel.modules, names=["overlay", "br_netfilter"]) == [
        "modprobe --all br_netfilter"
    ]
    wanted = {"net.ipv4.ip_forward": "1"}
    assert texts(kernel.sysctl, values=wanted, file="/etc/x") == ["sysctl --quiet --load=/etc/x"]
    on_host({Sysctl: wanted})
    assert texts(kernel.sysctl, values=wanted, file="/etc/x") == []


def test_what_a_kernel_lacks_is_missed_only_where_it_is_needed(on_host: OnHost) -> None:
    wanted = {"net.ipv4.ip_forward": "1", "kernel.yama.ptrace_scope": "1"}
    on_host({Sysctl: {"net.ipv4.ip_forward": "1"}})
    assert texts(kernel.sysctl, values=wanted, file="/etc/x") != []
    assert texts(kernel.sysctl, values=wanted, file="/etc/x", needed=False) == []
    on_host({Sysctl: {"net.ipv4.ip_forward": "0"}})
    assert texts(kernel.sysctl, values=wanted, file="/etc/x", needed=False) == [
        "sysctl --quiet --ignore --load=/etc/x"
    ]


def test_packages_are_held(on_host: OnHost) -> None:
    on_host({Held: ("kubelet",)})
    assert texts(apt.hold, packages=["kubelet", "kubeadm"]) == ["apt-mark hold kubeadm"]


def test_registries_that_nobody_named_are_removed(platform: Platform, on_host: OnHost) -> None:
    stray = "/etc/containerd/certs.d/old.example"
    on_host({Registries: (platform.registry, "old.example")}, "vm-worker")
    wanted = containerd._registries(platform)
    present = {
        file.path: PathState("file", "0644", "root", "root", _sum(file.content)) for file in wanted
    }
    on_host(
        {
            Registries: (platform.registry, "old.example"),
            Paths: {**present, stray: PathState("directory", "0755", "root", "root")},
        },
        "vm-worker",
    )
    assert texts(containerd.registries, platform=platform) == [f"rm -rf -- {stray}"]


def test_containerd_is_configured_by_what_is_installed(platform: Platform, on_host: OnHost) -> None:
    on_host({Containerd: ContainerdState(2, "registry/pause:3.9")}, "vm-worker")
    write, load = commands(containerd.config, platform=platform)
    assert "config.toml" in write.get_raw_value()
    assert "registry/pause:3.9" in stdin_of(write)
    assert "systemctl restart containerd" in load.get_raw_value()


def _sum(content: str) -> str:
    import hashlib

    return hashlib.sha256(content.encode()).hexdigest()


@pytest.mark.parametrize("major", [1, 2])
def test_the_names_of_containerds_settings_follow_its_version(
    major: int, platform: Any, on_host: OnHost
) -> None:
    import tomllib

    on_host(name="vm-worker")
    file = containerd._configuration(platform, ContainerdState(major, "registry/pause:3.9"))
    told = tomllib.loads(file.content)
    plugins = told["plugins"]
    if major == 1:
        cri = plugins["io.containerd.grpc.v1.cri"]
        runtime, images, sandbox = cri, cri, cri["sandbox_image"]
    else:
        runtime = plugins["io.containerd.cri.v1.runtime"]
        images = plugins["io.containerd.cri.v1.images"]
        sandbox = images["pinned_images"]["sandbox"]
    assert told["version"] == major + 1
    assert sandbox == "registry/pause:3.9"
    assert runtime["containerd"]["runtimes"]["runc"]["options"] == {"SystemdCgroup": True}
    assert images["registry"] == {"config_path": "/etc/containerd/certs.d"}
    assert runtime["restrict_oom_score_adj"] is False
    assert "config dump" in file.check
