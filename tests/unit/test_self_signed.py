"""Certificates that nobody else signs: kept while they are good, made anew when they are not."""

from __future__ import annotations

from dataclasses import replace

import pytest

from facts.certificate import Certificate, CertificateState
from operations import certificate
from spec.certificate import LEAST_DAYS
from tests.unit.conftest import OnHost
from tests.unit.doubles import parses, texts

TLS = {"common_name": "hit.local", "certificate": "/tls.crt", "key": "/tls.key"}
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
        pytest.param(replace(GOOD, matches_key=False), id="another key's"),
    ],
)
def test_one_that_will_not_do_is_made_anew(on_host: OnHost, state: CertificateState) -> None:
    on_host({Certificate: state})
    (made,) = texts(certificate.self_signed, **TLS)
    assert parses(made)
    assert "-days 3650" in made
    assert "/CN=hit.local" in made
