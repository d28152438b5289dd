"""A small HTTP server for one function: from a request to a status and an answer."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qsl, urlsplit


@dataclass(frozen=True)
class Request:
    """What somebody asks."""

    method: str
    path: str
    query: str
    headers: Message
    body: bytes = b""

    @property
    def words(self) -> dict[str, str]:
        """The query, by name."""
        return dict(parse_qsl(self.query))


@dataclass(frozen=True)
class Answer:
    """What it gets: text, or JSON of anything else."""

    status: int = 200
    body: object = field(default_factory=dict)

    @property
    def content(self) -> bytes:
        """As it goes over the line."""
        return (
            self.body
            if isinstance(self.body, bytes)
            else json.dumps(self.body, separators=(",", ":")).encode()
        )


def serve(port: int, answer: Callable[[Request], Answer]) -> None:
    """Answer for ever."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _answer(self) -> None:
            parts = urlsplit(self.path)
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            request = Request(self.command, parts.path, parts.query, self.headers, body)
            made = answer(request)
            self.send_response(made.status)
            kind = "text/plain" if isinstance(made.body, bytes) else "application/json"
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(made.content)))
            self.end_headers()
            self.wfile.write(made.content)

        do_GET = do_POST = _answer

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    ThreadingHTTPServer(("", port), Handler).serve_forever()
