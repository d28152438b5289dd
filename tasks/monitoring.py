"""Prometheus, Grafana and Loki, and what brings every pod's log there: `make monitoring`."""

from __future__ import annotations

import hashlib
import json
import posixpath
import shlex
from typing import Any

from pyinfra import host

from facts.gates import PATIENCE
from gates import gates
from operations import apt, files, gitlab_runner, helm, kubernetes, systemd
from operations.sources import source
from spec import Platform
from spec.backup import LAST
from spec.charts import ALLOY, EXPORTER, LOKI, NAMESPACE, RELEASES, STACK
from spec.parts import EXPORTER_PORT, HARBOR_PROGRAMS
from spec.programs import DATABASE, RUNNER, programs
from tasks.gate import passed

BOARDS = "platform-dashboards"
# The users of Prometheus' and Loki's pods, as the charts set them.
USERS = {"prometheus": (1000, 2000), "loki": (10001, 10001)}


def apply(platform: Platform) -> None:
    """Room for it on its worker, a namespace that is shut, and what runs in that."""
    tell_of_machines(platform)
    tell_of_edge(platform)
    tell_of_programs(platform)
    make_room(platform)
    passed(name="Wait until there is room for it", gates=[])
    prepare_namespace(platform)
    install_charts(platform)
    passed(name="Wait until it is installed", gates=[])


def tell_of_machines(platform: Platform) -> None:
    """Of every machine disk, memory, processor, and its gates: the charts' own sees nodes alone."""
    # A small image may lack what the programs below are written in.
    apt.packages(name="Install what tells of a machine", versions={EXPORTER: "", "python3": ""})
    found = gates(platform, platform.machine(host.name))
    # Those of the monitoring are for whoever asks from outside.
    watched = gates(platform, platform.machine(host.name), "monitoring")
    files.put(
        name="Write what tells which gates are open",
        files=[
            source(platform, "monitoring", "/etc/systemd/system/tell-gates.service"),
            source(platform, "monitoring", "/etc/systemd/system/tell-gates.timer"),
            source(
                platform,
                "monitoring",
                "/usr/local/sbin/tell-gates",
                mode="0755",
                patience=PATIENCE,
                last_backup=LAST,
                asks=[
                    (shlex.quote(gate.awaits), shlex.quote(gate.command))
                    for gate in found
                    if gate not in watched
                ],
            ),
        ],
    )
    systemd.enable(
        name="Start what tells of a machine", units=[f"{EXPORTER}.service", "tell-gates.timer"]
    )


def tell_of_edge(platform: Platform) -> None:
    """What people ask of it, how it ends, and how long it takes: nginx itself says none of it."""
    if host.name != platform.docker.name:
        return
    tiers = platform.k8s_worker.app_tiers
    files.configure(
        name="Write what tells of the edge",
        files=[
            source(platform, "monitoring", "/usr/local/sbin/tell-edge", mode="0755"),
            source(
                platform,
                "monitoring",
                "/etc/systemd/system/tell-edge.service",
                tiers=" ".join(f"{name}={tier.path}" for name, tier in tiers.items()),
            ),
        ],
        process=systemd.main_pid("tell-edge"),
        load="systemctl daemon-reload && systemctl restart tell-edge",
    )
    systemd.enable(name="Start what tells of the edge", units=["tell-edge.service"])


def tell_of_programs(platform: Platform) -> None:
    """Of what answers on its own machine alone: no port is opened for that, and nobody hears it."""
    told = programs(platform, platform.machine(host.name))
    if not told:
        systemd.disable(name="Stop what tells of programs", units=["tell-programs.service"])
        return
    if "gitlab-runner" in told:
        files.put(
            name="Let the runner tell of itself on its own machine",
            files=[
                source(
                    platform,
                    "monitoring",
                    "/etc/systemd/system/gitlab-runner.service.d/tell.conf",
                    address=RUNNER,
                )
            ],
        )
        gitlab_runner.listen(name="Start the runner so that it tells of itself", address=RUNNER)
    if DATABASE in told:
        files.put(
            name="Bring what asks the database",
            files=[source(platform, "k8s_worker", "/usr/local/sbin/app-database", mode="0755")],
        )
    files.configure(
        name="Write what tells of programs",
        files=[
            source(platform, "monitoring", "/usr/local/sbin/tell-programs", mode="0755"),
            source(
                platform,
                "monitoring",
                "/etc/systemd/system/tell-programs.service",
                programs=" ".join(f'"{name}={where}"' for name, where in told.items()),
            ),
        ],
        process=systemd.main_pid("tell-programs"),
        load="systemctl daemon-reload && systemctl restart tell-programs",
    )
    systemd.enable(name="Start what tells of programs", units=["tell-programs.service"])


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
    manifest = source(platform, "monitoring", "/namespace.yaml").content
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
    alloy = source(platform, "monitoring", "/alloy.yaml")
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
