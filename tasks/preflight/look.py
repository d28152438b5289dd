"""Asking a machine what it is, or learning why it cannot be asked."""

from __future__ import annotations

from pyinfra.api.host import Host

import spec
from facts.probe import Misread, Probe, Wanted, command, parse
from spec import Mistake
from spec.environment import PATH
from tasks.preflight import system

# What sudo says, and what is to be done about it; {user} stands for the login user.
SUDO = {
    "must have a tty": "sudo wants a terminal (`Defaults requiretty`): take that out for {user}",
    "password is required": "sudo asks {user} for a password: put sudo_password into secrets.env",
    "no password was provided": "sudo asks {user} for a password: put sudo_password into"
    " secrets.env",
    "incorrect password": "sudo refuses the password of {user}: correct sudo_password in"
    " secrets.env",
    "Sorry, try again": "sudo refuses the password of {user}: correct sudo_password in secrets.env",
    "not found": "sudo is not installed: install it, or let a run log in as root (ssh_user)",
}


def look(host: Host) -> Probe | Mistake:
    """What a machine is, in one command; or why nobody can become root there."""
    platform = spec.platform()
    machine = platform.machine(host.name)
    helper = str(host.connector_data.get("askpass", ""))
    rooms = system.rooms(platform, machine)
    wanted = Wanted(rooms, f"{machine.address}", f"{platform.virtual_address(machine) or ''}", PATH)
    ask_helper = {"SUDO_ASKPASS": helper} if helper else {}
    ok, output = host.run_shell_command(command(wanted, helper), _env={"PATH": PATH, **ask_helper})
    if any(line.startswith("refused: ") for line in output.stderr_lines):
        return _no_root(host, output.stderr_lines)
    try:
        return parse(output.stdout_lines)
    except Misread as misread:
        user = host.data.get("ssh_user")
        printed = [line for line in output.stderr_lines if not ok][-1:]
        where = host.data.get("ssh_hostname") or host.name
        told = " ".join([f"lets {user} in, and {misread}", *printed])
        return Mistake(host.name, "", "", f"{told}; look with `ssh {user}@{where} true`")


def _no_root(host: Host, output: list[str]) -> Mistake:
    user = host.data.get("ssh_user")
    for words, reason in SUDO.items():
        if any(words in line for line in output):
            return Mistake(host.name, "", "", reason.format(user=user))
    told = output[-1].removeprefix("refused: ") if output else "no answer"
    reason = f"{user} may not become root with sudo ({told}): add {user} to sudoers"
    return Mistake(host.name, "", "", reason)
