"""Asking a machine what it is, or learning why it cannot be asked."""

from __future__ import annotations

from pyinfra.api.host import Host

from facts.machine import PROBE, Probe
from spec import Mistake


def look(host: Host) -> Probe | Mistake:
    """What a machine is, in one command; or why nobody can become root there."""
    # Not `_sudo=True`: that would ask for a password at the terminal instead of failing.
    helped = bool(host.connector_data.get("prompted_sudo_password"))
    ok, output = host.run_shell_command(PROBE, **({"_sudo": True} if helped else {}))
    return Probe.parse(output.stdout_lines) if ok else _no_root(host, output.stderr_lines)


def _no_root(host: Host, said: list[str]) -> Mistake:
    user = host.data.get("ssh_user")
    if any("password is required" in line or "no password was provided" in line for line in said):
        reason = f"sudo asks {user} for a password: put sudo_password into secrets.env"
    elif any("incorrect password" in line or "Sorry, try again" in line for line in said):
        reason = f"sudo refuses the password of {user}: correct sudo_password in secrets.env"
    else:
        told = said[-1] if said else "no answer"
        reason = f"{user} may not become root with sudo ({told}): add {user} to sudoers"
    return Mistake(host.name, "", "", reason)
