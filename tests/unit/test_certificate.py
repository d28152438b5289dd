"""An own certificate for the edge: refused before anything is touched when it would not serve."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.certificates import certificate
from tests.unit.doubles import changed

Refusal = Callable[[Path | None, Path | None], str]


@pytest.fixture
def refusal(hosts: list[HostData]) -> Refusal:
    def of(crt: Path | None, key: Path | None) -> str:
        settings = {"edge_certificate": crt, "edge_certificate_key": key}
        texts = {name: str(path) for name, path in settings.items() if path}
        with pytest.raises(Refused) as refused:
            spec.load(changed(hosts, "docker_host", **texts))
        (mistake,) = refused.value.mistakes
        assert isinstance(mistake, Mistake)
        assert (mistake.where, mistake.setting) == ("docker_host", "edge_certificate")
        return mistake.reason

    return of


@pytest.mark.parametrize("name", ["hit.local", "*.local"])
def test_one_for_the_edge_is_accepted(hosts: list[HostData], tmp_path: Path, name: str) -> None:
    crt, key = certificate(tmp_path, name)
    own = {"edge_certificate": str(crt), "edge_certificate_key": str(key)}
    spec.load(changed(hosts, "docker_host", **own))


def test_one_without_a_key_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "hit.local")
    for asked in ((crt, None), (None, key)):
        assert refusal(*asked) == "a certificate and its key go together: set both, or neither"


def test_one_that_is_not_there_is_named(refusal: Refusal, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "hit.local")
    key.unlink()
    assert refusal(crt, key) == f"cannot be read: {key}: No such file or directory"


def test_one_with_the_key_of_another_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    crt, _ = certificate(tmp_path, "hit.local")
    _, key = certificate(tmp_path, "other.local")
    assert refusal(crt, key) == f"does not belong to the key in {key}"


def test_one_for_another_name_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    pair = certificate(tmp_path, "other.local", "*.hit.local")
    assert refusal(*pair) == "is not for hit.local (edge_host)"


def test_one_that_has_ended_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    told = refusal(*certificate(tmp_path, "hit.local", days=-1))
    assert told.startswith("ended on 20")
    assert told.endswith(": bring a newer one")


@pytest.mark.parametrize(("days", "warned"), [(1, True), (29, True), (31, False)])
def test_one_that_ends_soon_is_a_warning_and_stops_nobody(
    hosts: list[HostData],
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    days: int,
    warned: bool,
) -> None:
    crt, key = certificate(tmp_path, "hit.local", days=days)
    own = {"edge_certificate": str(crt), "edge_certificate_key": str(key)}
    with caplog.at_level("WARNING", "pyinfra"):
        assert spec.load(changed(hosts, "docker_host", **own))
    assert [f"edge_certificate {crt} ends on 20" in one for one in caplog.messages] == [
        True
    ] * warned


def test_one_without_a_final_newline_is_accepted(hosts: list[HostData], tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "hit.local")
    for path in (crt, key):
        path.write_text(path.read_text().rstrip())
    own = {"edge_certificate": str(crt), "edge_certificate_key": str(key)}
    assert spec.load(changed(hosts, "docker_host", **own))


def test_a_key_with_a_password_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    told = refusal(*certificate(tmp_path, "hit.local", password="secret"))
    assert told == "not a PEM certificate with a PEM key that has no password"


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads every file")
def test_a_key_that_cannot_be_read_is_refused(refusal: Refusal, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "hit.local")
    key.chmod(0)
    assert refusal(crt, key) == f"cannot be read: {key}: Permission denied"
