"""The shell that asks Harbor and tells it something, run right here with a curl that is none."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.command import StringCommand

from facts import harbor as facts
from facts.docker import Compose, ComposeState
from facts.harbor import Answer, Harbor, HarborState, Project, ProjectState, is_well
from operations import harbor
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, commands, sh, stdin_of, texts, tool
from tests.unit.harbor_recorded import (
    HEALTHY,
    PAGE,
    ROBOTS,
    UNHEALTHY,
    URL,
    errors,
    project,
    robot,
)

MADE = '{"expires_at":-1,"id":17,"name":"robot$threebody+push","secret":"harbors own"}'


@pytest.mark.parametrize(
    ("curl", "well"),
    [
        (f"echo '{HEALTHY}'", True),
        (f"echo '{UNHEALTHY}'", False),
        (f"echo '{PAGE}'", False),
        ("echo '{}'", False),
        ("exit 7", False),
    ],
    ids=["healthy", "unhealthy with status 200", "a gateway's page", "no status", "nothing"],
)
def test_harbor_is_well_when_its_body_says_so(tmp_path: Path, curl: str, well: bool) -> None:
    tool(tmp_path / "bin", "curl", curl)
    assert (sh(is_well(URL, ""), tools=tmp_path / "bin").returncode == 0) is well


def test_health_is_asked_with_the_registrys_own_certificate(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "curl", f'echo "$@" >{tmp_path}/asked')
    sh(is_well("https://h:8443", "/etc/ca.crt"), tools=tmp_path / "bin")
    asked = (tmp_path / "asked").read_text()
    assert asked == "-s --max-time 10 --cacert /etc/ca.crt https://h:8443/api/v2.0/health\n"


@pytest.mark.parametrize("touched", [False, True])
def test_an_installation_is_intact_until_somebody_changes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, touched: bool
) -> None:
    monkeypatch.setattr(facts, "HOME", str(tmp_path))
    tool(tmp_path / "bin", "curl", f"echo '{HEALTHY}'")
    shell = Harbor().command(url=URL, ca="")
    assert sh(shell, tools=tmp_path / "bin").stdout == ""
    made = b"services: {}\n"
    (tmp_path / "docker-compose.yml").write_bytes(made)
    told = f"2.14.1 abc\n{hashlib.sha256(made).hexdigest()}  docker-compose.yml\n"
    (tmp_path / ".installed").write_text(told)
    if touched:
        (tmp_path / "docker-compose.yml").write_text("mine")
    lines = sh(shell, tools=tmp_path / "bin").stdout.splitlines()
    assert Harbor().process(lines) == HarborState("2.14.1", "abc", not touched, True)


@pytest.mark.parametrize(("begun", "version"), [(False, ""), (True, "2.14.2")])
def test_one_that_broke_off_counts_from_where_its_database_may_have_gone_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool, version: str
) -> None:
    monkeypatch.setattr(facts, "HOME", str(tmp_path))
    (tmp_path / ".version").write_text("2.14.2\n")
    if begun:
        (tmp_path / "docker-compose.yml").touch()
    lines = sh(Harbor().command(url="http://127.0.0.1:1", ca="")).stdout.splitlines()
    found = Harbor().process(lines) if lines else Harbor.default()
    assert found == HarborState(version)


def asked_of(curl: str, folder: Path, monkeypatch: pytest.MonkeyPatch) -> ProjectState:
    monkeypatch.setattr(facts, "ACCOUNTS", str(folder))
    (folder / "admin.curl").write_text('user = "admin:x"\n')
    tool(folder / "bin", "curl", curl)
    fact = Project()
    shell = fact.command(url=URL, ca="", project="threebody", robots=["push", "pull"])
    done = sh(shell, tools=folder / "bin")
    assert (done.returncode, done.stderr) == (0, "")
    return fact.process(done.stdout.splitlines())


def test_a_project_its_robots_and_their_logins_are_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    described = [*ROBOTS, robot("odd", "pull", description='said "x"\nand \\t went')]
    (tmp_path / "robots").write_text(json.dumps(described))
    named = {**project(), "owner_name": 'a\\b "c"\n'}
    (tmp_path / "project").write_text(json.dumps(named, separators=(",", ":")))
    curl = f"""case "$*" in
      *push.curl*) printf 200;; *pull.curl*) printf 401;;
      */projects/threebody) cat {tmp_path}/project; printf '\\n200\\n';;
      *"ProjectID=2") cat {tmp_path}/robots; printf '\\n200\\n';;
      *) printf '\\n500\\n';; esac"""
    assert asked_of(curl, tmp_path, monkeypatch) == ProjectState(
        Answer(200, named), Answer(200, described), {"push": 200, "pull": 401}
    )


@pytest.mark.parametrize(
    ("answer", "status", "body"),
    [
        ('{"errors":[]}\\n401\\n', 401, {"errors": []}),
        (f"{PAGE}\\n502\\n", 502, None),
        ("<html>\\n<body>two lines</body>\\n502\\n", 502, None),
        ("\\n000\\n", 0, None),
    ],
)
def test_an_administrator_who_is_refused_asks_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str, status: int, body: Any
) -> None:
    curl = f"echo x >>{tmp_path}/asked; printf '%s' '' ; printf '{answer}'"
    found = asked_of(curl, tmp_path, monkeypatch)
    assert found == ProjectState(Answer(status, body))
    assert (tmp_path / "asked").read_text() == "x\n"


@pytest.fixture
def create(on_host: OnHost, platform: Platform) -> StringCommand:
    """The command that makes the robot that pushes."""
    on_host({Project: ProjectState(Answer(200, project()), Answer(200, []))})
    wanted = {"project": "threebody", "robots": platform.robots, "url": URL, "ca": ""}
    return commands(harbor.project, **wanted)[0]


def test_a_robot_is_made_and_given_its_secret(create: StringCommand, tmp_path: Path) -> None:
    curl = f"""printf '%s\\n' "$*" >>{tmp_path}/asked
      case "$*" in *PATCH*) cat >{tmp_path}/body; printf '{{}}\\n200';;
      *) printf '%s\\n201' '{MADE}';; esac"""
    tool(tmp_path / "bin", "curl", curl)
    done = sh(create.get_raw_value(), stdin=stdin_of(create), tools=tmp_path / "bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    post, patch = (tmp_path / "asked").read_text().splitlines()
    assert post.endswith(f"{URL}/api/v2.0/robots")
    assert patch.endswith(f"{URL}/api/v2.0/robots/17")
    assert json.loads((tmp_path / "body").read_text()) == {"secret": PASSWORD}
    assert PASSWORD not in post + patch


@pytest.mark.parametrize(
    ("method", "answer", "sentence"),
    [
        (
            "POST",
            json.dumps(errors("CONFLICT", "it exists"), separators=(",", ":")) + "\\n409",
            "answers 409 to POST /robots: it exists",
        ),
        (
            "PATCH",
            json.dumps(errors("BAD", "too weak"), separators=(",", ":")) + "\\n400",
            "answers 400 to PATCH /robots/17: too weak",
        ),
        ("POST", f"{PAGE}\\n502", "answers 502 to POST /robots:"),
        ("POST", "\\n000", "answers 000 to POST /robots:"),
    ],
)
def test_an_answer_that_is_no_success_ends_with_a_sentence(
    create: StringCommand, tmp_path: Path, method: str, answer: str, sentence: str
) -> None:
    curl = f"""echo >>{tmp_path}/asked; case "$*" in *"-X {method} "*) printf '{answer}';;
      *) printf '%s\\n201' '{MADE}';; esac"""
    tool(tmp_path / "bin", "curl", curl)
    done = sh(create.get_raw_value(), stdin=stdin_of(create), tools=tmp_path / "bin")
    assert done.returncode == 1
    assert done.stderr.strip() == f"Harbor at {URL} {sentence}"
    assert (tmp_path / "asked").read_text().count("\n") == (2 if method == "PATCH" else 1)
    assert PASSWORD not in done.stdout + done.stderr


@pytest.mark.parametrize(
    ("heals", "whole", "restarts", "status"),
    [(3, True, 0, 0), (3, False, 1, 0), (80, True, 1, 0), (999, True, 1, 1), (999, False, 1, 1)],
)
def test_harbor_is_waited_for_and_restarted_once_at_most(
    on_host: OnHost, tmp_path: Path, heals: int, whole: bool, restarts: int, status: int
) -> None:
    tries, bin_ = tmp_path / "tries", tmp_path / "bin"
    curl = f"""echo x >>{tries}; if [ $(wc -l <{tries}) -ge {heals} ]
      then echo '{HEALTHY}'; else echo '{UNHEALTHY}'; fi"""
    tool(bin_, "curl", curl)
    tool(bin_, "sleep", "exit 0")
    # A second passes each time that somebody looks at the clock.
    tool(bin_, "date", f"echo x >>{tmp_path}/clock; wc -l <{tmp_path}/clock")
    tool(bin_, "systemctl", f'echo "$@" >>{tmp_path}/restarts')
    compose = ComposeState({"core": "1"}, {"core": "1"} if whole else {})
    on_host({Harbor: HarborState(), Compose: compose})
    (command,) = texts(harbor.running, url=URL, ca="", within=40)
    done = sh(command, tools=bin_)
    assert done.returncode == status
    ran = (tmp_path / "restarts").read_text() if (tmp_path / "restarts").exists() else ""
    assert ran == "restart harbor-compose.service\n" * restarts
    if status:
        assert done.stderr.startswith('Harbor is not healthy after 40 s: {"components":')
        assert done.stderr.endswith("; see docker ps -a, /var/log/harbor\n")
