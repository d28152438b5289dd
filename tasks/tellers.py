"""What tells the monitoring of machines, by programs of theirs: `make monitoring`."""

from __future__ import annotations

import shlex

from pyinfra import host

from facts.gates import PATIENCE
from gates import gates
from operations import apt, files, gitlab_runner, systemd
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.backup import LAST
from spec.charts import EXPORTER
from spec.programs import DATABASE, RUNNER, programs


def apply(platform: Platform) -> None:
    """Figures of the machine, of the edge and of programs, by one port; and its journal."""
    tell_of_machines(platform)
    tell_of_edge(platform)
    tell_of_programs(platform)
    bring_journals(platform)


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
    _keep_running(
        "tell-edge",
        "tells of the edge",
        source(platform, "monitoring", "/usr/local/sbin/tell-edge", mode="0755"),
        source(
            platform,
            "monitoring",
            "/etc/systemd/system/tell-edge.service",
            tiers=" ".join(f"{name}={tier.path}" for name, tier in tiers.items()),
        ),
    )


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
    _keep_running(
        "tell-programs",
        "tells of programs",
        source(platform, "monitoring", "/usr/local/sbin/tell-programs", mode="0755"),
        source(
            platform,
            "monitoring",
            "/etc/systemd/system/tell-programs.service",
            programs=" ".join(f'"{name}={where}"' for name, where in told.items()),
        ),
    )


def bring_journals(platform: Platform) -> None:
    """Of every machine, Harbor's and the edge's lines as well: what is in no pod's log."""
    if host.name == platform.docker.name:
        _keep_running(
            "tell-logs",
            "brings the lines of Harbor and the edge to the journal",
            source(platform, "monitoring", "/usr/local/sbin/tell-logs", mode="0755"),
            source(platform, "monitoring", "/etc/systemd/system/tell-logs.service"),
        )
    _keep_running(
        "tell-journal",
        "brings the journal to Loki",
        source(platform, "monitoring", "/usr/local/sbin/tell-journal", mode="0755"),
        source(
            platform,
            "monitoring",
            "/etc/systemd/system/tell-journal.service",
            address=platform.journals,
        ),
    )


def _keep_running(unit: str, does: str, *described: File) -> None:
    """Have a program of ours run all the time, as these files describe it now."""
    files.configure(
        name=f"Write what {does}",
        files=described,
        process=systemd.main_pid(unit),
        load=f"systemctl daemon-reload && systemctl restart {unit}",
    )
    systemd.enable(name=f"Start what {does}", units=[f"{unit}.service"])
