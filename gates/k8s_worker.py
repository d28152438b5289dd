"""D2-D4: a node that runs the application."""

from __future__ import annotations

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What a worker is once it has joined; whether it is Ready, the cluster's gates ask."""
    settings = platform.k8s_worker
    found = [
        Gate(
            awaits="kubelet runs",
            command=(
                "systemctl is-enabled kubelet && systemctl is-active kubelet &&"
                " curl -sS --max-time 5 http://127.0.0.1:10248/healthz"
            ),
            hint="systemctl status kubelet; journalctl -u kubelet -n 50",
            within=60,
            every=2,
        ),
    ]
    if machine.hostname == settings.app_database_worker:
        found.append(
            Gate(
                awaits=f"{settings.app_database_path} is the database's alone",
                command=(
                    f"stat -c '%a %u:%g %F' {settings.app_database_path} | tee /dev/stderr |"
                    " grep -qx '700 999:999 directory'"
                ),
                hint=f"ls -ld {settings.app_database_path}",
            )
        )
    return found
