"""Whether the parts of Harbor answer; asked every ten seconds, as the real core does."""

from __future__ import annotations

import socket
import threading
import time
import urllib.request
from collections.abc import Callable

from . import records
from .web import Answer, Request

EVERY = 10  # seconds between two rounds while all is well
AGAIN = 2  # and while it is not
PATIENCE = 5


def _http(url: str) -> Callable[[], None]:
    def ask() -> None:
        urllib.request.urlopen(url, timeout=PATIENCE).close()  # noqa: S310 - constants below

    return ask


def _redis() -> None:
    with socket.create_connection(("redis", 6379), timeout=PATIENCE) as connection:
        connection.sendall(b"PING\r\n")
        if not connection.recv(16).startswith(b"+PONG"):
            raise OSError("redis gives no PONG")


def _database() -> None:
    records.query("SELECT 1")


PARTS: dict[str, Callable[[], None]] = {
    "core": _http("http://127.0.0.1:8080/api/v2.0/ping"),
    "database": _database,
    "jobservice": _http("http://jobservice:8080/api/v1/stats"),
    "portal": _http("http://portal:8080/"),
    "redis": _redis,
    "registry": _http("http://registry:5000/"),
    "registryctl": _http("http://registryctl:8080/api/health"),
}
_faults: dict[str, str] = dict.fromkeys(PARTS, "not checked yet")


def watch() -> None:
    """Ask every part for ever."""
    while True:
        askers = [threading.Thread(target=_ask, args=(name,)) for name in PARTS]
        for asker in askers:
            asker.start()
        for asker in askers:
            asker.join()
        time.sleep(AGAIN if any(_faults.values()) else EVERY)


def _ask(name: str) -> None:
    try:
        PARTS[name]()
        _faults[name] = ""
    except (OSError, records.Unavailable, records.Refused) as error:
        _faults[name] = str(error) or type(error).__name__


def shown(_request: Request) -> Answer:
    """GET /health: 200, also when it is bad."""
    known = dict(_faults)
    components = [
        {"name": name, "status": "unhealthy", "error": fault}
        if fault
        else {"name": name, "status": "healthy"}
        for name, fault in known.items()
    ]
    status = "unhealthy" if any(known.values()) else "healthy"
    return Answer(body={"components": components, "status": status})
