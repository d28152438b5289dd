"""What the probe asks of files that people write: run here, on a folder in the machine's place."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.probe import kernel, names, others, overrides, packages, system
from tests.unit.doubles import tool
from tests.unit.probe_tree import Tree


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def test_kubelets_arguments_are_read_wherever_they_stand(tree: Tree) -> None:
    drop_ins = "etc/systemd/system/kubelet.service.d"
    tree.file("etc/default/kubelet", 'KUBELET_EXTRA_ARGS="--v=4 --x=y"\n')
    tree.file(f"{drop_ins}/0-containerd.conf", '[Service]\nEnvironment="KUBELET_EXTRA_ARGS=--z"\n')
    tree.file(f"{drop_ins}/1.conf", '# Environment="KUBELET_EXTRA_ARGS=--z"\n')
    tree.file(f"{drop_ins}/2.conf", 'Environment="KUBELET_EXTRA_ARGS="\n')
    assert others.parse(tree.ask(others.question())).kubelet_arguments == (
        ("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--v=4 --x=y"),
        (f"/{drop_ins}/0-containerd.conf", "KUBELET_EXTRA_ARGS=--z"),
    )


@pytest.mark.parametrize(("state", "swarm"), [("{}", True), ("", False)])
def test_a_swarm_is_one_that_docker_remembers(tree: Tree, state: str, swarm: bool) -> None:
    tree.file("docker/swarm/docker-state.json", state)
    asked = tree.ask(system.question([f"{tree.root}/docker"]))
    assert asked.has("swarm") is swarm


def test_proxies_of_services_are_read_with_whom_they_leave_out(tree: Tree) -> None:
    drop_in = "etc/systemd/system/docker.service.d/http-proxy.conf"
    line = 'Environment="HTTP_PROXY=http://p:3128" "NO_PROXY=.local"'
    tree.file(drop_in, f"[Service]\n{line}\n#{line}\nEnvironment=A=b\n")
    tree.file("etc/systemd/system.conf", "[Manager]\n#DefaultEnvironment=http_proxy=x\n")
    tree.file("etc/systemd/system.conf.d/x.conf", "DefaultEnvironment=https_proxy=x\n")
    assert overrides.parse(tree.ask(overrides.question())).proxies == (
        ("/etc/systemd/system.conf.d/x.conf", "DefaultEnvironment=https_proxy=x"),
        (f"/{drop_in}", line),
    )


def test_where_roots_docker_goes_is_read_from_its_json(tree: Tree) -> None:
    tree.file(
        "root/.docker/config.json",
        '{\n "auths": {},\n "proxies": {\n  "default": {"httpProxy": "x"}\n },\n'
        ' "currentContext": "nas"\n}\n',
    )
    tree.file("root/.kube/config", "kind: Config\n")
    seen = overrides.parse(tree.ask(overrides.question()))
    assert seen.client == ('"proxies":{"', '"currentContext":"nas"')
    assert seen.kubeconfigs == ("/root/.kube/config",)
    tree.file("root/.docker/config.json", '{"proxies": {}, "currentContext": ""}')
    assert overrides.parse(tree.ask(overrides.question())).client == ()


def test_a_docker_that_asks_elsewhere_is_read_from_the_environment(tree: Tree) -> None:
    tree.file("etc/environment", "PATH=/usr/bin\nexport DOCKER_HOST=tcp://x\n#DOCKER_HOST=y\n")
    assert names.parse(tree.ask(names.question())).docker == ("export DOCKER_HOST=tcp://x",)


def test_networkd_sets_up_every_card_where_nothing_narrows_the_name(tree: Tree) -> None:
    folder = "etc/systemd/network"
    tree.file(f"{folder}/1.network", "[Match]\nName=*\n")
    tree.file(f"{folder}/2.network", "[Match]\nName=en* eth*\n")
    tree.file(f"{folder}/3.network", "[Match]\nName=*\nDriver=virtio_net\n")
    tree.file("run/systemd/network/4.network", "[Match]\nName=eth0 *\n")
    asked = tree.ask(kernel.question("192.0.2.1"))
    assert kernel.parse(asked).every_card == (
        f"/{folder}/1.network",
        "/run/systemd/network/4.network",
    )
    tool(tree.tools, "systemctl", "exit 3")  # it is not at work
    assert kernel.parse(tree.ask(kernel.question("192.0.2.1"))).every_card == ()


def test_apt_is_asked_what_it_makes_of_its_sources_before_the_first_run(tree: Tree) -> None:
    lines = ("The list of sources could not be read.", "Malformed entry 1 (Suite)", "more")
    printed = "; ".join(f'echo "E: {line}" >&2' for line in lines)
    tool(tree.tools, "apt-get", f"{printed}; exit 100")
    asked = packages.parse(tree.ask(packages.question()))
    assert asked.unreadable == "Malformed entry 1 (Suite)"
    tree.file("etc/apt/apt.conf.d/99-threebody", "")
    assert packages.parse(tree.ask(packages.question())).unreadable == ""
