"""The registry's certificate on its machine: made by the platform's CA, or its operator's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from operations.files import File
from spec.certificate import CA as platform_ca
from tests.unit.certificates import certificate
from tests.unit.harbor_layer import CA, CRT, KEY, TLS, Layer, layer, only
from tests.unit.tasks_run import Call, files_of

__all__ = ["layer"]  # a fixture


def registry_files(calls: list[Call]) -> dict[str, File]:
    return {p: f for p, f in files_of(calls).items() if p in (CRT, KEY, CA)}


def made_for_the_registry(calls: list[Call]) -> list[dict[str, Any]]:
    made = [c.arguments for c in calls if c.operation == "certificate.sign"]
    return [arguments for arguments in made if arguments["certificate"] == CRT]


def test_over_http_there_is_no_certificate(layer: Layer) -> None:
    calls = layer()
    assert registry_files(calls) == {}
    assert made_for_the_registry(calls) == []
    assert [c for c in calls if c.operation == "files.link"] == []


def test_without_an_own_certificate_one_is_made_and_docker_trusts_it(layer: Layer) -> None:
    calls = layer(**TLS)
    (made,) = made_for_the_registry(calls)
    assert (made["common_name"], made["key"], made["days"]) == ("harbor.local", KEY, 397)
    link = only(calls, "files.link")
    assert (link["path"], link["target"]) == (CA, platform_ca)
    assert registry_files(calls) == {}
    service = files_of(calls)["/etc/systemd/system/harbor-certificate.service"].content
    assert f"make-certificate harbor.local {CRT} {KEY} 397 {platform_ca} " in service
    assert "ExecStart=/usr/local/sbin/harbor-certificate /data/harbor\n" in service


def test_the_ca_is_made_once_for_both_names_before_it_is_asked_to_sign(layer: Layer) -> None:
    for settings in ({}, TLS):
        calls = layer(**settings)
        assert only(calls, "certificate.authority")["names"] == ("hit.local", "harbor.local")
        order = [c.operation for c in calls]
        assert order.index("certificate.authority") < order.index("certificate.sign")


@pytest.mark.parametrize("signed", [False, True])
def test_an_own_certificate_goes_there_with_its_signer(
    layer: Layer, tmp_path: Path, signed: bool
) -> None:
    crt, key = certificate(tmp_path, "harbor.local")
    signer, _ = certificate(tmp_path, "ca")
    own = {**TLS, "harbor_certificate": str(crt), "harbor_certificate_key": str(key)}
    calls = layer(**own, harbor_ca=str(signer) if signed else None)
    assert made_for_the_registry(calls) == []
    assert [c for c in calls if c.operation == "files.link"] == []
    found = registry_files(calls)
    assert found[CRT] == File(CRT, crt.read_text())
    assert found[KEY] == File(KEY, key.read_text(), mode="0600")
    assert found[CA] == File(CA, (signer if signed else crt).read_text())
