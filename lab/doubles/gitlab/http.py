"""Requests and answers: a table of routes on a socket that the front's web server passes on to."""

from __future__ import annotations

import json
import re
import socketserver
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

from .store import Store

API = "/api/v4"


@dataclass(frozen=True)
class Request:
    """One request: what the route's pattern found, headers, and the body, raw and as JSON."""

    store: Store
    found: tuple[str, ...]
    headers: Mapping[str, str]
    raw: bytes

    @property
    def body(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            parsed = json.loads(self.raw or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}


@dataclass(frozen=True)
class Answer:
    """Status, body (None for none) and further headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)


FORBIDDEN = Answer(403, {"message": "403 Forbidden"})
NOT_FOUND = Answer(404, {"error": "404 Not Found"})
Route = tuple[str, str, Callable[[Request], Answer]]


def serve(socket: Path, store: Store, routes: list[Route]) -> None:
    """Answer for ever; one request at a time touches the store."""
    lock = threading.Lock()
    compiled = [(method, re.compile(API + path), act) for method, path, act in routes]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = NOT_FOUND
            for method, path, act in compiled:
                matched = path.fullmatch(self.path.partition("?")[0])
                if matched and method == self.command:
                    with lock:
                        answer = act(Request(store, matched.groups(), dict(self.headers), raw))
                    break
            text = b"" if answer.body is None else json.dumps(answer.body).encode()
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the front keeps a log, and a runner asks every few seconds."""

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(socket), Handler) as server:
        server.serve_forever()
