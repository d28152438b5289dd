"""A small HTTP server that speaks as Harbor's core does: routes, answers, errors, cookies."""

from __future__ import annotations

import json
import re
import secrets
import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

JSON = "application/json"
JSON_UTF8 = "application/json; charset=utf-8"  # what Harbor says outside of its generated API


@dataclass(frozen=True)
class Request:
    """What a client asks."""

    method: str
    target: str  # path and query as they came
    headers: Message
    body: bytes = b""

    @property
    def path(self) -> str:
        """The path, decoded."""
        return unquote(urlsplit(self.target).path)

    @property
    def query(self) -> dict[str, list[str]]:
        """The query's values by name."""
        return parse_qs(urlsplit(self.target).query, keep_blank_values=True)

    def first(self, name: str, otherwise: str = "") -> str:
        """The first value of a name in the query."""
        return self.query.get(name, [otherwise])[0]

    def json(self) -> dict[str, Any]:
        """The body as a JSON object; anything else is refused."""
        try:
            told = json.loads(self.body)
        except ValueError as error:
            raise Refusal(422, f"validation failure list:\nparsing body failed: {error}") from error
        if not isinstance(told, dict):
            raise Refusal(422, "validation failure list:\nbody must be an object")
        return told


@dataclass(frozen=True)
class Answer:
    """What it is told: JSON unless the body is text, nothing at all for None."""

    status: int = 200
    body: object = None
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = JSON


CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    405: "METHOD_NOT_ALLOWED",
    409: "CONFLICT",
    412: "PRECONDITION",
    422: "UNPROCESSABLE_ENTITY",
    500: "UNKNOWN",
}


class Refusal(Exception):
    """An answer that says no."""

    def __init__(self, status: int, message: str, headers: Mapping[str, str] | None = None):
        super().__init__(message)
        self.status = status
        self.message = message
        self.headers = headers or {}

    def answer(self) -> Answer:
        """As Harbor words it."""
        errors = [{"code": CODES[self.status], "message": self.message}]
        return Answer(self.status, {"errors": errors}, self.headers, JSON_UTF8)


Route = tuple[str, str, Callable[..., Answer]]  # method, pattern of the path, what answers


def answer_to(request: Request, routes: list[Route]) -> Answer:
    """Let the first route that fits answer; HEAD is a GET unless it has a route of its own."""
    path_is_known = False
    for method, pattern, handler in routes:
        match = re.fullmatch(pattern, request.path)
        if match and method in (request.method, "*"):
            return handler(request, *match.groups())
        path_is_known = path_is_known or match is not None
    if path_is_known:
        raise Refusal(405, f"method {request.method} is not allowed")
    raise Refusal(404, f"path {request.path} was not found")


def serve(
    port: int, routes: list[Route], count: Callable[[str, int], None] = lambda *_: None
) -> None:
    """Answer for ever; every answer is counted, by method and status."""

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def handle_one_request(self) -> None:
            self.raw_requestline = self.rfile.readline(65537)
            if not self.raw_requestline or not self.parse_request():
                self.close_connection = True
                return
            length = int(self.headers.get("Content-Length") or 0)
            request = Request(self.command, self.path, self.headers, self.rfile.read(length))
            answer = _answer(request, routes)
            count(request.method, answer.status)
            self._send(answer)

        def _send(self, answer: Answer) -> None:
            text = answer.body if isinstance(answer.body, str) else _dump(answer.body)
            self.send_response(answer.status)
            if text or answer.content_type == JSON_UTF8:
                self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(text.encode())))
            self.send_header("Set-Cookie", f"sid={secrets.token_hex(16)}; Path=/; HttpOnly")
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(text.encode())

        def log_message(self, format: str, *args: object) -> None:
            print(format % args, flush=True)

    ThreadingHTTPServer.daemon_threads = True
    # Inside a container: the only way to be reached by its neighbours.
    server = ThreadingHTTPServer(("0.0.0.0", port), Handler)  # noqa: S104
    with suppress(KeyboardInterrupt):  # how a container is stopped
        server.serve_forever()


def _answer(request: Request, routes: list[Route]) -> Answer:
    try:
        return answer_to(request, routes)
    except Refusal as refusal:
        return refusal.answer()
    except Exception:
        traceback.print_exc(file=sys.stdout)
        return Refusal(500, "internal server error").answer()


def _dump(body: object) -> str:
    return "" if body is None else json.dumps(body, separators=(",", ":")) + "\n"
