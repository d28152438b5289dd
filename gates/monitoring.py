"""The monitoring: it sees everything that it should, and people see that."""

from __future__ import annotations

import shlex
from dataclasses import replace

from facts.kubernetes import KUBECTL
from gates.gate import Gate, once
from spec import Machine, Platform
from spec.parts import HARBOR_PROGRAMS
from spec.programs import DATABASE, programs

# Through Grafana, as people ask it: so its sources are asked for as well.
THROUGH = "api/datasources/proxy/uid"
LOGS = f"{KUBECTL} -n monitoring logs"


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What Grafana shows, asked on the control plane; none on a platform without a monitoring."""
    if not platform.watches or machine != platform.control:
        return []
    told = []
    if platform.secrets.alert_webhook:
        told.append(_alerts("webhook", "alert_webhook takes what Alertmanager posts"))
    if platform.k8s_worker.monitoring_mail:
        told.append(_alerts("email", "the server of monitoring_mail takes what Alertmanager sends"))
    # Each is an attempt to log in, and Grafana counts those that fail.
    asked = (_let_in(), _targets(platform), _logs(), _journals(platform), *told)
    return [replace(gate, command=once(gate.command)) for gate in asked]


def _let_in() -> Gate:
    return Gate(
        awaits="Grafana takes the password of secrets.env",
        command="grafana-asks api/org",
        hint=(
            f"make monitoring; {KUBECTL} -n monitoring get pods; after five wrong ones Grafana lets"
            " nobody in for five minutes"
        ),
        within=120,
        every=10,
    )


def _targets(platform: Platform) -> Gate:
    targets = (
        *(f'job="machines",instance="{it.hostname}"' for it in platform.machines),
        *(f'job="harbor",program="{it}"' for it in HARBOR_PROGRAMS),
    )
    told = (
        f'platform_program_up{{instance="{it.hostname}",program="{name}"}}'
        for it in platform.machines
        for name in programs(platform, it)
        # Before the first pipeline there is none.
        if name != DATABASE
    )
    series = (*(f"up{{{target}}}" for target in targets), *told, "edge_requests_total")
    each = (f"absent({it})" for it in series)
    query = " or ".join(("(up == 0)", "(platform_program_up == 0)", *each))
    return Gate(
        awaits="every target of Prometheus is up",
        command=_asks_prometheus(query),
        hint="what came names job and instance; of each the page Status, Targets of Prometheus",
        within=180,
        every=5,
    )


def _logs() -> Gate:
    query = shlex.quote('query={namespace="monitoring",app="probe"}')
    return Gate(
        awaits="Loki has what a pod has written within the last 30 seconds",
        command=(
            f"grafana-asks {THROUGH}/loki/loki/api/v1/query_range --get --data-urlencode {query}"
            " --data since=30s --data limit=1 | tee /dev/stderr | grep -qF '\"values\":[['"
        ),
        hint=f"{LOGS} deployment/alloy; {LOGS} loki-0",
        within=120,
        every=5,
    )


def _journals(platform: Platform) -> Gate:
    """By the lines that tell-journal writes of its own, three a minute: one question for all."""
    hosts = [machine.hostname for machine in platform.machines]
    query = shlex.quote('query={job="journal",unit="tell-journal.service"} |= "here"')
    return Gate(
        awaits="Loki has what every machine's journal has got within the last minute",
        command=(
            f"found=$(grafana-asks {THROUGH}/loki/loki/api/v1/query_range --get --data-urlencode"
            f" {query} --data since=60s --data limit={5 * len(hosts)} | tee /dev/stderr); missing=;"
            f" for host in {' '.join(hosts)}; do case $found in *'\"host\":\"'$host'\"'*) ;;"
            ' *) missing="$missing $host";; esac; done;'
            ' [ -z "$missing" ] || { echo "nothing of$missing"; false; }'
        ),
        hint=f"systemctl status tell-journal on that machine; {LOGS} deployment/alloy",
        within=120,
        every=5,
    )


def _alerts(way: str, awaits: str) -> Gate:
    posts, failed = (
        f'increase(alertmanager_notification_requests_{kind}{{integration="{way}"}}[10m])'
        for kind in ("total", "failed_total")
    )
    # What fails now and then is sent again.
    query = f"prometheus_notifications_alertmanagers_discovered < 1 or 0 < {posts} <= {failed}"
    return Gate(
        awaits=awaits,
        command=_asks_prometheus(query),
        hint=(
            f"{KUBECTL} -n monitoring get pods; {LOGS} -l app.kubernetes.io/name=alertmanager;"
            " it opens with the first alert that is taken, or ten minutes after the last"
        ),
        within=180,
        every=5,
    )


def _asks_prometheus(query: str) -> str:
    """Shell that succeeds when nothing is found; what is found is what came."""
    return (
        f"grafana-asks {THROUGH}/prometheus/api/v1/query --get --data-urlencode"
        f" {shlex.quote(f'query={query}')} | tee /dev/stderr | grep -qF '\"result\":[]'"
    )
