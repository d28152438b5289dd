"""Secrets are turned over while visitors come: nobody notices, and the old ones open nothing."""

from __future__ import annotations

import base64
import json
import shlex
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from gitlab.v4.objects import Project

from lab import CHECKOUT, Lab
from lab.machines import Machine
from spec.rotation import ROTATIONS
from spec.secrets_file import read
from tests.lab import shop
from tests.lab.cluster import FETCHED, NAMESPACE, kubectl, told, until
from tests.lab.deploying import Run, await_shut, deploy, kill_after, planned, start
from tests.suites import MANY

SCRIPT = "operate/rotate.py"
# Ends with who reads it: what it writes then is refused. A line an answer: its end, seconds, code.
VISIT = (
    "while :; do for from in go laravel; do"
    " curl -sk --max-time 20 -w ' %{time_total} %{http_code}'"
    f" {shop.EDGE}/$from/api/products | tr '\\n' ' ' | tail -c 300; echo;"
    " sleep 0.3; done; done"
)
DATABASE = CHECKOUT / "files/k8s_worker/usr/local/sbin/app-database"
AS_USER = 'IFS= read -r MYSQL_PWD; export MYSQL_PWD; exec mysql -h 127.0.0.1 -u shop -e "SELECT 1"'


@pytest.fixture(scope="module", autouse=True)
def left(lab: Lab) -> Iterator[None]:
    """A plain run finds nothing to do after all of it, and no old value is kept."""
    yield
    assert not before(lab).exists()
    assert planned() == {}
    await_shut()


@contextmanager
def visited(docker: Machine) -> Iterator[None]:
    """Both backends are asked all the time, and answer each time."""
    visitors = subprocess.Popen(
        docker.ssh_command(VISIT), stdout=subprocess.PIPE, text=True, errors="replace"
    )
    try:
        yield
    finally:
        visitors.kill()
        # The last one was cut off.
        answers = visitors.communicate()[0].split("\n")[:-1]
    assert len(answers) > 10
    assert [answer for answer in answers if not answer.endswith(" 200")] == []


def before(lab: Lab) -> Path:
    """Where the old value is while one is turned over."""
    return lab.secrets.with_name(f".{lab.secrets.name}.before")


def secret(lab: Lab, name: str) -> str:
    """What secrets.env has now for a NAME of `make rotate`."""
    return next(it.value for it in read(lab.secrets) if it.name == ROTATIONS[name].secret)


def rotate(name: str) -> Run:
    """`make rotate`, to its end."""
    run = deploy("-y", script=SCRIPT, env={"NAME": name})
    assert run.status == 0, run.reason
    return run


def killed(lab: Lab, name: str, after: float) -> None:
    """`make rotate`, killed so many seconds after the new value was made."""
    running = start("-y", script=SCRIPT, env={"NAME": name})
    until(before(lab).exists, "a new value is made")
    time.sleep(after)
    running.kill()
    running.wait()


def turned(lab: Lab, docker: Machine, name: str, killed_after: float = 0) -> tuple[str, str]:
    """The stolen value and the new one, of a rotation that may be killed and then run again."""
    stolen = secret(lab, name)
    with visited(docker):
        if killed_after:
            killed(lab, name, killed_after)
            assert secret(lab, name) != stolen
            assert before(lab).exists()
        rotate(name)
    new = secret(lab, name)
    assert new != stolen
    return stolen, new


def at_harbor(docker: Machine, login: str, password: str, path: str) -> str:
    """How Harbor answers to this login."""
    user = shlex.quote(f"{login}:{password}")
    return docker.ssh(
        f"curl -sko /dev/null -w '%{{http_code}}' -u {user} http://harbor.local:8080{path}"
    )


def lets_in(password: str, asks: str = AS_USER) -> bool:
    """Whether the database knows the application's user, or another one, by this password."""
    words = ("exec", "-i", "mysql-0", "-c", "mysql", "--", "sh", "-c", asks)
    return kubectl("-n", NAMESPACE, *words, stdin=f"{password}\n").returncode == 0


def test_without_a_name_it_says_which_there_are_and_touches_nothing(lab: Lab) -> None:
    before = lab.secrets.read_bytes()
    run = deploy("-y", script=SCRIPT, env={"NAME": "everything"})
    assert run.status != 0
    assert "NAME is 'everything', and nothing was touched" in run.said
    assert "database      what the application asks its database with" in run.said
    assert lab.secrets.read_bytes() == before


@pytest.mark.soak(reason="a power cut, and every secret written anew twice")
def test_a_stolen_key_reads_no_secret_of_the_cluster_after_a_power_cut_in_between(
    lab: Lab, control: Machine
) -> None:
    keys = "sudo sed -n 's/^ *secret: //p' /etc/kubernetes/encryption.yaml"
    old = control.ssh(keys).split()
    killed(lab, "encryption", after=4)
    control.cut()
    control.power_on()
    # At once: the API is away at first, and its names, which visitors need, as well.
    rotate("encryption")
    (new,) = control.ssh(keys).split()
    assert new not in old
    # One that only the old key reads would fail all of it.
    names = {line.rpartition("/")[2] for line in told("get", "secrets", "-A", "-o", "name").split()}
    assert names >= {"app-secrets", "harbor-pull", "probe"}


@pytest.mark.parametrize(
    ("name", "variable"), [("push", "HARBOR_PASSWORD"), ("pull", "HARBOR_PULL_PASSWORD")]
)
def test_a_stolen_robot_is_refused_and_whoever_works_with_it_has_the_new_one(
    lab: Lab, docker: Machine, project: Project, rounds: int, name: str, variable: str
) -> None:
    stolen, new = turned(lab, docker, name, 2 if rounds >= MANY else 0)
    login = f"robot$threebody+{name}"
    answers = [at_harbor(docker, login, password, "/v2/") for password in (stolen, new)]
    assert answers == ["401", "200"]
    assert project.variables.get(variable).value == new
    pull = told("-n", NAMESPACE, "get", "secret", "harbor-pull", "-o", "json")
    kept = base64.b64decode(json.loads(pull)["data"][".dockerconfigjson"])
    (auth,) = json.loads(kept)["auths"].values()
    assert base64.b64decode(auth["auth"]).decode().endswith(f"+pull:{secret(lab, 'pull')}")


def test_a_stolen_password_of_harbors_administrator_is_refused(
    lab: Lab, docker: Machine, rounds: int
) -> None:
    answers = [
        at_harbor(docker, "admin", password, "/api/v2.0/users/current")
        for password in turned(lab, docker, "harbor", 1 if rounds >= MANY else 0)
    ]
    assert answers == ["401", "200"]


def test_a_stolen_password_of_the_database_is_refused_and_no_visitor_noticed(
    lab: Lab, docker: Machine, project: Project
) -> None:
    stolen, new = turned(lab, docker, "database", killed_after=6)
    assert [lets_in(password) for password in (stolen, new)] == [False, True]
    assert project.variables.get("MYSQL_PASSWORD").value == new


def test_a_stolen_password_of_root_is_refused_from_wherever_it_comes(
    lab: Lab, docker: Machine, worker: Machine, project: Project, rounds: int
) -> None:
    stolen, new = turned(lab, docker, "database-root", 4 if rounds >= MANY else 0)
    for way in ("-h 127.0.0.1", "-S /var/run/mysqld/mysqld.sock"):
        as_root = AS_USER.replace("-h 127.0.0.1 -u shop", f"{way} -u root")
        assert [lets_in(password, as_root) for password in (stolen, new)] == [False, True]
    assert project.variables.get("MYSQL_ROOT_PASSWORD").value == new
    tables, figures = (
        shlex.join(["bash", "-c", DATABASE.read_text(), "app-database", verb, NAMESPACE])
        for verb in ("tables", "figures")
    )
    assert int(worker.ssh(f"sudo {tables} /data/threebody/mysql")) > 1
    # With the new one as well; and what the monitoring is told of it.
    told = dict(map(str.split, worker.ssh(f"sudo {figures} /data/threebody/mysql").splitlines()))
    assert int(told["mysql_global_status_uptime"]) > 0
    assert int(told["mysql_global_variables_max_connections"]) > 1
    assert len(told) == 7


def test_a_stolen_kubeconfig_of_the_pipeline_gets_nothing(
    docker: Machine, project: Project, tmp_path: Path, rounds: int
) -> None:
    ours = FETCHED / "kubeconfig-ci"
    stolen = tmp_path / "kubeconfig-ci"
    stolen.write_text(ours.read_text())
    asks = ("-n", NAMESPACE, "get", "pods")
    assert kubectl(*asks, kubeconfig=str(stolen)).returncode == 0
    with visited(docker):
        if rounds >= MANY:
            kill_after(8, script=SCRIPT, NAME="pipeline")
        rotate("pipeline")
    # The API server remembers for ten seconds whom it has let in.
    until(lambda: "Unauthorized" in kubectl(*asks, kubeconfig=str(stolen)).stderr, "refused")
    assert "mysql-0" in told(*asks, kubeconfig="kubeconfig-ci")
    assert project.variables.get("KUBECONFIG_PROD").value == ours.read_text()
