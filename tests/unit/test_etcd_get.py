"""What etcd keeps, read as it keeps it, from the JSON that its own port answers with."""

from __future__ import annotations

import base64
import json
import subprocess
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT

ETCD_GET = CHECKOUT / "files/k8s_control/usr/local/sbin/etcd-get"


def encoded(data: bytes) -> str:
    """As etcd's JSON has keys and values."""
    return base64.b64encode(data).decode()


def etcd_get(folder: Path, *words: str, kvs: list[dict[str, str]]) -> tuple[str, dict[str, str]]:
    """What the script prints where etcd has these, and what it asked for."""
    answer = json.dumps({"header": {"revision": "1"}, "kvs": kvs}, separators=(",", ":"))
    curl = folder / "curl"
    asked = f"""printf '%s\\n' "$@" | grep '"key"' >{folder}/asked"""
    curl.write_text(f"#!/bin/sh\n{asked}\nprintf %s '{answer}'\n")
    curl.chmod(0o755)
    done = subprocess.run(
        ["bash", ETCD_GET, *words],
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout, json.loads((folder / "asked").read_text())


def test_a_value_comes_as_it_is_kept(tmp_path: Path) -> None:
    kept = {"key": encoded(b"/a"), "value": encoded(b"k8s:enc:secretbox:v1:first:xyz")}
    printed, asked = etcd_get(tmp_path, "/a", kvs=[kept])
    assert printed == "k8s:enc:secretbox:v1:first:xyz\n"
    assert asked == {"key": encoded(b"/a"), "limit": "1"}


@pytest.mark.parametrize("names", [[], [b"/token-a"], [b"/token-a", b"/token-b"]])
def test_keys_that_begin_alike_are_listed(tmp_path: Path, names: list[bytes]) -> None:
    kvs = [{"key": encoded(name), "version": "1"} for name in names]
    printed, asked = etcd_get(tmp_path, "/token-", "--prefix", kvs=kvs)
    assert printed.encode().split() == names
    # From the first key that begins so to the first one that no longer does.
    assert asked == {
        "key": encoded(b"/token-"),
        "range_end": encoded(b"/token."),
        "keys_only": True,
    }


def test_no_value_is_no_line(tmp_path: Path) -> None:
    assert etcd_get(tmp_path, "/a", kvs=[])[0] == ""
