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
from urllib.parse import parse_qsl, urlsplit

from .store import Store

API = "/api/v4"


@dataclass(frozen=True)
class Request:
    """One request: what the route's pattern found, headers, and the body, raw and as JSON."""

    store: Store
    found: tuple[str, ...]
    headers: Mapping[str, str]
    raw: bytes
    target: str = ""  # path and query, as they were sent
    url: str = "http://gitlab.invalid"  # GitLab's own address

    @property
    def body(self) -> dict[str, Any]:
        """The body as an object; empty where it is none."""
        try:
            parsed = json.loads(self.raw or b"{}")
        except ValueError:
            return {}
        return parsed if isinstance(parsed, dict) else {}

    @property
    def query(self) -> dict[str, str]:
        """What stands after the question mark."""
        return dict(parse_qsl(urlsplit(self.target).query))

    def header(self, name: str) -> str | None:
        """A header; case does not count, for a web server in between may change it."""
        return {key.lower(): value for key, value in self.headers.items()}.get(name.lower())


@dataclass(frozen=True)
class Answer:
    """Status, body (None for none; bytes as they are, all else as JSON) and further headers."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """What is sent."""
        if isinstance(self.body, bytes):
            return self.body
        return b"" if self.body is None else json.dumps(self.body).encode()


FORBIDDEN = Answer(403, {"message": "403 Forbidden"})
NOT_FOUND = Answer(404, {"error": "404 Not Found"})
Route = tuple[str, str, Callable[[Request], Answer]]


def handler(store: Store, routes: list[Route], url: str) -> type[BaseHTTPRequestHandler]:
    """What answers at `url`; one request at a time touches the store."""
    lock = threading.Lock()
    root = urlsplit(url).path
    compiled = [(method, re.compile(root + path), act) for method, path, act in routes]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        wbufsize = -1  # an answer in one piece: the second of two waits for the first's receipt

        def answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            answer = NOT_FOUND
            for method, path, act in compiled:
                matched = path.fullmatch(self.path.partition("?")[0])
                if matched and method == self.command:
                    found = (matched.groups(), dict(self.headers), raw, self.path, url)
                    with lock:
                        answer = act(Request(store, *found))
                    break
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            if answer.status != 204:
                if "Content-Type" not in answer.headers:
                    self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer.content)))
            self.end_headers()
            self.wfile.write(answer.content)

        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = answer

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing: the front keeps a log, and a runner asks every few seconds."""

    return Handler


def serve(socket: Path, store: Store, routes: list[Route], url: str) -> None:
    """Answer for ever."""

    class Server(socketserver.ThreadingUnixStreamServer):
        daemon_threads = True

    with Server(str(socket), handler(store, routes, url)) as server:
        socket.chmod(0o666)  # for the shell of whoever comes over SSH, too
        server.serve_forever()
