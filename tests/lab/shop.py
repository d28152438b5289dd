"""The shipped application, deployed by hand: its own scripts, on vm-docker, with its variables."""

from __future__ import annotations

import json
import os
import re
import shlex
import time

from lab.machines import Machine
from spec import Platform
from tests.lab import loaded
from tests.lab.cluster import NAMESPACE, told, until
from tests.lab.deploying import SETTINGS, planned
from tests.lab.registry import PROJECT

FOLDER = "/srv/threebody"
EDGE = "https://hit.local"
TIERS = ("frontend", "go", "laravel")
BACK_WITHIN = 180  # seconds, with all that a restart takes
SECRETS = ("app-secrets", "harbor-pull")
AS_ROOT = 'export MYSQL_PWD="$MYSQL_ROOT_PASSWORD"; exec mysql -N -h 127.0.0.1 -u root shop -e "$1"'
# The same in every run of a lab, as a project's variables in GitLab are.
VARIABLES = "$HOME/.shop"


def prepare(docker: Machine, platform: Platform) -> None:
    """Give admin on vm-docker the variables and the kubeconfig, in files of its own."""
    secrets = {one.key: one.value.get_secret_value() for one in platform.pipeline_secrets}
    variables = {**platform.docker_host.pipeline_variables, **secrets}
    lines = "".join(f"export {name}={shlex.quote(value)}\n" for name, value in variables.items())
    kubeconfig = platform.pipeline_kubeconfig.read_text()
    write = "umask 077; printf %s {} >{}"
    docker.ssh(write.format(shlex.quote(kubeconfig), "~/kubeconfig-ci"))
    docker.ssh(write.format(shlex.quote(lines), VARIABLES))


def step(docker: Machine, script: str, extra: str = "") -> tuple[bool, str]:
    """Run one script of deploy/ci; whether it ended well, and all it said."""
    output = docker.ssh(
        f". {VARIABLES}; export KUBECONFIG_PROD=~/kubeconfig-ci {extra}; cd {FOLDER} &&"
        f" deploy/ci/{script} 2>&1; echo status $?",
        check=False,
    )
    return output.rstrip().endswith("status 0"), output


def must(docker: Machine, *scripts: str) -> None:
    """Run scripts that have to end well; one that does not shows its gate and what it saw."""
    for script in scripts:
        well, output = step(docker, script)
        assert well, output[max(0, output.find("gate stayed shut")) :][:6000]


def commit(docker: Machine, change: str) -> str:
    """Change the application by a shell command, commit; the commit's tag."""
    git = "git -c user.name=dev -c user.email=dev@example.org"
    docker.ssh(f"cd {FOLDER} && {change} && git add -A && {git} commit -qm change")
    return tag(docker)


def tag(docker: Machine) -> str:
    """What the images of the commit are called that is checked out."""
    return docker.ssh(f"git -C {FOLDER} rev-parse --short=8 HEAD").strip()


def products(docker: Machine, backend: str) -> list[str]:
    """The names of the products that a backend has, asked at the edge."""
    output = docker.ssh(f"curl -fsSk --max-time 60 {EDGE}/{backend}/api/products")
    (rows,) = (value for value in json.loads(output).values() if isinstance(value, list))
    return [row["name"] for row in rows]


def as_root(statement: str) -> tuple[str, ...]:
    """Words of a kubectl that runs it in the shop's database, as its administrator."""
    pod = ("-n", NAMESPACE, "exec", "mysql-0", "-c", "mysql", "--")
    return (*pod, "sh", "-c", AS_ROOT, "sh", statement)


def sql(statement: str) -> str:
    """What the shop's database answers its administrator."""
    return told(*as_root(statement))


def images(subject: str) -> dict[str, str]:
    """The image of each tier that a commit's tag stands for."""
    return {name: f"{PROJECT}/{name}:{subject}" for name in TIERS}


def runs() -> dict[str, str]:
    """The image that each tier runs, each of which names its digest as well."""
    listed = json.loads(told("-n", NAMESPACE, "get", "deployments", "-o", "json"))["items"]
    found = {}
    for row in listed:
        image = row["spec"]["template"]["spec"]["containers"][0]["image"]
        found[row["metadata"]["name"]], _, digest = image.partition("@")
        assert digest.startswith("sha256:"), image
    return found


def pods(*apps: str) -> list[str]:
    """The pods of these apps, also those that are going."""
    mine = f"app in ({','.join(apps)})"
    return sorted(told("-n", NAMESPACE, "get", "pods", "-l", mine, "-o", "name").split())


def scale(replicas: int, *apps: str, within: int = 60) -> None:
    """Have so many pods of each of these apps, and no others; rolled out in so many seconds."""
    for app in apps:
        told("-n", NAMESPACE, "scale", f"deployment/{app}", f"--replicas={replicas}")
    for app in apps:
        told("-n", NAMESPACE, "rollout", "status", f"deployment/{app}", f"--timeout={within}s")
    until(
        lambda: all(len(pods(app)) == replicas for app in apps),
        f"{replicas} pods of each of {', '.join(apps)}, and no others",
    )


def smoke() -> tuple[int, list[str]]:
    """How `make smoke` ends, and what it says that fails."""
    done = loaded.run(loaded.SMOKE, ("inventory.py", *SETTINGS), os.environ, 180)
    assert "Traceback" not in done.stderr, done.stderr
    failed = re.findall(r"^✗ (.*) [\d.]+ s$", done.stdout, re.MULTILINE)
    return done.returncode, failed


def back(since: float, what: str) -> None:
    """Wait until all that people use answers, and a run would change and wait for nothing."""
    while (failed := smoke()[1]) or (failed := sorted(planned())):
        assert time.monotonic() - since < BACK_WITHIN, failed
        time.sleep(1)
    print(f"{what}: everything answers {time.monotonic() - since:.0f} s later")


def remove(docker: Machine, worker: Machine) -> None:
    """Take the application out of the cluster, with its data, and its repository anew."""
    kinds = "deployments,statefulsets,jobs,services,configmaps,persistentvolumeclaims"
    mine = "app in (frontend,go,laravel,mysql,laravel-migrate)"
    told(
        "-n",
        NAMESPACE,
        "delete",
        f"{kinds},poddisruptionbudgets",
        "--selector",
        mine,
        "--wait=true",
    )
    # With these every pod may pull from the registry, also one that a test sees refused.
    told("-n", NAMESPACE, "delete", "secrets", *SECRETS, "--ignore-not-found")
    unasked = ("--type=merge", "--patch", '{"imagePullSecrets": null}')
    told("-n", NAMESPACE, "patch", "serviceaccount", "default", *unasked)
    told("delete", "persistentvolume", f"{NAMESPACE}-mysql", "--ignore-not-found")
    worker.ssh("sudo find /data/threebody/mysql -mindepth 1 -delete")
    docker.ssh(f"rm -f {VARIABLES} ~/kubeconfig-ci; sudo rm -rf {FOLDER}")
