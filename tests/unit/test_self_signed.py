"""Certificates that nobody else signs: kept while they are good, made anew when they are not."""

from __future__ import annotations

import shlex
import stat
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from facts.certificate import Certificate, CertificateState
from operations import certificate
from spec.certificate import LEAST_DAYS
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, sh, texts

TLS = {"common_name": "hit.local", "certificate": "/tls.crt", "key": "/tls.key", "days": 397}
MAKE = CHECKOUT / "files/docker_host/usr/local/sbin/make-certificate"
GOOD = CertificateState("hit.local", ("hit.local",), LEAST_DAYS, "0600", True)


def test_a_good_one_is_kept(on_host: OnHost) -> None:
    on_host({Certificate: GOOD})
    assert texts(certificate.self_signed, **TLS) == []


def test_one_whose_key_others_may_read_is_kept_and_its_key_closed(on_host: OnHost) -> None:
    on_host({Certificate: replace(GOOD, key_mode="0644")})
    assert texts(certificate.self_signed, **TLS) == ["chmod 0600 /tls.key"]


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(CertificateState(), id="absent"),
        pytest.param(replace(GOOD, common_name="old.local"), id="another subject"),
        pytest.param(replace(GOOD, names=("hit.local", "x")), id="a name too many"),
        pytest.param(replace(GOOD, days_left=LEAST_DAYS - 1), id="ends soon"),
        pytest.param(replace(GOOD, days_left=398), id="lasts longer than Apple takes"),
        pytest.param(replace(GOOD, matches_key=False), id="another key's"),
    ],
)
def test_one_that_will_not_do_is_made_anew(on_host: OnHost, state: CertificateState) -> None:
    on_host({Certificate: state})
    assert texts(certificate.self_signed, **TLS) == [
        "make-certificate hit.local /tls.crt /tls.key 397"
    ]


def test_what_is_made_is_what_apple_takes(tmp_path: Path) -> None:
    """https://support.apple.com/en-us/103769 and 102028."""
    crt, key = tmp_path / "certs/tls.crt", tmp_path / "certs/tls.key"
    done = sh(shlex.join([f"{MAKE}", "hit.local", f"{crt}", f"{key}", "397"]))
    assert done.returncode == 0, done.stderr
    made = x509.load_pem_x509_certificate(crt.read_bytes())
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)
    extensions = {one.oid: one.value for one in made.extensions}
    names = extensions[ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
    assert isinstance(names, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["hit.local"]
    usage = extensions[ExtensionOID.EXTENDED_KEY_USAGE]
    assert usage == x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    assert extensions[ExtensionOID.BASIC_CONSTRAINTS] == x509.BasicConstraints(False, None)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert sorted(path.name for path in crt.parent.iterdir()) == ["tls.crt", "tls.key"]
