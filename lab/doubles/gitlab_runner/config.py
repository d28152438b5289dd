"""config.toml, and the identity of this machine beside it."""

from __future__ import annotations

import datetime
import hashlib
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

NEW = """concurrent = 1
check_interval = 0
shutdown_timeout = 0

[session_server]
  session_timeout = 1800
"""
RUNNER = """
[[runners]]
  name = {name}
  url = {url}
  id = {id}
  token = {token}
  token_obtained_at = {now}
  token_expires_at = 0001-01-01T00:00:00Z
  executor = {executor}
  [runners.custom_build_dir]
  [runners.cache]
    MaxUploadedArchiveSize = 0
    [runners.cache.s3]
    [runners.cache.gcs]
    [runners.cache.azure]
"""


@dataclass(frozen=True)
class Runner:
    """One [[runners]] section."""

    name: str
    url: str
    token: str
    executor: str


@dataclass(frozen=True)
class Config:
    """The whole file, as far as it matters here."""

    check_interval: int
    runners: tuple[Runner, ...]


def load(path: Path) -> Config:
    """Read it; one that is not there has no runners."""
    try:
        found: dict[str, Any] = tomllib.loads(path.read_text())
    except FileNotFoundError:
        found = {}
    runners = tuple(
        Runner(one.get("name", ""), one["url"].rstrip("/"), one["token"], one["executor"])
        for one in found.get("runners", ())
    )
    return Config(found.get("check_interval") or 3, runners)


def add(path: Path, runner: Runner, number: int) -> None:
    """Write a runner behind those that are there, the same one again as well."""
    now = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    section = RUNNER.format(
        name=json.dumps(runner.name),
        url=json.dumps(runner.url),
        id=number,
        token=json.dumps(runner.token),
        now=now,
        executor=json.dumps(runner.executor),
    )
    text = path.read_text() if path.exists() else NEW
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch(mode=0o600)
    path.write_text(text + section)


def system_id(path: Path) -> str:
    """What tells machines with one token apart: made once, beside config.toml."""
    kept = path.parent / ".runner_system_id"
    if not kept.exists():
        machine = Path("/etc/machine-id")
        seed = machine.read_bytes() if machine.exists() else b""
        kept.touch(mode=0o600)
        kept.write_text(f"s_{hashlib.sha256(seed).hexdigest()[:12]}")
    return kept.read_text()
