"""Requests to GitLab, with the headers that the real one sends."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import VERSION

AGENT = f"gitlab-runner {VERSION} (16-11-stable; go1.26.8; linux/amd64)"
JSON = {"Content-Type": "application/json"}
ASK = {"Accept": "application/json", **JSON}
PATIENCE = 60  # seconds


@dataclass(frozen=True)
class Reply:
    """What came: status 0 when nobody answered, and then why."""

    status: int
    body: Any = None
    headers: Mapping[str, str] = ()  # type: ignore[assignment]
    reason: str = ""


def send(
    method: str, url: str, body: Any, headers: Mapping[str, str] = ASK, asked: str = ""
) -> Reply:
    """One request; `asked` is how an error names it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    request = urllib.request.Request(  # noqa: S310 - the address is the configured one
        url, data, {"User-Agent": AGENT, **headers}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as answer:  # noqa: S310
            return Reply(answer.status, _parsed(answer.read()), dict(answer.headers))
    except urllib.error.HTTPError as refused:
        told = _parsed(refused.read())
        reason = f"{refused.code} {refused.reason}"
        if isinstance(told, dict):  # an API's own answer; a web server's page is not read
            reason = f"{method} {url}: {reason} ({told.get('message', 'unknown')})"
        return Reply(refused.code, told, dict(refused.headers), reason)
    except OSError as failed:
        why = getattr(failed, "reason", failed)
        host = urllib.request.urlparse(url).netloc  # type: ignore[attr-defined]
        return Reply(
            0,
            reason=f"couldn't execute {method} against {url}: {method.capitalize()}"
            f' "{url}": dial tcp {host}: connect: {str(why).lower()}',
        )


def info(executor: str) -> dict[str, Any]:
    """What a runner tells of itself with each request for a job."""
    return {
        "name": "gitlab-runner",
        "version": VERSION,
        "revision": f"v{VERSION}",
        "platform": "linux",
        "architecture": "amd64",
        "executor": executor,
        "shell": "bash",
        "config": {"gpus": ""},
        "features": {"variables": True, "trace_checksum": True, "masking": True},
    }


def _parsed(text: bytes) -> Any:
    try:
        return json.loads(text) if text else None
    except ValueError:
        return None
