"""Install Prometheus, Grafana and Loki, or remove them and all that they know.

A deploy of its own (`make monitoring`), where monitoring_enabled is True: a deploy opens its ports,
and `make status` and `make smoke` ask it. Run again it changes nothing. REMOVE=1 takes everything
away, figures and logs as well.
"""

from __future__ import annotations

import os

from pyinfra import host

from facts.kubernetes import KUBECTL
from gates import Gate, gates
from operate import bare
from operations import apt, files, gitlab_runner, helm, kubernetes, systemd, tell
from spec import Platform, Refused
from spec.charts import EXPORTER, NAMESPACE, RELEASES
from tasks import monitoring, preflight
from tasks.gate import passed

# What Helm leaves: definitions, which it never deletes; a Service that the operator has made.
KINDS = (
    *("alertmanagerconfigs", "alertmanagers", "podmonitors", "probes", "prometheusagents"),
    *("prometheuses", "prometheusrules", "scrapeconfigs", "servicemonitors", "thanosrulers"),
)
DEFINITIONS = (
    *(f"{kind}.monitoring.coreos.com" for kind in KINDS),
    "podlogs.monitoring.grafana.com",
)
LEFT = (
    *(f"/apis/apiextensions.k8s.io/v1/customresourcedefinitions/{it}" for it in DEFINITIONS),
    "/api/v1/namespaces/kube-system/services/kps-kubelet",
    "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings/monitoring-programs",
    f"/api/v1/namespaces/{NAMESPACE}",
    *(f"/api/v1/persistentvolumes/monitoring-{part}" for part in ("prometheus", "loki")),
)
GONE = Gate(
    awaits="nothing of the monitoring is left in the cluster",
    command=(
        f"left=$({KUBECTL} get namespaces,persistentvolumes,customresourcedefinitions -o name |"
        f" grep -E '/monitoring(-prometheus|-loki)?$|[.]monitoring[.](coreos|grafana)[.]com$');"
        ' echo "$left"; test -z "$left"'
    ),
    hint=f"{KUBECTL} get namespace {NAMESPACE} -o yaml: what it still waits for",
    within=120,
    every=2,
)

# Of the environment, as what is said once, for one run.
remove = os.environ.get("REMOVE", "")
if remove not in ("", "0", "1"):
    raise Refused(f"REMOVE is {remove!r}; write REMOVE=1, or leave it out.", ())

platform = preflight.apply()
is_control = host.name == platform.control.name


def install(platform: Platform) -> None:
    """All of it, and its gates."""
    monitoring.apply(platform)
    passed(
        name="Wait at the monitoring gate",
        gates=gates(platform, platform.machine(host.name), "monitoring"),
    )
    if is_control and not platform.tells:
        tell(
            "nobody is told of alerts: set alert_webhook in secrets.env, or monitoring_mail in"
            " group_data/k8s_worker.py, and run this again"
        )


def take_away(platform: Platform) -> None:
    """The charts first: what they have started must not miss what it works with."""
    if is_control:
        helm.uninstall(
            name="Uninstall the charts",
            releases=[*reversed(RELEASES.values())],
            namespace=NAMESPACE,
        )
        kubernetes.delete(name="Remove what Helm leaves", paths=LEFT)
    passed(name="Wait until the cluster is without it", gates=[GONE] if is_control else [])
    systemd.disable(name="Stop what tells of gates, edge and programs", units=bare.TELL)
    apt.remove(name="Remove what tells of a machine", packages=[EXPORTER])
    files.remove(name="Remove what tells of gates, edge and programs", paths=bare.TOLD)
    if host.name == platform.docker.name:
        gitlab_runner.listen(name="Start the runner so that it tells nobody of itself", address="")
    if is_control:
        files.remove(
            name="Remove Helm, the charts and what asks Grafana",
            paths=[helm.HOME, "/usr/local/sbin/grafana-asks"],
        )
    if platform.keeps_watch(platform.machine(host.name)):
        files.remove(name="Remove figures and logs", paths=[platform.k8s_worker.monitoring_path])
    if is_control and platform.watches:
        tell(
            "monitoring_enabled is still True: set it to False, and run once more to shut the ports"
        )


if remove == "1":
    take_away(platform)
elif platform.watches:
    install(platform)
else:
    raise Refused(
        "monitoring_enabled is False: set it to True in group_data/k8s_worker.py and run a deploy,"
        " which opens its ports; then make monitoring. Nothing was touched.",
        (),
    )
