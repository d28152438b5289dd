"""What the runner tells Prometheus of itself, where its environment says where."""

from __future__ import annotations

import os
import threading
from collections import Counter
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from . import VERSION

USUAL = 9252  # where an address has no port
LEVELS = ("panic", "fatal", "error", "warning")
_jobs: Counter[tuple[str, str, str]] = Counter()


def done(runner: str, name: str, system_id: str) -> None:
    """One more job."""
    _jobs[runner, name, system_id] += 1


def text() -> str:
    """As Prometheus reads it; of the real one's figures some, under their names."""
    lines = [
        f'gitlab_runner_version_info{{name="gitlab-runner",version="{VERSION}"}} 1',
        "gitlab_runner_concurrent 1",
        *(f'gitlab_runner_errors_total{{level="{level}"}} 0' for level in LEVELS),
    ]
    for (runner, name, system_id), times in _jobs.items():
        labels = f'runner="{runner}",runner_name="{name}",system_id="{system_id}"'
        lines.append(f"gitlab_runner_jobs_total{{{labels}}} {times}")
    return "\n".join((*lines, ""))


def tell_beside() -> None:
    """Answer for ever at /metrics, beside what the runner does."""
    address = os.environ.get("LISTEN_ADDRESS")
    if not address:
        return

    class Asked(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            is_known = self.path == "/metrics"
            body = text().encode() if is_known else b"404 page not found\n"
            self.send_response(200 if is_known else 404)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    host, _, port = address.rpartition(":")
    server = ThreadingHTTPServer((host or address, int(port or USUAL)), Asked)
    threading.Thread(target=server.serve_forever, daemon=True).start()
