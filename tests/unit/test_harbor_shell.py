"""The shell that asks Harbor and tells it something, run right here with a curl that is none."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pyinfra.api.command import StringCommand

from facts import harbor as facts
from facts.docker import Compose, ComposeState
from facts.harbor import Answer, Harbor, HarborApi, HarborState, is_well
from operations import harbor, harbor_project
from spec import Platform
from tests.unit.conftest import OnHost
from tests.unit.doubles import sh, stdin_of, texts, tool
from tests.unit.harbor_recorded import (
    HEALTHY,
    PAGE,
    ROBOTS,
    UNHEALTHY,
    URL,
    Server,
    errors,
    robot,
)


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
    shell = Harbor().command()
    assert sh(shell).stdout == ""
    made = b"services: {}\n"
    (tmp_path / "docker-compose.yml").write_bytes(made)
    told = f"2.14.1 abc\n{hashlib.sha256(made).hexdigest()}  docker-compose.yml\n"
    (tmp_path / ".installed").write_text(told)
    if touched:
        (tmp_path / "docker-compose.yml").write_text("mine")
    lines = sh(shell).stdout.splitlines()
    assert Harbor().process(lines) == HarborState("2.14.1", "abc", not touched)


@pytest.mark.parametrize(("begun", "version"), [(False, ""), (True, "2.14.2")])
def test_one_that_broke_off_counts_from_where_its_database_may_have_gone_forward(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, begun: bool, version: str
) -> None:
    monkeypatch.setattr(facts, "HOME", str(tmp_path))
    (tmp_path / ".version").write_text("2.14.2\n")
    if begun:
        (tmp_path / "docker-compose.yml").touch()
    lines = sh(Harbor().command()).stdout.splitlines()
    found = Harbor().process(lines) if lines else Harbor.default()
    assert found == HarborState(version)


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, str], Answer]:
    """What HarborApi makes of what a curl prints; its words are in the file `words`."""
    monkeypatch.setattr(facts, "ACCOUNTS", str(tmp_path))
    (tmp_path / "admin.curl").write_text('user = "admin:x"\n')

    def by(curl: str, login: str) -> Answer:
        tool(tmp_path / "bin", "curl", f"printf '<%s>' \"$@\" >{tmp_path}/words\n{curl}")
        shell = HarborApi().command(url=URL, ca="", path="/a?b=$c d", login=login)
        done = sh(shell, tools=tmp_path / "bin")
        assert (done.returncode, done.stderr) == (0, "")
        lines = done.stdout.splitlines()
        return HarborApi().process(lines) if lines else HarborApi.default()

    return by


def test_a_question_is_asked_as_an_account_whose_password_no_command_line_has(
    asked: Callable[[str, str], Answer], tmp_path: Path
) -> None:
    described = [*ROBOTS, robot("odd", "pull", description='said "x"\nand \\t went')]
    (tmp_path / "robots").write_text(json.dumps(described))
    answer = f"cat {tmp_path}/robots; printf '\\n200 application/json; charset=utf-8\\n'"
    assert asked(answer, "admin") == Answer(200, described)
    words = (tmp_path / "words").read_text()
    assert words == (
        f"<-s><--max-time><10><--config><{tmp_path}/admin.curl>"
        f"<-w><\\n%{{http_code}} %{{content_type}}\\n><{URL}/a?b=$c d>"
    )
    asked(answer, "")
    assert "--config" not in (tmp_path / "words").read_text()


@pytest.mark.parametrize(
    ("came", "answer"),
    [
        ('{"errors":[]}\\n401 application/json\\n', Answer(401, {"errors": []})),
        (f"{PAGE}\\n502 text/html\\n", Answer(502)),
        ("<html>\\n<body>two lines</body>\\n502 text/html\\n", Answer(502)),
        ("\\n200 \\n", Answer(200)),
        ("\\n000 \\n", Answer()),
    ],
)
def test_whatever_comes_is_an_answer(
    asked: Callable[[str, str], Answer], came: str, answer: Answer
) -> None:
    found = asked(f"printf '{came}'; exit 28", "admin")
    assert found == answer
    assert found.came == came.rpartition("\\n")[0].rpartition("\\n")[0].replace("\\n", "\n")


def test_an_account_that_is_not_there_yet_asks_nothing(
    asked: Callable[[str, str], Answer], tmp_path: Path
) -> None:
    assert asked("echo no >&2; exit 1", "push") == Answer()
    assert not (tmp_path / "words").exists()


@pytest.fixture
def create(on_host: OnHost, platform: Platform) -> StringCommand:
    """The command that makes the project."""
    on_host({HarborApi: Server()})
    wanted: dict[str, Any] = {"project": "threebody", "keep": None, "url": URL, "ca": ""}
    first: StringCommand = next(harbor_project.create._inner(robots=platform.robots, **wanted))
    return first


def test_what_is_sent_goes_by_standard_input(create: StringCommand, tmp_path: Path) -> None:
    curl = f"""printf '<%s>' "$@" >{tmp_path}/words; cat >{tmp_path}/body; printf '\n201'"""
    tool(tmp_path / "bin", "curl", curl)
    done = sh(create.get_raw_value(), stdin=stdin_of(create), tools=tmp_path / "bin")
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert (tmp_path / "words").read_text() == (
        "<-s><--max-time><60><--config></etc/harbor/admin.curl><-X><POST><--data><@->"
        f"<-H><Content-Type: application/json><-w><\n%{{http_code}}><{URL}/api/v2.0/projects>"
    )
    assert json.loads((tmp_path / "body").read_text())["project_name"] == "threebody"


@pytest.mark.parametrize(
    ("answer", "sentence"),
    [
        (
            json.dumps(errors("CONFLICT", "it exists")) + "\\n409",
            'answers 409: {"errors": [{"code": "CONFLICT", "message": "it exists"}]}',
        ),
        (f"{PAGE}\\n502", f"answers 502: {PAGE}"),
        ("x" * 999 + "\\n500", f"answers 500: {'x' * 300}"),
        ("\\n000", "gives no answer within 60 s"),
    ],
)
def test_an_answer_that_is_no_success_ends_with_a_sentence(
    create: StringCommand, tmp_path: Path, answer: str, sentence: str
) -> None:
    tool(tmp_path / "bin", "curl", f"printf '{answer}'; exit 22")
    done = sh(create.get_raw_value(), stdin=stdin_of(create), tools=tmp_path / "bin")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.strip() == f"Harbor at {URL}, sent POST /projects, {sentence}"


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
    on_host({Compose: compose})
    (command,) = texts(harbor.start, url=URL, ca="", within=40)
    done = sh(command, tools=bin_)
    assert done.returncode == status
    ran = (tmp_path / "restarts").read_text() if (tmp_path / "restarts").exists() else ""
    assert ran == "restart harbor-compose.service\n" * restarts
    if status:
        assert done.stderr.startswith('Harbor is not healthy after 40 s: {"components":')
        assert done.stderr.endswith("; see docker ps -a, /var/log/harbor\n")
