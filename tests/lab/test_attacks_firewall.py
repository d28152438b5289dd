"""The firewall, as somebody in the machines' own segment attacks it: by routes and by forgery.

The attacker is NEIGHBOUR, an address of the node network that is no machine of the platform.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import partial

import pytest

from lab import Lab
from lab.machines import Machine
from spec import Platform
from tests.lab import registry
from tests.lab.cluster import NAMESPACE, phase, pod, told, until
from tests.lab.doors import NEIGHBOUR, connects, from_elsewhere, replies

pytestmark = pytest.mark.usefixtures("converged")

ODD, ITS_OWN_BRIDGE = "10.99.0.0/24", "10.98.0.0/24"  # outside of docker_network
NAMED = "-o com.docker.network.bridge.name=odd0"
SERVE = "httpd -f -p 9999"
# busybox speaks no UDP: perl of the machine does, from within a container.
ECHO = (
    "use IO::Socket::INET; my $s = IO::Socket::INET->new(LocalPort => 9999, Proto => 'udp');"
    " while (defined($s->recv(my $m, 512))) { $s->send($m) }"
)
# Where nothing of the platform is, though it lies in the network.
FORGED_CONTAINER, FORGED_POD = "172.23.255.9", "10.244.99.9"
DNS_QUESTION = (
    b"\x12\x34\x01\x00\x00\x01\x00\x00\x00\x00\x00\x00"
    b"\x0akubernetes\x07default\x03svc\x07cluster\x05local\x00\x00\x01\x00\x01"
)


@pytest.fixture(scope="module")
def odd_containers(docker: Machine) -> Iterator[None]:
    """Containers of somebody's on networks that the platform knows nothing of."""
    runs = "sudo docker run --detach --rm --name"
    docker.ssh(f"cat > /tmp/echo.pl <<'EOF'\n{ECHO}\nEOF")
    docker.ssh(
        f"sudo docker network create --subnet {ODD} odd >/dev/null &&"
        f" sudo docker network create --subnet {ITS_OWN_BRIDGE} {NAMED} named >/dev/null &&"
        f" {runs} stray-tcp --network odd --ip 10.99.0.2 -p 9998:9999 busybox:1.36 {SERVE} &&"
        f" {runs} stray-udp --network odd --ip 10.99.0.3 -p 9998:9999/udp --volume /:/host"
        " busybox:1.36 chroot /host perl /tmp/echo.pl &&"
        f" {runs} stray-named --network named -p 9997:9999 busybox:1.36 {SERVE} &&"
        # The container's own port is one that the edge has on the machine.
        f" {runs} stray-80 --network odd --ip 10.99.0.5 -p 9996:80 busybox:1.36 httpd -f -p 80"
    )
    until(lambda: "yes" in docker.ssh(_knock("127.0.0.1", 9998)), "the container answers")
    yield
    docker.ssh(
        "sudo docker rm --force stray-tcp stray-udp stray-named stray-80 >/dev/null;"
        " sudo docker network rm odd named >/dev/null"
    )


@pytest.fixture(scope="module")
def web(converged: None) -> Iterator[str]:
    """The address of a tier's pod behind a NodePort; the cluster's DNS has one as well, by UDP."""
    serve = "command: [httpd, -f, -p, '8000']"
    told("apply", "-f", "-", stdin=pod("frontend", "busybox:1.36", serve))
    told("apply", "-f", "-", stdin=_node_port(NAMESPACE, {"app": "frontend"}, 8000, 30080, "TCP"))
    names = _node_port("kube-system", {"k8s-app": "kube-dns"}, 53, 30053, "UDP")
    told("apply", "-f", "-", stdin=names)
    until(lambda: phase("frontend") == "Running", "the pod runs")
    yield told("-n", NAMESPACE, "get", "pod", "frontend", "-o", "jsonpath={.status.podIP}")
    told("-n", NAMESPACE, "delete", "pods,services", "--all", "--wait=true")
    told("-n", "kube-system", "delete", "service", "attacked")


def _node_port(
    namespace: str, selector: dict[str, str], port: int, node_port: int, protocol: str
) -> str:
    ports = {"port": port, "targetPort": port, "nodePort": node_port, "protocol": protocol}
    service = {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "attacked", "namespace": namespace},
        "spec": {"type": "NodePort", "selector": selector, "ports": [ports]},
    }
    return json.dumps(service)


def _knock(address: str, port: int) -> str:
    return (
        f"timeout 6 bash -c 'exec 3<>/dev/tcp/{address}/{port}' 2>/dev/null && echo yes || echo no"
    )


@pytest.mark.usefixtures("odd_containers")
@pytest.mark.parametrize("port", [9996, 9997, 9998])
def test_a_container_publishes_to_nobody_whatever_its_network(
    lab: Lab, docker: Machine, port: int
) -> None:
    assert "yes" in docker.ssh(_knock("127.0.0.1", port))
    with from_elsewhere(lab, docker, NEIGHBOUR):
        assert connects(docker.address, 443)
        assert not connects(docker.address, port)


@pytest.mark.usefixtures("odd_containers")
def test_nor_does_it_by_udp(lab: Lab, docker: Machine) -> None:
    with from_elsewhere(lab, docker, NEIGHBOUR, [ODD]):
        assert not replies(docker.address, 9998, b"knock")
        assert not replies("10.99.0.3", 9999, b"knock")


@pytest.mark.usefixtures("odd_containers")
def test_nor_does_it_by_ipv6(docker: Machine, worker: Machine) -> None:
    addresses = ((docker, "fd56::42"), (worker, "fd56::44"))
    try:
        for machine, address in addresses:
            machine.ssh(f"sudo ip address add {address}/64 dev host0 nodad")
        assert "yes" in worker.ssh(_knock("fd56::42", 443))
        for port in (8080, 9998):
            assert "yes" in docker.ssh(_knock("::1", port))
            assert "no" in worker.ssh(_knock("fd56::42", port))
    finally:
        for machine, address in addresses:
            machine.ssh(f"sudo ip address del {address}/64 dev host0")


@pytest.mark.usefixtures("odd_containers")
def test_nor_to_somebody_with_a_route_to_its_own_address(lab: Lab, docker: Machine) -> None:
    with from_elsewhere(lab, docker, NEIGHBOUR, [ODD]):
        assert not connects("10.99.0.2", 9999)
        assert not connects("10.99.0.5", 80)


@pytest.mark.usefixtures("odd_containers")
def test_nor_to_somebody_who_says_that_he_is_a_container(lab: Lab, docker: Machine) -> None:
    with from_elsewhere(lab, docker, FORGED_CONTAINER):
        assert not connects(docker.address, 9998)


@pytest.mark.usefixtures("odd_containers")
def test_containers_reach_each_other_and_out_as_before(docker: Machine) -> None:
    for name in ("stray-tcp", "stray-named"):
        fetch = "wget -q -T 30 -O /dev/null http://192.168.56.2/debian/dists/trixie/Release"
        docker.ssh(f"sudo docker exec {name} {fetch}")
    # A server without a page answers, too.
    asked = docker.ssh("sudo docker exec stray-80 wget -T 30 -O - http://10.99.0.2:9999/ 2>&1 || :")
    assert "404" in asked


def test_the_registry_and_its_page_are_for_machines_and_operators(
    lab: Lab, docker: Machine, platform: Platform
) -> None:
    port = platform.docker_host.harbor_port
    assert connects(docker.address, port)
    with from_elsewhere(lab, docker):
        assert connects(docker.address, 443)
        assert not connects(docker.address, port)


def test_a_pod_reaches_of_its_node_only_what_is_open_to_pods(
    control: Machine, worker: Machine
) -> None:
    """What enforces policies accepts what pods send before the firewall's own list is asked."""
    for node in (control, worker):
        for port, answer in ((10250, "yes"), (22, "no")):
            ask = (
                f"echo | timeout 5 nc -w 2 {node.address} {port} >/dev/null && echo yes || echo no"
            )
            assert node.ssh(f"sudo probe-asks '{ask}'").strip() == answer, (node.name, port)


@pytest.mark.parametrize("by", ["vm-worker", "vm-k8s"])
def test_pods_and_services_are_reached_from_no_route(
    lab: Lab, control: Machine, worker: Machine, platform: Platform, web: str, by: str
) -> None:
    node = {machine.name: machine for machine in (control, worker)}[by]
    pods, services = platform.k8s_control.pod_network, platform.k8s_control.service_network
    names, api = f"{services[10]}", f"{services[1]}"
    assert "yes" in node.ssh(_knock(web, 8000))
    assert "yes" in node.ssh(_knock(api, 443))
    with from_elsewhere(lab, node, NEIGHBOUR, [f"{pods}", f"{services}"]):
        assert connects(node.address, 22)
        assert not connects(web, 8000)
        assert not connects(api, 443)
        assert not connects(names, 53)
        assert not replies(names, 53, DNS_QUESTION)


def test_nobody_else_is_believed_to_be_a_pod(lab: Lab, worker: Machine, web: str) -> None:
    with from_elsewhere(lab, worker, FORGED_POD, [f"{web}/32"]):
        assert not connects(worker.address, 10250)
        assert not connects(web, 8000)


def test_node_ports_answer_to_edge_and_operators_alone(
    lab: Lab, docker: Machine, control: Machine, worker: Machine, web: str
) -> None:
    for node, other in ((worker, control), (control, worker)):
        until(partial(connects, node.address, 30080), f"{node.name} serves the NodePort")
        assert "yes" in docker.ssh(_knock(node.address, 30080))
        assert "no" in other.ssh(_knock(node.address, 30080))
        with from_elsewhere(lab, node, NEIGHBOUR):
            assert connects(node.address, 22)
            assert not connects(node.address, 30080)
            assert not replies(node.address, 30053, DNS_QUESTION)


@pytest.mark.parametrize(
    ("name", "unit", "rules"),
    [
        ("vm-docker", "docker", "/etc/docker/firewall.rules"),
        ("vm-worker", "kubelet", "/etc/kubernetes/firewall.rules"),
    ],
)
def test_what_a_firewall_guards_does_not_start_without_it(
    docker: Machine, worker: Machine, name: str, unit: str, rules: str
) -> None:
    (machine,) = (one for one in (docker, worker) if one.name == name)
    firewall = {"docker": "docker-firewall", "kubelet": "node-firewall"}[unit]
    torn = f"sudo cp -a {rules} /root/rules && sudo truncate --size=-9 {rules}"
    try:
        machine.ssh(f"{torn} && sudo systemctl stop {unit} {firewall}")
        machine.ssh(f"sudo systemctl start {unit}", check=False)
        assert "inactive" in machine.ssh(f"systemctl is-active {unit}", check=False)
    finally:
        machine.ssh(f"sudo mv /root/rules {rules}; sudo systemctl reset-failed {unit}", check=False)
    # It is tried again, and what waits for it comes up with it.
    active = f"systemctl is-active {unit}"
    until(lambda: machine.ssh(active, check=False).strip() == "active", f"{unit} runs")
    registry.wait_until_well(docker, 120)  # it goes down and comes up with Docker
