"""How one gets in: a shell that keeps quiet, sessions enough, ssh that reads what is ours."""

from __future__ import annotations

from facts.probe import Probe
from spec import Machine, Platform
from tasks.preflight.finding import Findings, refused

SESSIONS = 3  # at once: the lock of a run, a command, and one for another machine
SHOWN = 80  # of what a shell prints, to a person


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What would be taken for answers, or would not be read."""
    ways = probe.ways_in
    user = platform.all.ssh_user
    if ways.noise:
        first = ways.noise[0][:SHOWN]
        yield refused(
            machine,
            f'the login shell of {user} prints "{first}" for every command, which would be taken'
            " for answers: let it do so at a terminal only (`case $- in *i*) …;; esac` in"
            f" ~{user}/.bashrc, or what its shell reads)",
        )
    if ways.homeless:
        yield refused(
            machine,
            f"{user} has no home to write in ({ways.homeless}): make it, and give it to {user}"
            f" (`mkhomedir_helper {user}`)",
        )
    elif ways.closed:
        yield refused(
            machine,
            f"root may not write in {ways.closed} (is it of the network, or immutable?), where a"
            f" run keeps keys of {user}: give {user} a home of the machine's own",
        )
    if "docker_host" in machine.groups and ways.ssh_as not in ("", "git", user):
        yield refused(
            machine,
            f"~{user}/.ssh/config has ssh log in as {ways.ssh_as} everywhere, at GitLab as well:"
            " put that `User` under the hosts that it is for",
        )
    if ways.sessions < SESSIONS:
        word = "session" if ways.sessions == 1 else "sessions"
        yield refused(
            machine,
            f"sshd lets {ways.sessions} {word} into a connection (MaxSessions), and a run needs"
            f" {SESSIONS} at once: raise it in /etc/ssh/sshd_config",
        )
    if "docker_host" in machine.groups and ways.no_include:
        yield refused(
            machine,
            "/etc/ssh/ssh_config does not read ssh_config.d, where GitLab's SSH is named: put"
            " `Include /etc/ssh/ssh_config.d/*.conf` at its top",
        )
