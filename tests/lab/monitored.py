"""The monitoring as a person runs it, and what is asked of it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Sequence
from typing import Any

from lab.machines import Machine
from spec import Platform
from tests.lab.cluster import told
from tests.lab.deploying import Run, deploy, status
from tests.lab.pages import GRAFANA, LOKI, PROMETHEUS
from tests.lab.registry import RUN_HARBOR

TOKEN = "of-nobody-else"
PASSWORD_GATE = "Grafana takes the password of secrets.env"
WEBHOOK_GATE = "alert_webhook takes what Alertmanager posts"
TARGETS_GATE = "every target of Prometheus is up"
LOGS_GATE = "Loki has what a pod has written within the last 30 seconds"
TEMPLATE = "/opt/monitoring/linux-amd64/helm template loki /opt/monitoring/loki-18.11.0.tgz"
PAGES = (GRAFANA, PROMETHEUS, LOKI)
# What a run changes on the platform where there is a monitoring now, or none any more.
OPENED = [
    "Common | Open exactly the needed ports",
    "Docker host | Write the firewall of published ports",
    "Docker host | Let published ports obey the firewall",
    "Docker host | Describe Harbor",
    "Docker host | Install Harbor 2.14.1",
    "K8s node | Write the firewall of NodePorts, pods and Services",
    "K8s node | Let NodePorts, pods and Services obey the firewall",
]
MAIL_GATE = "the server of monitoring_mail takes what Alertmanager sends"
JOURNALS_GATE = "Loki has what every machine's journal has got within the last minute"
GATES = {JOURNALS_GATE, MAIL_GATE, PASSWORD_GATE, TARGETS_GATE, LOGS_GATE, WEBHOOK_GATE}


def monitoring(*arguments: str, **environment: str) -> Run:
    """`make monitoring`, as it is run by a person who does not want to be asked."""
    return deploy(*arguments, script="operate/monitoring.py", env=environment)


def changes(*arguments: str, **environment: str) -> set[str]:
    """What such a run changes; it must come to its end."""
    run = monitoring("-y", "--json", *arguments, **environment)
    assert run.status == 0, run.reason
    assert TOKEN not in run.said
    return set(run.changes)


def opening(changes: Iterable[str]) -> list[str]:
    """Of what a run has changed, what is not the wait for Harbor: it may be well before that."""
    return [name for name in changes if name != RUN_HARBOR]


def shut(watched: tuple[str, ...]) -> set[str]:
    """The gates that are shut, of all that `make status` asks."""
    rows = json.loads(status("--json", *watched).stdout)
    assert {row["gate"] for row in rows if row["layer"] == "monitoring"} == GATES
    return {row["gate"] for row in rows if not row["open"]}


def alerted(worker: Machine, *alerts: dict[str, str], **times: str) -> None:
    """Alerts as Prometheus hands them to Alertmanager: of all nodes only its own may."""
    words = "-n monitoring get service kps-alertmanager -o jsonpath={.spec.clusterIP}"
    address = told(*words.split())
    body = shlex.quote(json.dumps([{"labels": labels, **times} for labels in alerts]))
    post = f"curl -sS --fail --json @- http://{address}:9093/api/v2/alerts"
    worker.ssh(f"echo {body} | {post}")


def shut_to(worker: Machine, ports: Sequence[int], *neighbours: Machine) -> bool:
    """Whether neither a neighbour nor a pod gets an answer at a page of it."""
    urls = [f"http://{worker.address}:{port}/" for port in ports]
    curls = " ".join(f"curl -s -o /dev/null --max-time 2 {url} && echo open &" for url in urls)
    wgets = " ".join(f"wget -q -T 2 -O /dev/null {url} && echo open &" for url in urls)
    pods = "-n threebody-probe get pod --field-selector spec.nodeName=vm-worker -o name"
    within = ("-n", "threebody-probe", "exec", told(*pods.split()).strip(), "--")
    heard = told(*within, "sh", "-c", f"{wgets} wait")
    return not heard and not any(it.ssh(f"{curls} wait") for it in neighbours)


def visit(docker: Machine) -> None:
    """Ask the edge for a page of each tier."""
    ask = "curl -sk -o /dev/null --resolve hit.local:443:127.0.0.1 https://hit.local"
    for path in ("/", "/go/api/products", "/laravel/api/products"):
        docker.ssh(f"{ask}{path}")


def described(kind: str, name: str) -> Any:
    """The spec of an object of it."""
    return json.loads(told("-n", "monitoring", "get", kind, name, "-o", "json"))["spec"]


def records() -> str:
    """What Helm has written down of a release."""
    words = "get secrets -l owner=helm,name=kps --show-labels"
    return told("-n", "monitoring", *words.split())


def another_loki(platform: Platform, **changed: str) -> tuple[str, ...]:
    """Arguments of a run that is told of another chart of Loki."""
    charts = {name: it.model_dump() for name, it in platform.k8s_worker.monitoring_charts.items()}
    charts["loki"] |= changed
    return ("--data", f"monitoring_charts={json.dumps(charts)}")
