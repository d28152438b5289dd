"""Somebody on the operator's machine whom alerts are posted to."""

from __future__ import annotations

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

from lab import OPERATOR


class Webhook(ThreadingHTTPServer):
    """What it was told, alert by alert; while it takes nothing, each post fails."""

    def __init__(self) -> None:
        self.told: list[tuple[str, str]] = []
        self.takes = True
        super().__init__((OPERATOR, 0), Posted)
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://{OPERATOR}:{self.server_port}/alerts"


class Posted(BaseHTTPRequestHandler):
    """One post to it."""

    server: Webhook

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.server.takes:
            self.server.told += [(it["labels"]["alertname"], it["status"]) for it in body["alerts"]]
        self.send_response(200 if self.server.takes else 500)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass
