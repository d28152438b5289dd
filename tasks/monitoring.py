"""Prometheus, Grafana and Loki, and what brings every pod's log there: `make monitoring`."""

from __future__ import annotations

import hashlib
import json
import posixpath
from typing import Any

from pyinfra import host

from operations import files, helm, kubernetes
from operations.sources import source
from spec import Platform
from spec.charts import ALLOY, LOKI, NAMESPACE, RELEASES, STACK
from spec.parts import EXPORTER_PORT, HARBOR_PROGRAMS, JOURNALS_PORT, JOURNALS_TARGET
from tasks import tellers
from tasks.gate import passed

BOARDS = "platform-dashboards"
# The users of Prometheus' and Loki's pods, as the charts set them.
USERS = {"prometheus": (1000, 2000), "loki": (10001, 10001)}


def apply(platform: Platform) -> None:
    """Room for it on its worker, a namespace that is shut, and what runs in that."""
    tellers.apply(platform)
    make_room(platform)
    passed(name="Wait until there is room for it", gates=[])
    prepare_namespace(platform)
    install_charts(platform)
    passed(name="Wait until it is installed", gates=[])


def make_room(platform: Platform) -> None:
    """A volume is a directory of one machine, for whoever writes there."""
    for part, (user, group) in USERS.items():
        if platform.keeps_watch(platform.machine(host.name)):
            files.directory(
                name=f"Make room for {part}",
                path=f"{platform.k8s_worker.monitoring_path}/{part}",
                mode="2770",  # as kubelet leaves a volume of a group
                owner=user,
                group=group,
            )


def prepare_namespace(platform: Platform) -> None:
    """What the charts find there: volumes, policies, pages for people, a password that is ours."""
    if host.name != platform.control.name:
        return
    files.put(
        name="Bring what asks Grafana",
        files=[source(platform, "k8s_control", "/usr/local/sbin/grafana-asks", mode="0755")],
    )
    manifest = _namespace(platform)
    boards = _dashboards(platform)
    among = [manifest, boards]
    kubernetes.manifest(name="Prepare the namespace", manifest=manifest, among=among)
    kubernetes.manifest(name="Bring Grafana's dashboards", manifest=boards, among=among)
    kubernetes.secret(
        name="Set Grafana's password",
        namespace=NAMESPACE,
        secret="grafana-admin",  # noqa: S106 - its name
        values={"admin-user": "admin", "admin-password": _password(platform)},
    )


def install_charts(platform: Platform) -> None:
    """Prometheus and Grafana, Loki, and then what writes there, by a Helm for this alone."""
    if host.name != platform.control.name:
        return
    settings = platform.k8s_worker
    helm.install(
        name=f"Install Helm {settings.monitoring_helm_version}",
        version=settings.monitoring_helm_version,
        releases=settings.monitoring_helm_releases,
        sha256=settings.monitoring_helm_sha256,
    )
    for chart, values in _values(platform).items():
        pin = settings.monitoring_charts[chart]
        helm.release(
            name=f"Install chart {chart} {pin.version}",
            release=RELEASES[chart],
            namespace=NAMESPACE,
            chart=chart,
            pin=pin,
            values=values,
        )


def _namespace(platform: Platform) -> str:
    ports: dict[str, Any] = {"journals": JOURNALS_TARGET, "journals_port": JOURNALS_PORT}
    return source(platform, "monitoring", "/namespace.yaml", **ports).content


def _values(platform: Platform) -> dict[str, str]:
    mark = hashlib.sha256(_password(platform).encode()).hexdigest()[:16]
    alerts = source(platform, "monitoring", "/alerts.yaml").content
    webhook, mail_password = platform.secrets.alert_webhook, platform.secrets.alert_mail_password
    settings = platform.k8s_worker
    own: dict[str, Any] = {
        "password": mark,
        "port": EXPORTER_PORT,
        "harbor": HARBOR_PROGRAMS,
        "alerts": alerts,
        "webhook": webhook and webhook.get_secret_value(),
        "mail": settings.monitoring_mail,
        "mail_password": mail_password and mail_password.get_secret_value(),
    }
    stack = source(platform, "monitoring", "/kube-prometheus-stack.yaml", **own)
    loki = source(platform, "monitoring", "/loki.yaml")
    alloy = source(platform, "monitoring", "/alloy.yaml", journals=JOURNALS_TARGET)
    return {STACK: stack.content, LOKI: loki.content, ALLOY: alloy.content}


def _dashboards(platform: Platform) -> str:
    """What a sidecar of Grafana's finds by its label, and shows."""
    boards = (
        source(platform, "monitoring", "/dashboards/platform.json"),
        source(platform, "monitoring", "/dashboards/machine.json"),
        source(platform, "monitoring", "/dashboards/shop.json"),
        source(platform, "monitoring", "/dashboards/registry.json"),
    )
    named = {posixpath.basename(board.path): board.content for board in boards}
    meta = {"name": BOARDS, "namespace": NAMESPACE, "labels": {"grafana_dashboard": "1"}}
    return json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "data": named})


def _password(platform: Platform) -> str:
    return platform.secrets.grafana_password.get_secret_value()
