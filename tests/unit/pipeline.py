"""The pipeline's scripts, run here against a cluster, a registry and a Docker that are none.

The doubles write down every argument that they get: a secret in there is one that `ps` shows.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

from tests.unit.doubles import tool

SECRETS = {
    "HARBOR_PASSWORD": "Push0nly&Secret",
    "HARBOR_PULL_PASSWORD": "Pull0nly*Secret",
    "MYSQL_ROOT_PASSWORD": "Root.Secret/1",
    "MYSQL_PASSWORD": "Shop Secret[2]",
    "APP_KEY": "base64:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=",
}

# Keeps what was applied, and of each Deployment that is not at 0 what it runs.
KUBECTL = """
state={state}
printf 'kubectl %s\\n' "$*" >>$state/asked
case "$*" in
{overrides}
*" apply "*) cat >$state/in
  if [ -f $state/refused ] && grep -q "$(cat $state/refused)" $state/in
  then echo "error: admission denied the request" >&2; exit 1; fi
  cat $state/in >>$state/applied; echo --- >>$state/applied; echo serverside-applied
  awk '/^kind: /{{kind=$2}} /^  name: /&&!name[kind]{{name[kind]=$2}}
    /^  replicas: /{{count=$2}} /^ +image: /&&!image{{image=$2}} /\\/laravel:/{{image=$NF}}
    END{{if(name["Deployment"]&&count>0)print name["Deployment"],image}}' $state/in >$state/one
  if [ -s $state/one ]; then read -r app _ <$state/one; mv $state/one $state/running/$app; fi;;
*"get nodes"*) echo node/vm-worker;;
*"get namespace"*) echo namespace/here;;
*"get serviceaccount default --output name"*) echo serviceaccount/default;;
*"get serviceaccount default"*) cat $state/pullers 2>/dev/null;;
*"patch serviceaccount default"*) echo harbor-pull >$state/pullers;;
*"get secret app-secrets"*) echo 7;;
*"get deployments"*) cat $state/running/* 2>/dev/null || :;;
*"get replicasets"*) cat $state/ran 2>/dev/null;;
*"get service frontend"*) printf 30080;;
*"get service go"*) printf 30081;;
*"get service laravel"*) printf 30082;;
*" sh mysqladmin ping") cat >/dev/null; echo mysqld is alive;;
*" sh mysql") cat >$state/sql;;
*"get job"*) printf Complete;;
*logs*) echo "a log with $MYSQL_PASSWORD and $MYSQL_ROOT_PASSWORD in it";;
esac
"""
CURL = """
state={state}
printf 'curl %s\\n' "$*" >>$state/asked
while [ $# -gt 0 ]; do
  case $1 in --output) shift; output=$1;; --config) shift; config=$1;; http*) url=$1;; esac
  shift
done
case $url in
{overrides}
*/kubectl.sha256) sha256sum <{bin}/kubectl.there;;
*/kubectl) cp {bin}/kubectl.there "$output";;
*/v2/) printf 401;;
*/manifests/*) sum=$(printf %s "$url" | sha256sum)
  printf 'HTTP/1.1 200 OK\\nDocker-Content-Digest: sha256:%s\\n' "${{sum%% *}}";;
esac
"""
DOCKER = """
state={state}
printf 'docker %s\\n' "$*" >>$state/asked
case "$*" in
{overrides}
login*) cat >$state/password; echo "$DOCKER_CONFIG" >$state/config;;
pull*) echo "Error response from daemon: manifest unknown" >&2; exit 1;;
esac
"""


@dataclass
class Bench:
    """One checkout of the application, with doubles of everything outside of it."""

    tree: Path
    overrides: dict[str, str] = field(default_factory=dict)
    env: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Lay out what the doubles remember."""
        (self.state / "running").mkdir(parents=True)
        (self.tree / "kubeconfig").write_text("kind: Config\n")
        self.env = SECRETS | {"TAG": "abcd1234", "KUBECONFIG_PROD": "kubeconfig"} | self.env

    @property
    def state(self) -> Path:
        """What the doubles remember."""
        return self.tree.parent / "state"

    def override(self, program: str, pattern: str, shell: str) -> None:
        """Answer what matches the pattern differently from now on; the newest counts."""
        self.overrides[program] = f"{pattern}) {shell};;\n" + self.overrides.get(program, "")

    def run(self, script: str, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        """Run a script of deploy/ci; half a minute passes whenever it looks at the clock."""
        programs = self.tree.parent / "bin"
        for name, text in {"kubectl.there": KUBECTL, "curl": CURL, "docker": DOCKER}.items():
            lines = self.overrides.get(name.removesuffix(".there"), "")
            body = text.format(state=self.state, bin=programs, overrides=lines)
            tool(programs, name, body)
        tool(programs, "sleep", "")
        clock = self.state / "clock"
        tool(programs, "date", f"echo >>{clock}; echo $(($(wc -l <{clock}) * 30))")
        path = f"{programs}:{os.environ['PATH']}"
        # What is fetched is no kubectl of upstream's, whose sum the settings know.
        present = hashlib.sha256((programs / "kubectl.there").read_bytes()).hexdigest()
        env = {"KUBECTL_SHA256": present, **env}
        home = {"PATH": path, "HOME": str(self.state), "LC_ALL": "C", "TMPDIR": str(self.state)}
        return subprocess.run(
            ["bash", str(self.tree / "deploy" / "ci" / script), *arguments],
            env=home | self.env | env,
            cwd="/",
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def remembered(self, name: str) -> str:
        """One thing that the doubles wrote down; "" when they did not."""
        path = self.state / name
        return path.read_text() if path.exists() else ""

    def forget(self) -> None:
        """What was asked and applied so far; the pipeline goes on."""
        for name in ("asked", "applied"):
            (self.state / name).unlink(missing_ok=True)


def gates(done: subprocess.CompletedProcess[str]) -> list[str]:
    """The gates that a script came to, in their order."""
    return [line[3:] for line in done.stdout.splitlines() if line.startswith("== ")]


def shut(done: subprocess.CompletedProcess[str]) -> dict[str, str]:
    """The sentences of the gate that stayed shut; {} when none did."""
    found: dict[str, str] = {}
    for line in done.stderr.splitlines():
        for part in ("gate stayed shut", "expected", "came", "do"):
            if line.strip().startswith(f"{part}: "):
                found[part] = line.partition(": ")[2]
    return found


def leaks(bench: Bench, done: subprocess.CompletedProcess[str]) -> list[str]:
    """The secrets that somebody could read: in what was printed, or in a program's arguments."""
    seen = done.stdout + done.stderr + bench.remembered("asked")
    return [name for name, secret in SECRETS.items() if secret in seen]
