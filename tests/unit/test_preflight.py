"""What preflight finds of one machine: what is in the way, and what is right and left alone."""

from __future__ import annotations

import json
from typing import Any

import pytest

from facts.probe import Probe
from facts.probe.kernel import DEFAULTS
from facts.probe.others import Listener, Running
from operations.sources import _templates
from spec import Platform
from spec.inventory import HostData
from spec.load import load
from tasks.preflight import _as_seen
from tasks.preflight.beginning import _encryption
from tests.unit import machines_met, machines_told
from tests.unit.doubles import changed
from tests.unit.machines_bad import BAD, FLAGS, room
from tests.unit.machines_good import COMPOSED, GOOD
from tests.unit.machines_made import MADE
from tests.unit.probes import (
    CONTROL,
    DOCKER,
    MACHINES,
    NODE,
    WORKER,
    notes,
    probe,
    refusals,
)

REFUSED = [*BAD, *MADE, *machines_told.BAD, *machines_met.BAD]


@pytest.mark.parametrize(
    ("name", "subject", "changes", "output"),
    REFUSED,
    ids=[told[3][:50] for told in REFUSED],
)
def test_what_is_in_the_way_is_refused_in_one_sentence(
    platform: Platform, name: str, subject: str, changes: dict[str, Any], output: str
) -> None:
    (found,) = refusals(platform, name, probe(subject, **changes))
    assert found.startswith(f"{name}: ")
    assert output in found


@pytest.mark.parametrize(
    ("name", "subject", "changes"),
    [*GOOD, *machines_told.GOOD, *machines_met.GOOD],
    ids=lambda told: " ".join(told) if isinstance(told, dict) else told,
)
def test_what_is_right_is_not_refused(
    platform: Platform, name: str, subject: str, changes: dict[str, Any]
) -> None:
    assert refusals(platform, name, probe(subject, **changes)) == []


def test_harbor_may_have_the_port_that_a_virtual_address_has_elsewhere(
    hosts: list[HostData],
) -> None:
    at_8443 = load(changed(hosts, "docker_host", harbor_url="https://harbor.local:8443"))
    found = probe("others", listeners=(Listener(8443, "docker-proxy", 7),), ours=COMPOSED)
    assert refusals(at_8443, DOCKER, found) == []


@pytest.mark.parametrize("name", MACHINES)
def test_a_bare_machine_that_has_all_it_needs_is_found_nothing_of(
    platform: Platform, name: str
) -> None:
    assert refusals(platform, name, Probe()) == []
    assert notes(platform, name, Probe()) == []


@pytest.mark.parametrize(
    ("name", "subject", "changes", "output"),
    [
        (DOCKER, "system", {"memory_mib": 1963}, "Harbor asks for 4 GiB"),
        (DOCKER, "system", {"cpus": 1}, "1 CPU, a docker_host needs 2"),
        (DOCKER, "kernel", {"mtu": (("eth0", 1400),)}, "eth0 has an MTU of 1400"),
        (DOCKER, "packages", {"installed": (("docker.io", "26"),)}, "is replaced by docker-ce"),
        (WORKER, "packages", {"held": (("kubelet", "1.29.0-1.1"),)}, "kubelet is held at 1.29.0"),
        (
            DOCKER,
            "programs",
            {"daemon": ("userns-remap", "data-root")},
            ": data-root, userns-remap",
        ),
        (
            DOCKER,
            "system",
            {"rooms": (room("/data/harbor", 9000, holds=("database", "registry")),)},
            "has a Harbor's data already, and it is taken over",
        ),
        (
            DOCKER,
            "overrides",
            {"admins": {"admin", "eve", "bob"}},
            "bob, eve may use Docker no more",
        ),
        (
            CONTROL,
            "overrides",
            {"kubeconfigs": ("/root/.kube/config",)},
            "it is kept as /root/.kube/config.before",
        ),
        (WORKER, "names", {"proxies": ("export https_proxy=x",)}, "/etc/environment sets https_pr"),
        (
            WORKER,
            "others",
            {
                "kubelet_arguments": FLAGS,
                "ours": NODE,
            },
            "it is left alone",
        ),
    ],
)
def test_what_is_taken_over_is_said(
    platform: Platform, name: str, subject: str, changes: dict[str, Any], output: str
) -> None:
    (found,) = notes(platform, name, probe(subject, **changes))
    assert output in found


def test_the_key_of_secrets_env_is_the_clusters(platform: Platform) -> None:
    sums = (_encryption(platform.secrets.kubernetes_encryption_key), "0" * 64)
    seen = probe("others", running=Running(encryption=sums))
    assert refusals(platform, CONTROL, seen) == []


def test_a_kubelet_that_needs_cgroup_v2_is_told_or_refused(hosts: list[HostData]) -> None:
    def refused(**settings: Any) -> list[str]:
        newer = changed(hosts, "k8s_node", kubernetes_version="1.35.4")
        platform = load(changed(newer, "k8s_control", **settings))
        return refusals(platform, WORKER, probe(cgroup_v2=False))

    calico = {"calico_version": "3.31.7", "calico_sha256": "0" * 64}
    assert "has cgroup v1, on which kubelet 1.35.4 does not start" in refused(**calico)[0]
    assert refused(**calico, kubeadm_kubelet={"failCgroupV1": False}) == []


def test_kubelet_is_let_protect_the_kernels_defaults_where_they_are_as_it_wants(
    hosts: list[HostData],
) -> None:
    strict = {"kubeadm_kubelet": {"protectKernelDefaults": True}}
    platform = load(changed(hosts, "k8s_control", **strict))
    right = dict(DEFAULTS)
    assert refusals(platform, WORKER, probe("kernel", defaults=tuple(right.items()))) == []
    wrong = {**right, "vm.overcommit_memory": "0"}
    (found,) = refusals(platform, WORKER, probe("kernel", defaults=tuple(wrong.items())))
    assert "protectKernelDefaults: set vm.overcommit_memory = 1 (/etc/sysctl.d" in found


@pytest.mark.parametrize(("version", "starts"), [("2.10.0", False), ("2.10.1", True)])
def test_a_kernel_without_ipv6_is_enough_for_a_harbor_that_asks_for_none(
    hosts: list[HostData], version: str, starts: bool
) -> None:
    platform = load(changed(hosts, "docker_host", harbor_version=version))
    found = refusals(platform, DOCKER, probe("kernel", ipv6=False))
    assert [f"without which Harbor {version} does not start" in one for one in found] == (
        [] if starts else [True]
    )


def test_the_firewall_opens_the_port_that_sshd_listens_on_not_the_one_that_was_dialled(
    hosts: list[HostData],
) -> None:
    dialled = load(changed(hosts, "k8s_worker", ssh_port=2222))
    seen = _as_seen(dialled, {WORKER: probe("ways_in", port=22)})
    assert [port.port for port in seen.open_ports(seen.machine(WORKER))][:1] == [22]
    unseen = _as_seen(dialled, {})
    assert [port.port for port in unseen.open_ports(unseen.machine(WORKER))][:1] == [2222]


def test_dockers_networks_have_the_smallest_mtu_on_the_ways_out(platform: Platform) -> None:
    seen = _as_seen(platform, {DOCKER: probe("kernel", mtu=(("eth0", 1500), ("eth1", 1400)))})
    daemon = _daemon(seen)
    assert daemon["mtu"] == 1400
    assert daemon["default-network-opts"] == {"bridge": {"com.docker.network.driver.mtu": "1400"}}
    assert "mtu" not in _daemon(platform)
    assert "mtu" not in _daemon(_as_seen(platform, {DOCKER: probe("kernel", mtu=(("a", 9000),))}))


def _daemon(platform: Platform) -> Any:
    template = _templates().get_template("docker_host/etc/docker/daemon.json.j2")
    return json.loads(template.render(platform=platform, machine=platform.machine(DOCKER)))
