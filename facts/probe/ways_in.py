"""How one gets in: the login user, sshd, what a shell prints by itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from facts.probe.rows import Rows

# Only the login user's own shell knows it. ssh and sshd take long to start: they are asked where
# one of their files has a word of it, or reads others.
AS_LOGIN = r"""echo "login connection $SSH_CONNECTION"; echo "login shell $SHELL"
as=${LOGNAME:-$(id -un)}
[ ! -e "$HOME/.ssh/config" ] && case $(grep -hsiE '^[^#]*\b(user|include)\b' \
  /etc/ssh/ssh_config /etc/ssh/ssh_config.d/*.conf) in
  '' | 'Include /etc/ssh/ssh_config.d/*.conf') true ;; *) false ;; esac ||
  as=$(ssh -G gitlab-443 2>/dev/null | sed -n 's/^user //p')
echo "login ssh $as"
[ -d "$HOME" ] && [ -w "$HOME" ] || echo "login homeless $HOME"
"""
QUESTION = r"""
sshd=$(command -v sshd || echo /usr/sbin/sshd)
# As the login user has it, from where this was run: a Match block may say something else.
from=${CAME%% *}
[ "$sshd" = /usr/sbin/sshd ] && case $(grep -hsiE '^[^#]*(maxsessions|include)' \
  /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf) in
  '' | 'Include /etc/ssh/sshd_config.d/*.conf') true ;; *) false ;; esac ||
  $sshd -T -C "user=${SUDO_USER:-root},host=${from:=127.0.0.1},addr=$from" 2>/dev/null |
  awk '$1 == "maxsessions" {print "sessions", $2}'
# On a file system of the network root may be nobody, and who is asked says no.
home=$(getent passwd "${SUDO_USER:-root}")
home=${home%:*} home=${home##*:}
[ ! -d "$home" ] || [ -w "$home" ] || echo "closed $home"
if [ -f /etc/ssh/ssh_config ]; then
  grep -qi '^[[:space:]]*Include[[:space:]].*ssh_config\.d/' /etc/ssh/ssh_config ||
    echo "no_include yes"
fi
:"""


@dataclass(frozen=True)
class WaysIn:
    """Who came in, and how."""

    port: int = 0  # that sshd listens on, whatever was dialled; 0 without SSH
    shell: str = ""
    homeless: str = ""  # the home that is not there, or not the login user's to write in
    closed: str = ""  # the home that root may not write in
    ssh_as: str = ""  # as whom the login user's own ssh knocks at GitLab
    noise: tuple[str, ...] = ()  # lines that the login shell prints for every command
    sessions: int = 10  # at once, in one connection
    no_include: bool = False  # ssh reads no ssh_config.d


def question() -> str:
    """Shell that asks what root knows."""
    return QUESTION


def parse(login: Rows, rows: Rows, noise: Sequence[str]) -> WaysIn:
    """From what the login user and root were told, and what else was printed."""
    told = dict(login.pairs("login"))
    connection = told.get("connection", "").split()
    return WaysIn(
        port=int(connection[3]) if len(connection) == 4 else 0,
        shell=told.get("shell", ""),
        homeless=told.get("homeless", ""),
        closed=rows.one("closed"),
        ssh_as=told.get("ssh", ""),
        noise=tuple(line for line in noise if line),
        sessions=rows.number("sessions") or 10,
        no_include=rows.has("no_include"),
    )
