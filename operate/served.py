"""What people and pipelines use: each thing asked once, from the outside in."""

from __future__ import annotations

import socket
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Any

import requests
import urllib3
from kubernetes import client, config
from kubernetes.config import ConfigException
from rich.console import Console
from rich.markup import escape
from urllib3.exceptions import HTTPError, InsecureRequestWarning

from spec import Machine, Platform

WITHIN = 10  # seconds for one answer
API = "the Kubernetes API"
# The edge's certificate may be its own; whether it is right is a gate.
urllib3.disable_warnings(InsecureRequestWarning)


@dataclass(frozen=True)
class Check:
    """One thing that somebody uses: `ask` raises Wrong when it fails."""

    what: str
    ask: Callable[[], None]
    look: str


class Wrong(Exception):
    """An answer that is another one than expected; says what came."""


@dataclass(frozen=True)
class Outcome:
    """How a check went: "" came when it is as it should be."""

    check: Check
    came: str
    seconds: float


def tried(check: Check) -> Outcome:
    """Ask once."""
    began = time.monotonic()
    came = ""
    try:
        check.ask()
    except Wrong as wrong:
        came = str(wrong)
    return Outcome(check, came, time.monotonic() - began)


def show(asked: list[Check]) -> int:
    """A line for each check, as it is done; 1 when one failed."""
    console = Console(highlight=False)
    failed = 0
    for check in asked:
        outcome = tried(check)
        came, took = outcome.came, f"[dim]{outcome.seconds:.1f} s[/dim]"
        if not came:
            console.print(f"[green]✓[/green] {check.what} {took}")
            continue
        failed += 1
        console.print(f"[bold red]✗[/bold red] {check.what} {took}")
        console.print(
            f"[dim]    came: {escape(came)}\n    look at: {escape(check.look)}[/dim]",
            soft_wrap=True,
        )
    style = "bold red" if failed else "bold green"
    console.print(f"[{style}]{len(asked) - failed} of {len(asked)} answer as they should[/{style}]")
    return 1 if failed else 0


def checks(platform: Platform) -> Iterator[Check]:
    """The runbook's list after a restart, from what a visitor sees to the nodes below."""
    edge, app = platform.docker_host, platform.k8s_worker
    served = platform.node_port_sources
    machine = platform.docker
    url = f"https://{edge.edge_host}"
    kubectl = f"kubectl --kubeconfig {platform.kubeconfig}"
    for path in (tier.probe_at_edge for tier in app.app_tiers.values()):
        yield Check(
            f"{url}{path}",
            _serves(machine, edge.edge_https_port, path, edge.edge_host, scheme="https"),
            "the next lines: the edge says 503 when no worker answers; has a pipeline run yet?",
        )
    for worker in platform.members("k8s_worker"):
        for tier in app.app_tiers.values() if _let_in(worker, served) else ():
            yield Check(
                f"http://{worker.hostname}:{tier.port}{tier.probe}",
                _serves(worker, tier.port, tier.probe),
                f"kubectl -n {app.app_namespace} get pods,services -o wide;"
                f" the firewall of {worker.hostname}",
            )
    yield Check(
        f"{edge.harbor_url}/v2/ asks for a login",
        _serves(
            machine,
            edge.harbor_port,
            "/v2/",
            edge.harbor_host,
            status=401,
            scheme="https" if edge.harbor_tls else "http",
        ),
        f"make status: Harbor on {machine.hostname}; open to node_network and operator_networks",
    )
    yield Check(
        "every node is Ready",
        lambda: _nodes(platform, platform.kubeconfig),
        f"{kubectl} describe nodes; on the node: journalctl -u kubelet -n 50",
    )
    yield Check(
        f"every pod of {app.app_namespace} and of the system is Ready",
        lambda: _pods(platform.kubeconfig, ("kube-system", app.app_namespace)),
        f"{kubectl} get pods -A; describe the pod",
    )
    for worker in filter(platform.keeps_watch, platform.members("k8s_worker")):
        if platform.watches and _let_in(worker, platform.watchers):
            yield Check(
                f"http://{worker.hostname}:{app.monitoring_grafana_port}/api/health",
                _serves(worker, app.monitoring_grafana_port, "/api/health"),
                f"make status; has make monitoring run? The firewall of {worker.hostname}",
            )


def _let_in(worker: Machine, sources: Iterable[IPv4Network]) -> bool:
    """Whether NodePorts answer to this machine: by the address that it has on the way there."""
    try:
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as asking:
            asking.connect((worker.ssh_hostname, 1))  # sends nothing
            here = IPv4Address(asking.getsockname()[0])
    except OSError:
        return False
    return any(here in network for network in sources)


@contextmanager
def _asking(whom: str) -> Iterator[None]:
    """Say whatever a library raises in one sentence about who was asked."""
    try:
        yield
    except client.ApiException as refused:
        raise Wrong(f"{whom} says {refused.status} {refused.reason}") from refused
    except (requests.RequestException, HTTPError) as failed:
        raise Wrong(f"{whom} gives no answer: {_reason(failed)}") from failed


def _reason(failed: BaseException) -> str:
    """The operating system's own words, which libraries wrap in theirs three times."""
    if isinstance(failed, OSError) and failed.strerror:
        return failed.strerror
    inner = failed.__cause__ or failed.__context__
    return _reason(inner) if inner else str(failed)


def _serves(
    machine: Machine, port: int, path: str, name: str = "", status: int = 200, scheme: str = "http"
) -> Callable[[], None]:
    session = requests.Session()
    session.trust_env = False  # a proxy of this machine leads elsewhere

    def ask() -> None:
        # By address, so that no name has to be known here.
        where = f"{machine.ssh_hostname}:{port}"
        with _asking(where):
            answer = session.get(
                f"{scheme}://{where}{path}",
                headers={"Host": name} if name else {},
                timeout=WITHIN,
                verify=False,
                allow_redirects=False,
            )
        if answer.status_code != status:
            raise Wrong(f"{answer.status_code} {answer.reason}, expected {status}")

    return ask


def _nodes(platform: Platform, kubeconfig: Path) -> None:
    with _asking(API):
        nodes = _api(kubeconfig).list_node(_request_timeout=WITHIN).items
    found = {node.metadata.name: _ready(node.status.conditions) for node in nodes}
    wanted = [machine.hostname for machine in platform.members("k8s_node")]
    wrong = [name for name in wanted if not found.get(name)]
    if wrong:
        raise Wrong(f"not Ready: {', '.join(wrong)}")


def _pods(kubeconfig: Path, namespaces: tuple[str, ...]) -> None:
    api = _api(kubeconfig)
    with _asking(API):
        pods = [
            pod
            for namespace in namespaces
            for pod in api.list_namespaced_pod(namespace, _request_timeout=WITHIN).items
        ]
    wrong = [
        f"{pod.metadata.namespace}/{pod.metadata.name} {pod.status.phase}"
        for pod in pods
        if pod.status.phase != "Succeeded" and not _ready(pod.status.conditions)
    ]
    if wrong:
        raise Wrong(", ".join(wrong))


def _ready(conditions: list[Any] | None) -> bool:
    return any(one.type == "Ready" and one.status == "True" for one in conditions or [])


def _api(kubeconfig: Path) -> Any:
    # Any: the library's types know every field of an answer as optional.
    if not kubeconfig.is_file():
        raise Wrong(f"{kubeconfig} is not here: a run brings it")
    once = client.Configuration()
    once.retries = False  # three more tries by itself would be 40 seconds
    try:
        made = config.new_client_from_config(str(kubeconfig), client_configuration=once)  # type: ignore[no-untyped-call]
    except ConfigException as unusable:
        raise Wrong(f"{kubeconfig}: {unusable}") from unusable
    return client.CoreV1Api(made)
