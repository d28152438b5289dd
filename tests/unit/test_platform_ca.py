"""The platform's own CA: it vouches for its own names, and what it signs is kept while good."""

from __future__ import annotations

import shlex
import stat
import subprocess
from dataclasses import replace
from datetime import datetime, timedelta, tzinfo
from pathlib import Path
from typing import Self

import pytest
from cryptography import x509
from cryptography.x509.oid import ExtendedKeyUsageOID, ExtensionOID

from facts.certificate import Certificate, CertificateState
from operate.authority import explained, write
from operations import certificate
from spec import Platform
from spec.certificate import LEAST_DAYS, platform_ca
from tests.unit.certificates import certificate as own
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, sh, texts

SCRIPTS = CHECKOUT / "files/docker_host/usr/local/sbin"
NAMES = ("hit.local", "harbor.local")
TLS = {
    "common_name": "hit.local",
    "certificate": "/tls.crt",
    "key": "/tls.key",
    "days": 397,
    "ca": "/ca.crt",
    "ca_key": "/ca.key",
}
AUTHORITY = {"names": NAMES, "certificate": "/ca.crt", "key": "/ca.key", "days": 3650}
GOOD = CertificateState("hit.local", ("hit.local",), LEAST_DAYS, "0600", True, True)
GOOD_CA = CertificateState("A CA", (), LEAST_DAYS, "0600", True, permitted=NAMES)
NO_ADDRESSES = "excluded;IP:0.0.0.0/0.0.0.0,excluded;IP:0:0:0:0:0:0:0:0/0:0:0:0:0:0:0:0"


def run(script: str, *words: object) -> None:
    done = sh(shlex.join([f"{SCRIPTS}/{script}", *map(str, words)]))
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A CA for the platform's names, in folders that it made itself."""
    folder = tmp_path_factory.mktemp("ca")
    run("make-authority", folder / "ca/ca.crt", folder / "ca/ca.key", 3650, *NAMES)
    return folder


def sign(folder: Path, name: str, days: int = 397) -> Path:
    pair = folder / f"tls/{name}.crt", folder / f"tls/{name}.key"
    run("make-certificate", name, *pair, days, folder / "ca/ca.crt", folder / "ca/ca.key")
    return pair[0]


def verdict(folder: Path, crt: Path) -> str:
    done = subprocess.run(
        ["openssl", "verify", "-CAfile", folder / "ca/ca.crt", crt], capture_output=True, text=True
    )
    return done.stdout + done.stderr


def test_a_good_one_is_kept(on_host: OnHost) -> None:
    on_host({Certificate: GOOD})
    assert texts(certificate.sign, **TLS) == []
    on_host({Certificate: GOOD_CA})
    assert texts(certificate.authority, **AUTHORITY) == []


def test_one_whose_key_others_may_read_is_kept_and_its_key_closed(on_host: OnHost) -> None:
    on_host({Certificate: replace(GOOD, key_mode="0644")})
    assert texts(certificate.sign, **TLS) == ["chmod 0600 /tls.key"]
    on_host({Certificate: replace(GOOD_CA, key_mode="0644")})
    assert texts(certificate.authority, **AUTHORITY) == ["chmod 0600 /ca.key"]


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(CertificateState(), id="absent"),
        pytest.param(replace(GOOD, common_name="old.local"), id="another subject"),
        pytest.param(replace(GOOD, names=("hit.local", "x")), id="a name too many"),
        pytest.param(replace(GOOD, days_left=LEAST_DAYS - 1), id="ends soon"),
        pytest.param(replace(GOOD, days_left=398), id="lasts longer than Apple takes"),
        pytest.param(replace(GOOD, matches_key=False), id="another key's"),
        pytest.param(replace(GOOD, is_signed=False), id="self-signed, or another CA's"),
    ],
)
def test_one_that_will_not_do_is_signed_anew(on_host: OnHost, state: CertificateState) -> None:
    on_host({Certificate: state})
    assert texts(certificate.sign, **TLS) == [
        "make-certificate hit.local /tls.crt /tls.key 397 /ca.crt /ca.key"
    ]


@pytest.mark.parametrize(
    "state",
    [
        pytest.param(CertificateState(), id="absent"),
        pytest.param(replace(GOOD_CA, permitted=()), id="may vouch for anybody"),
        pytest.param(replace(GOOD_CA, permitted=("hit.local",)), id="a name too few"),
        pytest.param(replace(GOOD_CA, permitted=(*NAMES, "x")), id="a name too many"),
        pytest.param(replace(GOOD_CA, matches_key=False), id="another key's"),
        pytest.param(replace(GOOD_CA, days_left=LEAST_DAYS - 1), id="ends soon"),
    ],
)
def test_a_ca_that_will_not_do_is_made_anew(on_host: OnHost, state: CertificateState) -> None:
    on_host({Certificate: state})
    assert texts(certificate.authority, **AUTHORITY) == [
        "make-authority /ca.crt /ca.key 3650 hit.local harbor.local"
    ]


def test_what_is_signed_is_what_apple_takes(folder: Path) -> None:
    """https://support.apple.com/en-us/103769 and 102028."""
    crt = sign(folder, "hit.local")
    assert "OK" in verdict(folder, crt)
    made = x509.load_pem_x509_certificate(crt.read_bytes())
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)
    extensions = {one.oid: one.value for one in made.extensions}
    names = extensions[ExtensionOID.SUBJECT_ALTERNATIVE_NAME]
    assert isinstance(names, x509.SubjectAlternativeName)
    assert names.get_values_for_type(x509.DNSName) == ["hit.local"]
    usage = extensions[ExtensionOID.EXTENDED_KEY_USAGE]
    assert usage == x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH])
    assert extensions[ExtensionOID.BASIC_CONSTRAINTS] == x509.BasicConstraints(False, None)
    for key in (crt.with_suffix(".key"), folder / "ca/ca.key"):
        assert stat.S_IMODE(key.stat().st_mode) == 0o600
        assert not list(key.parent.glob("*.new"))


def test_whoever_stole_its_key_can_be_nobody_else(folder: Path) -> None:
    for name in ("bank.example", "local", "hit.local.example", "xhit.local"):
        assert "permitted subtree violation" in verdict(folder, sign(folder, name)), name
    assert "OK" in verdict(folder, sign(folder, "harbor.local"))


def steal(folder: Path, target: Path, extension: str) -> None:
    """Have a certificate that the stolen key signs by hand, with its key."""
    (target / "extension").write_text(f"{extension}\n")
    done = sh(
        f"cd {target} && openssl req -nodes -newkey rsa:2048 -keyout key -subj /CN=hit.local |"
        f" openssl x509 -req -CA {folder}/ca/ca.crt -CAkey {folder}/ca/ca.key -set_serial 1"
        " -days 9 -out crt -extfile extension"
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("names", ["IP:9.9.9.9", "IP:2001:db8::1", "DNS:hit.local,IP:9.9.9.9"])
def test_nor_an_address(folder: Path, tmp_path: Path, names: str) -> None:
    steal(folder, tmp_path, f"subjectAltName={names}")
    assert "excluded subtree violation" in verdict(folder, tmp_path / "crt")


def test_nor_a_ca(folder: Path, tmp_path: Path) -> None:
    steal(folder, tmp_path, "basicConstraints=critical,CA:TRUE")
    (tmp_path / "names").write_text("subjectAltName=DNS:hit.local\n")
    done = sh(
        f"cd {tmp_path} && openssl req -nodes -newkey rsa:2048 -keyout leaf.key -subj /CN=x |"
        " openssl x509 -req -CA crt -CAkey key -set_serial 2 -days 9 -out leaf -extfile names;"
        f" openssl verify -CAfile {folder}/ca/ca.crt -untrusted crt leaf"
    )
    assert "path length constraint exceeded" in done.stderr


def test_nothing_that_it_signs_outlasts_it(tmp_path: Path) -> None:
    run("make-authority", tmp_path / "ca/ca.crt", tmp_path / "ca/ca.key", 20, *NAMES)
    crt = x509.load_pem_x509_certificate(sign(tmp_path, "hit.local").read_bytes())
    ca = x509.load_pem_x509_certificate((tmp_path / "ca/ca.crt").read_bytes())
    assert crt.not_valid_after_utc <= ca.not_valid_after_utc


def test_the_plain_platform_ca_is_taken(folder: Path) -> None:
    found = platform_ca((folder / "ca/ca.crt").read_text(), NAMES)
    assert found.subject.rfc4514_string().startswith("CN=Platform CA of hit.local\\, 20")


@pytest.mark.parametrize(
    ("extension", "reason"),
    [
        ("keyUsage=keyCertSign", "any name"),
        (f"nameConstraints=permitted;DNS:hit.local,{NO_ADDRESSES}", "any name"),
        (f"nameConstraints=critical,{NO_ADDRESSES}", "any name"),
        (
            f"nameConstraints=critical,permitted;DNS:hit.local,permitted;DNS:com,{NO_ADDRESSES}",
            "com",
        ),
        ("nameConstraints=critical,permitted;DNS:hit.local", "addresses"),
    ],
)
def test_one_that_a_machine_slips_in_is_trusted_by_nobody(
    tmp_path: Path, extension: str, reason: str
) -> None:
    done = sh(
        f"openssl req -x509 -nodes -newkey rsa:2048 -days 9 -subj /CN=evil"
        f" -keyout {tmp_path}/key -out {tmp_path}/crt -addext '{extension}'"
    )
    assert done.returncode == 0, done.stderr
    with pytest.raises(ValueError, match=f"^may vouch for {reason}$"):
        platform_ca((tmp_path / "crt").read_text(), NAMES)


def test_one_that_has_ended_is_trusted_by_nobody(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Later(datetime):
        @classmethod
        def now(cls, tz: tzinfo | None = None) -> Self:
            return cls.fromtimestamp(datetime.now(tz).timestamp() + 3651 * 86400, tz)

    monkeypatch.setattr("spec.certificate.datetime", Later)
    with pytest.raises(ValueError, match=r"^ended on 20"):
        platform_ca((folder / "ca/ca.crt").read_text(), NAMES)


def test_what_is_no_certificate_is_none() -> None:
    with pytest.raises(ValueError, match="is no PEM certificate"):
        platform_ca("-----BEGIN RUBBISH-----", NAMES)


def test_people_are_told_how_to_trust_it(platform: Platform, folder: Path, tmp_path: Path) -> None:
    text = (folder / "ca/ca.crt").read_text()
    found = platform_ca(f"{text}{own(tmp_path, 'evil')[0].read_text()}", NAMES)
    told = "\n".join(explained(platform, found))
    shown = sh(f"openssl x509 -in {folder}/ca/ca.crt -noout -fingerprint -sha256").stdout
    assert f"SHA-256 {shown.strip().partition('=')[2]}" in told
    assert told.startswith("Platform CA of hit.local, 20")
    assert "servers of hit.local and harbor.local alone" in told
    for way in ("update-ca-certificates", "add-trusted-cert", "-addstore -f Root", "Firefox"):
        assert way in told
    assert "/etc/docker/certs.d" not in told  # over plain HTTP nobody asks
    write(found, tmp_path / "here/ca.crt")
    assert (tmp_path / "here/ca.crt").read_text() == text  # and nothing that came behind it
