"""Answers as a platform's machines give them, for the page of `make report`."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from facts.deployment import Deployment
from facts.disks import Disk
from facts.probe import Probe
from gates import by_layer
from operate.ends import RENEWED
from operate.ends import Row as End
from operate.reported import Report
from operate.rows import Row
from operate.served import Check, Outcome
from spec import Platform

NOW = datetime(2026, 11, 29, 16, 10, tzinfo=UTC)
COMMIT = "4f1c02ab"


def a_report(platform: Platform) -> Report:
    """A platform that is well, as long as nothing gets old."""
    registry = f"{platform.registry}/threebody"
    return Report(
        platform,
        NOW,
        gates=[
            Row(machine.name, layer, gate.awaits, True, "", gate.hint)
            for machine in platform.machines
            for layer, gates in by_layer(platform, machine).items()
            for gate in gates
        ],
        ends=[
            _end("vm-docker", "/opt/edge/certs/tls.crt", 360, RENEWED["edge"]),
            _end("vm-docker", "/etc/threebody/ca.crt", 3640, RENEWED["authority"]),
            _end("vm-k8s", "/etc/kubernetes/pki/apiserver.crt", 361, RENEWED["kubeadm"]),
            _end("vm-worker", "/var/lib/kubelet/pki/kubelet-client-current.pem", 340, "kubelet"),
            _end("here", "kubeconfig-ci", 88, "a run"),
        ],
        outcomes=[
            Outcome(Check(what, lambda: None, "the edge"), "", seconds)
            for what, seconds in (
                ("https://hit.local/", 0.1),
                ("http://vm-worker:30081/api/products", 0.0),
                ("every node is Ready", 0.2),
            )
        ],
        seen={machine.name: Probe() for machine in platform.machines},
        disks={
            machine.name: (Disk("/", 14_000 + 9_000 * number, 26_000),)
            for number, machine in enumerate(platform.machines)
        },
        updates={},
        backup=f"{NOW - timedelta(days=2, hours=3):%Y-%m-%dT%H:%M:%SZ}",
        deployments=tuple(
            Deployment(name, 2, 2, "2026-11-28T09:12:44Z", (f"{registry}/{name}:{COMMIT}",))
            for name in ("frontend", "go", "laravel")
        ),
    )


def with_faults(report: Report) -> Report:
    """The same on a bad day: a machine is off, a gate is shut, a disk is nearly full."""
    gates = [row for row in report.gates if row.host != "vm-worker"]
    shut = replace(
        gates[30], open=False, came="inactive / failed to start: exit status 1, see the journal"
    )
    off = "admin@192.168.56.44 does not answer on SSH: is it on, and is the address right?"
    mute = Row("vm-worker", "preflight", "it can be asked", False, off, "its console")
    check = Check("https://hit.local/go/api/products", lambda: None, "the next lines; a pipeline")
    return replace(
        report,
        gates=[mute, *(shut if row is gates[30] else row for row in gates)],
        outcomes=[
            Outcome(check, "503 Service Unavailable, expected 200", 10.0),
            *report.outcomes,
        ],
        ends=[_end("vm-docker", "/opt/edge/certs/tls.crt", 12, RENEWED["edge"]), *report.ends],
        seen={name: it for name, it in report.seen.items() if name != "vm-worker"},
        disks={"vm-docker": (Disk("/", 37_000, 3_000), Disk("/data", 9_000, 90_000))},
        updates={"vm-docker": "2 packages wait, 1 of them for security"},
        backup="",
    )


def _end(host: str, path: str, days: int, renewed: str) -> End:
    day: date = NOW.date() + timedelta(days)
    return End(host, path, f"{day}", days, renewed)
