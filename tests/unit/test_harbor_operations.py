"""Harbor's operations: which state needs what, and what is refused with which sentence."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

import pytest

from facts.docker import Compose, ComposeState
from facts.files import Paths, PathState
from facts.harbor import Answer, Harbor, HarborApi, HarborState
from operations import harbor
from operations.downloads import Signed
from operations.files import File
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, parses, refused_with, sh, stdin_of, texts, tool
from tests.unit.harbor_recorded import URL

SUM = "0a1b2c3d4e5f6a7b"
NOW = HarborState("2.14.1", SUM, intact=True)
WANTED = {
    "version": "2.14.1",
    "releases": "https://x/download",
    "check": "0" * 64,
    "config": SUM,
    "data": "/data/harbor",
    "url": URL,
    "ca": "",
}
INSTALL = (
    "/usr/local/sbin/harbor-install 2.14.1 /data/harbor http://harbor.local:8080 {} "
    "/var/cache/harbor/harbor-offline-installer-v2.14.1.tgz"
)
WELL = Answer(200, {"status": "healthy"})
UNWELL = Answer(200, {"status": "unhealthy"})


LOGIN = File("/etc/harbor/admin.curl", 'user = "admin:new"\n', mode="0600")
OTHER = {LOGIN.path: PathState("file", "0600", "root", "root", "another sum")}
SUM_OF_IT = sha256(LOGIN.content.encode()).hexdigest()
SAME = {LOGIN.path: PathState("file", "0600", "root", "root", SUM_OF_IT)}
GONE = {LOGIN.path: PathState()}


@pytest.mark.parametrize(
    ("found", "state", "asks"),
    [(SAME, NOW, 0), (OTHER, NOW, 1), (GONE, NOW, 1), (GONE, HarborState(), 0)],
    ids=["the same as before", "another one", "lost on the machine", "no Harbor yet"],
)
def test_an_administrator_is_tried_where_harbor_may_not_know_him(
    on_host: OnHost, found: dict[str, PathState], state: HarborState, asks: int
) -> None:
    on_host({Paths: found, Harbor: state})
    assert len(commands(harbor.check_login, login=LOGIN, url=URL, ca="")) == asks


@pytest.mark.parametrize(("status", "ends"), [("200", 0), ("401", 1), ("000", 0), ("502", 0)])
def test_only_a_harbor_that_refuses_him_stops_the_run(
    on_host: OnHost, tmp_path: Path, status: str, ends: int
) -> None:
    on_host({Paths: OTHER, Harbor: NOW})
    (command,) = commands(harbor.check_login, login=LOGIN, url=URL, ca="")
    tool(tmp_path, "curl", f'echo "$@" >{tmp_path}/words; cat >{tmp_path}/told; printf {status}')
    done = sh(command.get_raw_value(), stdin=stdin_of(command), tools=tmp_path)
    assert done.returncode == ends
    assert done.stderr.startswith(f"Harbor at {URL} refuses harbor_admin_password") is bool(ends)
    assert (tmp_path / "told").read_text() == LOGIN.content
    words = (tmp_path / "words").read_text().split()
    assert words[words.index("--config") + 1] == "-"
    assert words[-1] == f"{URL}/api/v2.0/users/current"


def test_a_harbor_as_wanted_is_left_alone(on_host: OnHost) -> None:
    on_host({Harbor: NOW})
    assert texts(harbor.install, **WANTED) == []


@pytest.mark.parametrize(
    "state",
    [HarborState("2.14.1", "old", True), HarborState("2.14.1", SUM)],
    ids=["another configuration", "somebody changed what came out of it"],
)
def test_the_same_version_is_installed_again_without_a_download(
    on_host: OnHost, state: HarborState
) -> None:
    on_host({Harbor: state})
    assert texts(harbor.install, **WANTED) == [INSTALL.format(SUM)]


@pytest.mark.parametrize("version", ["", "2.14.0", "2.9.10"])
def test_another_version_is_fetched_and_installed(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True)})
    fetch, install = texts(harbor.install, **WANTED)
    assert install == INSTALL.format(SUM)
    assert parses(fetch)
    # One that was unpacked by a run that was killed is not fetched again.
    assert fetch.startswith('[ "$(cat /opt/harbor/.version 2>/dev/null)" = 2.14.1 ] || (')
    assert "https://x/download/v2.14.1/harbor-offline-installer-v2.14.1.tgz" in fetch
    assert f"expected {'0' * 64}" in fetch
    assert "gpgv" not in fetch


def test_without_a_sum_the_signature_is_checked(on_host: OnHost) -> None:
    on_host()
    signed = Signed("https://keys/x", "A" * 40)
    fetch, _ = texts(harbor.install, **{**WANTED, "check": signed})
    assert parses(fetch)
    assert "gpgv" in fetch
    assert "harbor-offline-installer-v2.14.1.tgz.asc" in fetch
    assert "https://keys/x" in fetch
    assert "A" * 40 in fetch


@pytest.mark.parametrize("version", ["2.14.2", "2.14.10", "2.15.0", "3.0"])
def test_a_downgrade_is_refused_with_the_way_back(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True)})
    (refusal,) = texts(harbor.install, **WANTED)
    assert refused_with(refusal) == (
        f"Harbor {version} is installed, and harbor_version is the older 2.14.1: its database"
        " cannot go back by itself; `make harbor-back` undoes the last upgrade"
    )


WHOLE = ComposeState({"core": "1", "log": "1"}, {"core": "2", "log": "1"})
PART = ComposeState({"core": "1", "log": "1"}, {"log": "1"})


def test_a_harbor_that_is_well_is_left_running(on_host: OnHost) -> None:
    on_host({HarborApi: WELL, Compose: WHOLE})
    assert texts(harbor.start, url=URL, ca="") == []


@pytest.mark.parametrize(
    ("health", "compose", "waits"),
    [(UNWELL, WHOLE, True), (Answer(), WHOLE, True), (UNWELL, PART, False), (WELL, PART, False)],
)
def test_one_that_is_starting_is_waited_for_and_one_with_a_hole_restarted(
    on_host: OnHost, health: Answer, compose: ComposeState, waits: bool
) -> None:
    on_host({HarborApi: health, Compose: compose})
    (command,) = texts(harbor.start, url=URL, ca="")
    assert parses(command)
    restart = "systemctl restart harbor-compose.service; "
    assert command.count(restart) == 1
    assert command.startswith(restart) is not waits


def test_the_way_back_is_one_command(on_host: OnHost) -> None:
    on_host()
    assert texts(harbor.roll_back, data="/data/harbor") == [
        "/usr/local/sbin/harbor-back /data/harbor"
    ]
