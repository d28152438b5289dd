"""A lab's network: one namespace, one bridge, no way out.

There is no uplink and no masquerade: nothing in a lab reaches anything else, nor is reached.
"""

from __future__ import annotations

import os
from pathlib import Path

from lab import BY_HAND, CHECKOUT, MIRROR, OPERATOR, Lab, keys
from lab.outer import OUTSIDE
from lab.shell import run

BRIDGE = "br0"
# Without one of its own a bridge takes the lowest MAC of its ports, a new one with each machine.
BRIDGE_MAC = "02:00:c0:a8:38:01"
PREFIX = 24
OWNERS = Path("/run/threebody-lab")


class NotOurs(Exception):
    """A lab of that name belongs to another checkout."""


def path(lab: Lab) -> Path:
    """Where the namespace is bound, for nsenter."""
    return Path("/run/netns") / lab.netns


def is_up(lab: Lab) -> bool:
    """Whether the lab's namespace exists and is this checkout's; raises NotOurs otherwise."""
    if not path(lab).exists():
        return False
    owner = OWNERS / lab.name
    if owner.exists() and owner.read_text() != str(CHECKOUT):
        raise NotOurs(
            f"a lab named {lab.name!r} is already up from {owner.read_text()};"
            " take it down there, or choose another name with --name"
        )
    return True


def build(lab: Lab) -> None:
    """Make the namespace with its bridge and the addresses of operator and mirror; repeatable."""
    OWNERS.mkdir(parents=True, exist_ok=True)
    if not is_up(lab):
        (OWNERS / lab.name).write_text(str(CHECKOUT))
        run("ip", "netns", "add", lab.netns)
    if f"{BRIDGE}:" not in run("ip", "-n", lab.netns, "-o", "link"):
        run("ip", "-n", lab.netns, "link", "add", BRIDGE, "address", BRIDGE_MAC, "type", "bridge")
    for address in (OPERATOR, MIRROR):
        run("ip", "-n", lab.netns, "address", "replace", f"{address}/{PREFIX}", "dev", BRIDGE)
    for link in ("lo", BRIDGE):
        run("ip", "-n", lab.netns, "link", "set", link, "up")
    run(*inside(lab), "sh", "-c", "echo 1 > /proc/sys/net/ipv4/ip_forward")


def remove(lab: Lab) -> None:
    """Remove the namespace and all in it."""
    if is_up(lab):
        run("ip", "netns", "delete", lab.netns)
    (OWNERS / lab.name).unlink(missing_ok=True)


def inside(lab: Lab) -> tuple[str, ...]:
    """The words before a command that make it run in the lab's network.

    Not `ip netns exec`: that mounts /sys anew and so hides the cgroups.
    """
    return ("nsenter", f"--net={path(lab)}")


def as_operator(lab: Lab) -> tuple[str, ...]:
    """Like `inside`, with the mirror's DNS, for pyinfra, pytest and a person's shell."""
    resolver = lab.state / "resolv.conf"
    lab.state.mkdir(parents=True, exist_ok=True)
    resolver.write_text(f"nameserver {MIRROR}\n")
    script = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'
    return (
        *inside(lab),
        "unshare",
        "--mount",
        "--propagation",
        "slave",
        "sh",
        "-c",
        script,
        str(resolver),
    )


def operator_environment(lab: Lab) -> dict[str, str]:
    """The caller's environment, with the lab's name and secrets, and the checkout's commands."""
    venv = CHECKOUT / ".venv"
    search = f"{venv / 'bin'}:{os.environ.get('PATH', os.defpath)}"
    inside = {"LAB": lab.name, "PATH": search, "VIRTUAL_ENV": str(venv)}
    inside["THREEBODY_SECRETS"] = str(lab.secrets)
    # Instead of those that a real GitLab knows.
    by_hand = by_hand_only()
    inside["RUNNER_TOKEN"] = keys.runner_token(lab) if by_hand else ""
    inside["GITLAB_TOKEN"] = "" if by_hand else keys.gitlab_token(lab)
    return {OUTSIDE: str(os.getpid()), **os.environ, **inside}


def by_hand_only() -> bool:
    """Whether this lab's GitLab is one that a person has set up."""
    return bool(os.environ.get(BY_HAND))
