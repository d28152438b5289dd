"""The application, by the scripts of its own repository."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from pathlib import Path

from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from operations import Commands, operation, refuse, run

# Shell: the commit to work with. Developers push to GitLab, from wherever they are.
CURRENT = """main=HEAD
if origin=$(git remote get-url origin 2>/dev/null); then
  main=FETCH_HEAD; git fetch --quiet origin main </dev/null || {
    echo "main of $origin cannot be fetched: was it pushed, does GitLab answer?" >&2; exit 1; }
fi"""


@operation()
def migrate(
    folder: str, owner: str, seed: bool, kubeconfig: Path, variables: Mapping[str, str]
) -> Commands:
    """Run the job that migrates the database to the deployed version, at the pipeline's gates.

    Job and gates are those of main as it is at GitLab, where there is one; what stands in `folder`
    is how the application began. `seed` fills an application that is empty. `kubeconfig` lies on
    this machine: the script gets a copy of it, which is gone when it ends.
    """
    if not kubeconfig.exists():
        yield refuse(f"{kubeconfig} is not here: a deploy brings it, run that first")
        return
    given = {**variables, "SEED": str(seed).lower()}
    words = " ".join(f"{name}={shlex.quote(value)}" for name, value in given.items())
    script = (
        'umask 077; file=$(mktemp) && work=$(mktemp -d) && trap \'rm -rf "$file" "$work"\' EXIT &&'
        f' cat >"$file" && cd {shlex.quote(folder)} && {{ {CURRENT}; }} &&'
        ' tag=$(git rev-parse --short=8 "$main") && git archive "$main" | tar -x -C "$work" &&'
        f' cd "$work" && TAG="$tag" {words} KUBECONFIG_PROD="$file" deploy/ci/migrate.sh'
    )
    command = f"runuser -u {shlex.quote(owner)} -- sh -c {shlex.quote(script)}"
    secret = kubeconfig.read_text(encoding="utf-8")
    yield FunctionCommand(_aloud, (command, secret), {})


def _aloud(state: State, host: Host, command: str, secret: str) -> bool:
    """Run it, and let a person read what it says while it runs."""
    return run(host, command, print_output=True, _stdin=secret)
