"""Harbor's operations: which state needs what, and what is refused with which sentence."""

from __future__ import annotations

import pytest

from facts.docker import Compose, ComposeState
from facts.harbor import Answer, Harbor, HarborApi, HarborState
from operations import harbor
from operations.downloads import Signed
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, refused_with, texts
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


def test_a_harbor_as_wanted_is_left_alone(on_host: OnHost) -> None:
    on_host({Harbor: NOW})
    assert texts(harbor.installed, **WANTED) == []


@pytest.mark.parametrize(
    "state",
    [HarborState("2.14.1", "old", True), HarborState("2.14.1", SUM)],
    ids=["another configuration", "somebody changed what came out of it"],
)
def test_the_same_version_is_installed_again_without_a_download(
    on_host: OnHost, state: HarborState
) -> None:
    on_host({Harbor: state})
    assert texts(harbor.installed, **WANTED) == [INSTALL.format(SUM)]


@pytest.mark.parametrize("version", ["", "2.14.0", "2.9.10"])
def test_another_version_is_fetched_and_installed(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True)})
    fetch, install = texts(harbor.installed, **WANTED)
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
    fetch, _ = texts(harbor.installed, **{**WANTED, "check": signed})
    assert parses(fetch)
    assert "gpgv" in fetch
    assert "harbor-offline-installer-v2.14.1.tgz.asc" in fetch
    assert "https://keys/x" in fetch
    assert "A" * 40 in fetch


@pytest.mark.parametrize("version", ["2.14.2", "2.14.10", "2.15.0", "3.0"])
def test_a_downgrade_is_refused_with_the_way_back(on_host: OnHost, version: str) -> None:
    on_host({Harbor: HarborState(version, SUM, True)})
    (refusal,) = texts(harbor.installed, **WANTED)
    assert refused_with(refusal) == (
        f"Harbor {version} is installed, and harbor_version is the older 2.14.1: its database"
        " cannot go back by itself; `make harbor-back` undoes the last upgrade"
    )


WHOLE = ComposeState({"core": "1", "log": "1"}, {"core": "2", "log": "1"})
PART = ComposeState({"core": "1", "log": "1"}, {"log": "1"})


def test_a_harbor_that_is_well_is_left_running(on_host: OnHost) -> None:
    on_host({HarborApi: WELL, Compose: WHOLE})
    assert texts(harbor.running, url=URL, ca="") == []


@pytest.mark.parametrize(
    ("health", "compose", "waits"),
    [(UNWELL, WHOLE, True), (Answer(), WHOLE, True), (UNWELL, PART, False), (WELL, PART, False)],
)
def test_one_that_is_starting_is_waited_for_and_one_with_a_hole_restarted(
    on_host: OnHost, health: Answer, compose: ComposeState, waits: bool
) -> None:
    on_host({HarborApi: health, Compose: compose})
    (command,) = texts(harbor.running, url=URL, ca="")
    assert parses(command)
    restart = "systemctl restart harbor-compose.service; "
    assert command.count(restart) == 1
    assert command.startswith(restart) is not waits


def test_the_way_back_is_one_command(on_host: OnHost) -> None:
    on_host()
    assert texts(harbor.back, data="/data/harbor") == ["/usr/local/sbin/harbor-back /data/harbor"]
