"""A download is in its place whole and checked, or it left nothing and says what came."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from operations.downloads import Signed, fetch
from tests.unit.doubles import sh, tool

CONTENT = b"the installer\n"
SUM = hashlib.sha256(CONTENT).hexdigest()


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "a cache" / "bundle.tgz"


@pytest.fixture
def url(tmp_path: Path) -> str:
    served = tmp_path / "served" / "bundle.tgz"
    served.parent.mkdir()
    served.write_bytes(CONTENT)
    return served.as_uri()


def left(place: Path) -> list[str]:
    return sorted(path.name for path in place.parent.iterdir())


def test_the_right_sum_moves_into_place(place: Path, url: str) -> None:
    done = sh(fetch("the bundle", url, str(place), SUM))
    assert (done.returncode, done.stderr) == (0, "")
    assert place.read_bytes() == CONTENT
    assert f"{place.stat().st_mode & 0o777:o}" == "644"
    assert left(place) == ["bundle.tgz"]


@pytest.mark.parametrize("before", [None, b"the old one\n"])
def test_a_wrong_sum_leaves_what_was_there(place: Path, url: str, before: bytes | None) -> None:
    if before:
        place.parent.mkdir()
        place.write_bytes(before)
    done = sh(fetch("the bundle", url, str(place), "0" * 64))
    assert done.returncode != 0
    assert done.stderr == f"the bundle at {url} has sha256 {SUM}, expected {'0' * 64}\n"
    assert left(place) == (["bundle.tgz"] if before else [])
    assert before is None or place.read_bytes() == before


def test_a_download_that_breaks_off_leaves_nothing(tmp_path: Path, place: Path, url: str) -> None:
    part = 'while [ "$1" != -o ]; do shift; done; printf "the inst" >"$2"; exit 18'
    tool(tmp_path / "bin", "curl", part)
    done = sh(fetch("the bundle", url, str(place), SUM), tools=tmp_path / "bin")
    assert done.returncode != 0
    assert done.stderr == f"the bundle cannot be fetched whole from {url}\n"
    assert left(place) == []


def test_what_is_not_there_is_named(place: Path, url: str) -> None:
    done = sh(fetch("the bundle", f"{url}.gone", str(place), SUM))
    assert done.returncode != 0
    assert f"the bundle cannot be fetched whole from {url}.gone\n" in done.stderr
    assert left(place) == []


class Signer:
    """A key of its own, and what it signs."""

    def __init__(self, home: Path) -> None:
        home.mkdir(mode=0o700)
        self.home = home
        made = ("--quick-generate-key", "a <a@example.org>", "ed25519", "sign", "never")
        self.gpg("--faked-system-time", "20190101T000000", "--passphrase", "", *made)
        told = self.gpg("--list-keys", "--with-colons")
        self.fingerprint = next(
            line.split(":")[9] for line in told.splitlines() if line.startswith("fpr")
        )
        self.key = home / "public.asc"
        self.key.write_text(self.gpg("--armor", "--export"))

    def gpg(self, *arguments: str) -> str:
        done = subprocess.run(
            ["gpg", "--batch", "--yes", "--quiet", *arguments],
            env={**os.environ, "GNUPGHOME": str(self.home)},
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def sign(self, path: Path, *how: str) -> None:
        self.gpg(*how, "--armor", "--detach-sign", "--output", f"{path}.asc", str(path))

    def revoke(self) -> None:
        """By the certificate that gpg makes with each key, and makes unusable by a colon."""
        made = self.home / "openpgp-revocs.d" / f"{self.fingerprint}.rev"
        usable = self.home / "revoke.asc"
        usable.write_text(made.read_text().replace(":-----BEGIN", "-----BEGIN"))
        self.gpg("--import", str(usable))
        self.key.write_text(self.gpg("--armor", "--export"))

    def stop(self) -> None:
        subprocess.run(
            ["gpgconf", "--kill", "all"],
            env={**os.environ, "GNUPGHOME": str(self.home)},
            check=False,
        )


needs_gpg = pytest.mark.skipif(
    not all(map(shutil.which, ("gpg", "gpgv", "gpgconf"))), reason="no gpg here"
)


@needs_gpg
@pytest.mark.parametrize(
    ("wrong", "accepted"),
    [
        ("", True),
        ("content", False),
        ("fingerprint", False),
        ("signer", False),
        ("key", False),
        ("revoked", False),
        ("ended", False),
    ],
)
def test_a_signature_must_be_of_this_file_by_this_key(
    tmp_path_factory: pytest.TempPathFactory, place: Path, url: str, wrong: str, accepted: bool
) -> None:
    folder = tmp_path_factory.mktemp("g")  # a short path: gpg's agent has a socket in it
    signer, other = Signer(folder / "a"), Signer(folder / "b")
    served = Path(url.removeprefix("file://"))
    ended = ("--faked-system-time", "20200101T000000!", "--default-sig-expire", "1d")
    (other if wrong == "signer" else signer).sign(served, *(ended if wrong == "ended" else ()))
    if wrong == "revoked":
        signer.revoke()
    if wrong == "content":
        served.write_bytes(b"something else\n")
    key = folder / "page.html"
    key.write_text("<html>no key here</html>")
    signed = Signed(
        (key if wrong == "key" else signer.key).as_uri(),
        other.fingerprint if wrong == "fingerprint" else signer.fingerprint,
    )
    done = sh(fetch("the bundle", url, str(place), signed))
    signer.stop()
    other.stop()
    assert (done.returncode == 0) is accepted, done.stderr
    assert left(place) == (["bundle.tgz"] if accepted else [])
    if not accepted:
        told = f"the bundle at {url} bears no valid signature of {signed.fingerprint}:"
        assert done.stderr.startswith(told)


@needs_gpg
@pytest.mark.parametrize("missing", ["signature", "key"])
def test_a_signature_or_key_that_is_not_there_is_named(
    tmp_path: Path, place: Path, url: str, missing: str
) -> None:
    key = tmp_path / "key.asc"
    key.touch()
    (key if missing == "key" else Path(f"{url.removeprefix('file://')}.asc")).unlink(True)
    if missing == "key":
        Path(f"{url.removeprefix('file://')}.asc").touch()
    done = sh(fetch("the bundle", url, str(place), Signed(key.as_uri(), "A" * 40)))
    assert done.returncode != 0
    assert f"the {missing} of the bundle cannot be fetched whole from file://" in done.stderr
    assert left(place) == []
