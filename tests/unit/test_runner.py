"""The runner: what its configuration says, and what is said of a GitLab that does not like it."""

from __future__ import annotations

import tomllib
from pathlib import Path
from subprocess import CompletedProcess, Popen
from threading import Thread

import pytest

import spec
from facts.gitlab_runner import RunnerListens
from gates import gates
from operations import files as subject
from operations import gitlab_runner
from operations.files import File
from spec import Mistake, Platform, Refused
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed, commands, parses, sh, stdin_of, texts, tool
from tests.unit.gitlab_served import KEY
from tests.unit.tasks_run import files_of, run

TOKEN = "glrt-unitUNITunit0123456789"
Done = CompletedProcess[str]
CONFIG = "/etc/gitlab-runner/config.toml"
ADDRESS = "127.0.0.1:9252"


@pytest.fixture
def registered(hosts: list[HostData], monkeypatch: pytest.MonkeyPatch) -> Platform:
    """The shipped platform, with a runner that GitLab knows."""
    monkeypatch.setenv("RUNNER_TOKEN", TOKEN)
    return spec.load(hosts)


def config(platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> File:
    return files_of(run("docker_host", "vm-docker", platform, on_host, monkeypatch))[CONFIG]


def test_with_a_token_there_is_one_runner_named_after_its_machine(
    registered: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config(registered, on_host, monkeypatch)
    assert tomllib.loads(file.content)["runners"] == [
        {"name": "vm-docker", "url": "https://gitlab.com", "token": TOKEN, "executor": "shell"}
    ]
    assert (file.mode, file.owner) == ("0600", "root")
    assert file.secret


def test_without_a_token_there_is_none_and_nobody_is_asked(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = config(platform, on_host, monkeypatch)
    assert "runners" not in tomllib.loads(file.content)
    assert file.check == ""


@pytest.mark.parametrize(
    ("output", "sentence"),
    [
        (
            "Verifying runner... is not valid  runner=abcdefghi",
            "GitLab at https://gitlab.com refuses runner_token: was the runner deleted?"
            " Make a new one, take its token",
        ),
        (
            "\\033[31;1mERROR: Verifying runner... failed\\033[0;m"
            "  \\033[31;1mrunner\\033[0;m=abcdefghi \\033[31;1mstatus\\033[0;m=couldn't execute"
            " POST against https://gitlab.com: dial tcp: connection refused",
            "GitLab at https://gitlab.com does not answer: couldn't execute POST against"
            " https://gitlab.com: dial tcp: connection refused",
        ),
        (
            "ERROR: Verifying runner... failed  runner=abcdefghi status=POST x: 500 Internal",
            "GitLab at https://gitlab.com cannot say whether runner_token is good: POST x:"
            " 500 Internal",
        ),
        (
            "",
            "GitLab at https://gitlab.com cannot say whether runner_token is good:"
            " no word within 30 s",
        ),
    ],
)
def test_a_token_that_gitlab_does_not_confirm_changes_nothing_and_is_a_sentence(
    registered: Platform,
    on_host: OnHost,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    output: str,
    sentence: str,
) -> None:
    # The real one ends with 0 where GitLab cannot be asked.
    tool(tmp_path / "bin", "gitlab-runner", f'printf "{output}\\n" >&2')
    done, folder = _write(config(registered, on_host, monkeypatch), on_host, tmp_path)
    assert done.returncode != 0
    assert done.stderr == f"{sentence}\n"
    assert list(folder.iterdir()) == []


def test_a_token_that_gitlab_confirms_takes_its_place_and_was_in_no_command(
    registered: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    asked = tmp_path / "asked"
    file = config(registered, on_host, monkeypatch)
    monkeypatch.delenv("RUNNER_TOKEN")  # of this process, whose environment the shell here has
    tool(
        tmp_path / "bin",
        "gitlab-runner",
        f'echo "$@" >{asked}; env >>{asked}; grep -q {TOKEN} "$3" || exit 1;'
        " echo Verifying runner... is valid >&2",
    )
    done, folder = _write(file, on_host, tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert [path.name for path in folder.iterdir()] == ["config.toml"]
    told = asked.read_text()
    assert told.startswith(f"verify --config {folder}/.config.toml.")
    assert TOKEN not in told


def _write(file: File, on_host: OnHost, tmp_path: Path) -> tuple[Done, Path]:
    """Run what puts the file on a machine right here; what came of it, and the folder."""
    folder = tmp_path / "etc"
    folder.mkdir()
    here = File(f"{folder}/config.toml", file.content, file.mode, check=file.check)
    on_host()
    (write,) = commands(subject.put, files=[here])
    text = write.get_raw_value().replace("chown root:root", "true")
    assert parses(text)
    assert TOKEN not in text
    return sh(text, stdin=stdin_of(write), tools=tmp_path / "bin"), folder


@pytest.mark.parametrize(
    ("verify", "opens"),
    [
        ("echo 'Verifying runner... is valid  runner=abcdefghi'", True),
        ("echo 'Verifying runner... is not valid  runner=abcdefghi'; exit 1", False),
        ("echo 'Verifying runner... failed  runner=abcdefghi status=dial tcp: refused'", False),
        ("echo 'no runner is configured'", False),
    ],
)
def test_the_gate_of_a_registered_runner_believes_gitlabs_yes_only(
    registered: Platform, tmp_path: Path, verify: str, opens: bool
) -> None:
    found = {g.awaits: g for g in gates(registered, registered.machine("vm-docker"))}
    gate = found["the runner is registered at https://gitlab.com"]
    tool(tmp_path / "bin", "gitlab-runner", f"exec >&2; {verify}")
    done = sh(gate.command, tools=tmp_path / "bin")
    assert (done.returncode == 0) is opens
    assert "abcdefghi" not in done.stdout + done.stderr


def test_a_runner_without_a_token_is_left_to_do_and_no_gate(
    platform: Platform, registered: Platform
) -> None:
    assert platform.to_do == (
        "no runner is registered: make one in https://gitlab.com with the tag deploy, set"
        " runner_token in secrets.env",
    )
    assert registered.to_do == ()
    awaited = [gate.awaits for gate in gates(platform, platform.machine("vm-docker"))]
    assert not any("registered" in awaits for awaits in awaited)


@pytest.mark.parametrize(
    ("token", "reason"),
    [
        ("GR1348941abcdefghijklmnopqrst", "a registration token, which GitLab no longer takes"),
        ("glrt-short", "10 characters long; an authentication token of a runner has 20 at least"),
        ('"glrt-abcdefghijklmnopqrst"', "holds more than letters, digits, '_', '-' and '.'"),
    ],
)
def test_a_token_that_cannot_be_one_is_refused_without_its_value(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch, token: str, reason: str
) -> None:
    monkeypatch.setenv("RUNNER_TOKEN", token)
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    (mistake,) = refused.value.mistakes
    assert isinstance(mistake, Mistake)
    assert (mistake.where, mistake.setting, mistake.value) == ("secrets", "runner_token", "")
    assert reason in mistake.reason
    assert token not in str(refused.value)


def test_a_token_that_is_set_to_nothing_is_none(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_TOKEN", "")
    assert spec.load(hosts).runner_token == ""


def test_gitlab_elsewhere_is_a_change_of_settings(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("RUNNER_TOKEN", TOKEN)
    elsewhere = {
        "gitlab_url": "https://git.example.org",
        "gitlab_ssh_host": "git.example.org",
        "gitlab_ssh_port": 22,
        "gitlab_host_keys": [KEY],
    }
    platform = spec.load(changed(hosts, "docker_host", **elsewhere))
    files = files_of(run("docker_host", "vm-docker", platform, on_host, monkeypatch))
    assert 'url = "https://git.example.org"' in files[CONFIG].content
    assert "https://git.example.org refuses" in files[CONFIG].check
    ssh = files["/etc/ssh/ssh_config.d/50-gitlab.conf"].content
    assert "HostName git.example.org\n  Port 22\n" in ssh
    known = files["/etc/ssh/gitlab_known_hosts"].content
    assert known == f"gitlab-443 {KEY}\n"


@pytest.mark.parametrize(
    ("is_at", "wanted"), [((), ADDRESS), ((ADDRESS,), ADDRESS), (("",), "")], ids=repr
)
def test_a_runner_that_tells_of_itself_as_it_should_is_left_alone(
    on_host: OnHost, is_at: tuple[str, ...], wanted: str
) -> None:
    on_host({RunnerListens: is_at})
    assert commands(gitlab_runner.listen, address=wanted) == []


@pytest.mark.parametrize("ends", [True, False])
def test_a_runner_comes_to_the_end_of_its_job_before_it_is_started_anew(
    on_host: OnHost, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, ends: bool
) -> None:
    monkeypatch.setattr(gitlab_runner, "PATIENCE", 60 if ends else 1)
    on_host({RunnerListens: ("",)})
    (command,) = texts(gitlab_runner.listen, address=ADDRESS)
    # As the runner takes it: its job goes on, and it leaves behind that, if it has come to its end.
    works = f"trap '{'exit' if ends else ''}' QUIT; while :; do sleep 0.1; done"
    with Popen(["sh", "-c", works]) as runner:
        Thread(target=runner.wait, daemon=True).start()
        alive = f"kill -0 {runner.pid} 2>/dev/null && echo {runner.pid} || echo 0"
        tool(
            tmp_path / "bin",
            "systemctl",
            f'case $1 in show) {alive};; *) echo "$1" >>{tmp_path}/told;; esac',
        )
        assert sh(command, tools=tmp_path / "bin").returncode == 0
        runner.kill()
    told = (tmp_path / "told").read_text().split()
    assert told == ["daemon-reload", *(["restart"] if ends else [])]
