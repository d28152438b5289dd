"""Files from elsewhere: checked where they land, and moved into place after that."""

from __future__ import annotations

import posixpath
import shlex
from dataclasses import dataclass

from facts.apt import FINGERPRINTS

# A download that stands still is given up, one that is slow is not.
CURL = "curl -fsSL --retry 2 --connect-timeout 20 --speed-limit 1000 --speed-time 60"


@dataclass(frozen=True)
class Signed:
    """An OpenPGP signature beside a file (`.asc`), and whose it must be."""

    key: str  # address of the public key
    fingerprint: str  # 40 hexadecimal digits


@dataclass(frozen=True)
class KeyFile:
    """A file that holds this OpenPGP key and no other, whatever else its owner adds to it."""

    fingerprint: str  # 40 hexadecimal digits


def fetch(what: str, url: str, path: str, check: str | Signed | KeyFile) -> str:
    """Shell that puts the file at `url` to `path`, or leaves nothing and says what came instead.

    `check` is its sha256, who must have signed it (which needs gpg and gpgv), or the key in it.
    """
    folder, name = (shlex.quote(part) for part in posixpath.split(path))
    if isinstance(check, Signed):
        good = _is_signed(what, url, check)
    elif isinstance(check, KeyFile):
        seen = FINGERPRINTS.format('"$new/file"') + " | cut -d ' ' -f 2 | xargs"
        good = _is(what, url, "fingerprint", seen, check.fingerprint)
    else:
        good = _is(what, url, "sha256", 'sha256sum <"$new/file" | cut -c 1-64', check)
    # A folder of its own: one that lost its connection may still be at work on the same file, and
    # one that was cut off by a power failure is swept away later.
    steps = (
        f"mkdir -p {folder}",
        f"find {folder} -maxdepth 1 -name {name}'.new.*' -mmin +60 -exec rm -rf {{}} +",
        f"new=$(mktemp -d {folder}/{name}.new.XXXXXX)",
        "trap 'rm -rf \"$new\"' EXIT",
        _fetched(what, url, "file"),
        good,
        'chmod 0644 "$new/file"',
        # A power cut leaves it whole, or not there: an empty one would be taken for the product.
        'sync "$new/file"',
        f'mv -fT "$new/file" {folder}/{name}',
    )
    return " && ".join(steps)


def _fetched(what: str, url: str, name: str) -> str:
    return (
        f'{{ {CURL} -o "$new/{name}" {shlex.quote(url)} || '
        f'{{ echo "{what} cannot be fetched whole from {url}" >&2; false; }}; }}'
    )


def _is(what: str, url: str, kind: str, see: str, expected: str) -> str:
    return (
        f'seen=$({see}) && {{ [ "$seen" = {expected} ] || '
        f'{{ echo "{what} at {url} has {kind} $seen, expected {expected}" >&2; false; }}; }}'
    )


def _is_signed(what: str, url: str, signed: Signed) -> str:
    # gpgv trusts every key of its keyring, so the keyring has what the key's address gave, and the
    # status tells whose signature it was: VALIDSIG also for one that has ended, or of a revoked
    # key, but then no GOODSIG goes before it. That a key has ended since says nothing of what it
    # signed: Harbor's has.
    is_of = (
        '$2 == "NEWSIG" {good = 0} $2 == "GOODSIG" || $2 == "EXPKEYSIG" {good = 1}'
        f' $2 == "VALIDSIG" && good && $NF == "{signed.fingerprint}" {{found = 1}}'
        " END {exit !found}"
    )
    return (
        f"{_fetched(f'the signature of {what}', f'{url}.asc', 'asc')} && "
        f"{_fetched(f'the key of {what}', signed.key, 'key')} && "
        '{ gpg --batch --yes --dearmor -o "$new/ring" "$new/key" 2>"$new/said" && '
        'gpgv --status-fd 1 --keyring "$new/ring" "$new/asc" "$new/file" 2>"$new/said" |'
        f" awk '{is_of}' || "
        f'{{ echo "{what} at {url} bears no valid signature of {signed.fingerprint}:'
        ' $(tail -n 1 "$new/said")" >&2; false; }; }'
    )
