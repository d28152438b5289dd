"""Asking the database container."""

from __future__ import annotations

import json
import os
import socket
from datetime import UTC, datetime
from typing import Any

PORT = 5432


class Unavailable(Exception):
    """The database does not answer, or does not let us in."""


class Refused(Exception):
    """The database does not run this statement."""


class Conflict(Refused):
    """There is such a row already."""


def query(
    statement: str, *values: object, host: str = "postgresql", script: bool = False
) -> list[list[Any]]:
    """The rows of one statement; of a `script` all statements are run, or none."""
    asked = {
        "password": os.environ.get("POSTGRESQL_PASSWORD")
        or os.environ.get("HARBOR_DATABASE_PASSWORD", ""),
        "sql": statement,
        "values": values,
        "script": script,
    }
    try:
        with socket.create_connection((host, PORT), timeout=5) as connection:
            connection.sendall(json.dumps(asked).encode() + b"\n")
            told = json.loads(connection.makefile().readline() or "{}")
    except OSError as error:
        raise Unavailable(f"connection to {host}:{PORT} failed: {error}") from error
    if told.get("conflict"):
        raise Conflict(told["error"])
    if "rows" not in told:
        message = told.get("error", "no answer")
        raise (Unavailable if "authentication" in message else Refused)(message)
    rows: list[list[Any]] = told["rows"]
    return rows


def next_id(table: str) -> int:
    """A number that no row of the table has had; it is spent even when no row comes of it."""
    rows = query("UPDATE sequences SET last = last + 1 WHERE name = ? RETURNING last", table)
    return int(rows[0][0])


def now() -> str:
    """The time as the API words it."""
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
