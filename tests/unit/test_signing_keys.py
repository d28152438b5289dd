"""Signing keys of repositories: none counts before its sum or its fingerprint is right."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from facts.apt import KeyFile, SigningKey
from operations import apt
from tests.unit.conftest import OnHost
from tests.unit.doubles import sh, texts, tool

SUM = hashlib.sha256(b"key\n").hexdigest()
PRINTED = {"url": "http://x/gpg", "fingerprint": "AA11", "path": "/etc/k.asc"}


def test_a_key_takes_its_place_only_when_its_sum_is_right(on_host: OnHost, tmp_path: Path) -> None:
    source, place = tmp_path / "gpg", tmp_path / "keyrings" / "docker.asc"
    source.write_text("key\n")
    on_host()
    wanted = {"url": source.as_uri(), "path": str(place)}
    (fetch,) = texts(apt.key, sha256="0" * 64, **wanted)
    refused = sh(fetch)
    assert refused.returncode != 0
    assert f"has sha256 {SUM}, expected {'0' * 64}" in refused.stderr
    assert list(place.parent.iterdir()) == []
    (fetch,) = texts(apt.key, sha256=SUM, **wanted)
    assert sh(fetch).returncode == 0
    assert place.read_text() == "key\n"
    assert [path.name for path in place.parent.iterdir()] == ["docker.asc"]


@pytest.mark.parametrize(
    "state",
    [
        KeyFile(),
        KeyFile("0600", SUM, ("AA11",)),
        KeyFile("0644", SUM, ("BB22",)),
        KeyFile("0644", SUM, ("AA11", "BB22")),
        KeyFile("0644", SUM, ("AA11",), expired=True),
    ],
)
def test_a_key_that_is_another_one_or_has_ended_is_fetched_anew(
    on_host: OnHost, state: KeyFile
) -> None:
    on_host({SigningKey: state})
    assert len(texts(apt.key, **PRINTED)) == 1


def test_a_key_takes_its_place_only_when_its_fingerprint_is_right(
    on_host: OnHost, tmp_path: Path
) -> None:
    source, place = tmp_path / "gpg", tmp_path / "keyrings" / "runner.asc"
    source.write_text("key\n")
    tool(tmp_path / "bin", "gpg", "printf 'pub:-:\\nfpr:::::::::AA11:\\n'")
    on_host()
    wanted = {"url": source.as_uri(), "path": str(place)}
    (fetch,) = texts(apt.key, fingerprint="BB22", **wanted)
    refused = sh(fetch, tools=tmp_path / "bin")
    assert refused.returncode != 0
    assert "has fingerprint AA11, expected BB22" in refused.stderr
    assert list(place.parent.iterdir()) == []
    (fetch,) = texts(apt.key, fingerprint="AA11", **wanted)
    assert sh(fetch, tools=tmp_path / "bin").returncode == 0
    assert [path.name for path in place.parent.iterdir()] == ["runner.asc"]
