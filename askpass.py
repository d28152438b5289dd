"""sudo's password while a connection lasts: in a helper that it asks, and in no command line."""

from __future__ import annotations

import shlex
from typing import Any

from pyinfra.api.command import StringCommand
from pyinfra.api.host import Host

# Shell of the login user that reads a program for sudo, which asks it for the password, from
# standard input into a folder where nobody else may look, and programs may run; in memory, where
# there is such a place. It goes with the connection: a run that is killed takes nothing away.
ASKPASS = r"""umask 077
session=$PPID
while [ "${session:-1}" -gt 1 ]; do
  read -r name </proc/$session/comm || name=
  case $name in sshd*|dropbear*) break ;; esac
  session=$(sed -n 's/^PPid:[[:space:]]*//p' /proc/$session/status 2>/dev/null)
done
for place in "$XDG_RUNTIME_DIR" /dev/shm "$HOME" /tmp; do
  [ -d "$place" ] && folder=$(mktemp -d "$place/.threebody-XXXXXX" 2>/dev/null) || continue
  printf '#!/bin/sh\n' >"$folder/askpass" && chmod 0700 "$folder/askpass" &&
    "$folder/askpass" 2>/dev/null && cat >"$folder/askpass" && echo "askpass $folder" && {
      [ "${session:-1}" -gt 1 ] && (
        exec </dev/null >/dev/null 2>&1
        trap '' HUP TERM
        while [ -d "$folder" ] && [ -d "/proc/$session" ]; do sleep 1; done
        rm -rf "$folder"
      ) &
      exit
    }
  rm -rf "$folder"
done"""


def transport(host: Host) -> Any:
    """Its SSH connection; none where there is none."""
    client = getattr(host.connector, "client", None)
    return client.get_transport() if client else None


def put(host: Host, password: Any) -> None:
    """Give sudo a helper that knows the password.

    pyinfra's own way puts the password into the command line of every command, where any user of
    the machine can read it; here it stands in a file that only the login user can open, for as long
    as the connection lasts.
    """
    if password is None or transport(host) is None:
        return
    helper = f"#!/bin/sh\nprintf '%s\\n' {shlex.quote(password.get_secret_value())}\n"
    _, output = host.run_shell_command(StringCommand(ASKPASS), _stdin=helper)
    folders = [line for line in output.stdout_lines if line.startswith("askpass ")]
    if not folders:
        return  # whoever looks at the machine says what it says
    folder = folders[-1].removeprefix("askpass ")
    host.connector_data["askpass"] = f"{folder}/askpass"
    # pyinfra asks the helper when it believes in a password.
    host.connector_data["prompted_sudo_password"] = "asked-from-helper"  # noqa: S105
    temporary = host.get_temp_dir_config()  # type: ignore[no-untyped-call]
    host.connector_data[f"sudo_askpass_path__{temporary}"] = f"{folder}/askpass"


def remove(host: Host) -> None:
    """Leave nothing of the helper behind, where the machine can still be told."""
    path = host.connector_data.pop("askpass", None)
    connection = transport(host)
    if path and connection is not None and connection.is_active():
        folder = shlex.quote(path.removesuffix("/askpass"))
        host.run_shell_command(StringCommand(f"rm -rf {folder}"), _timeout=10)
