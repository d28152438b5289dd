"""A stand-in of Loki: what is pushed is kept, and found by its labels and by what it says."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

from .answering import Answer, Request, serve

KEPT = Path("/var/loki/lines.json")
SELECTOR = re.compile(r'^\{([^}]*)\}(?:\s*\|=\s*"([^"]*)")?$')
UNITS = {"s": 1, "m": 60, "h": 3600}
Line = tuple[dict[str, str], int, str]
writing = Lock()
lines: list[Line] = []


def answer(request: Request) -> Answer:
    """What Loki says."""
    if request.path == "/ready":
        return Answer(body=b"ready\n")
    if request.path == "/metrics":
        return Answer(body=f"loki_distributor_lines_received_total {len(lines)}\n".encode())
    if request.path == "/loki/api/v1/push" and request.method == "POST":
        keep(json.loads(request.body))
        return Answer(204, b"")
    if request.path == "/loki/api/v1/query_range":
        return found(request.words)
    return Answer(404, b"404 page not found\n")


def keep(pushed: Any) -> None:
    """Remember lines, in the order in which they come."""
    new = [
        (dict(stream["stream"]), int(at), str(text))
        for stream in pushed["streams"]
        for at, text in stream["values"]
    ]
    with writing, KEPT.open("a") as file:
        lines.extend(new)
        file.writelines(f"{json.dumps(line)}\n" for line in new)


def found(words: dict[str, str]) -> Answer:
    """Lines that a query means, the latest first, stream by stream."""
    meant = SELECTOR.match(words.get("query", ""))
    if not meant:
        return Answer(400, b"parse error : syntax error: unexpected $end\n")
    labels = dict(re.findall(r'(\w+)="([^"]*)"', meant[1]))
    since = words.get("since", "1h")
    oldest = time.time_ns() - int(since[:-1]) * UNITS[since[-1]] * 10**9
    streams: dict[str, list[list[str]]] = {}
    for stream, at, text in latest(labels, meant[2] or "", oldest, int(words.get("limit", "100"))):
        streams.setdefault(json.dumps(stream), []).append([str(at), text])
    result = [{"stream": json.loads(key), "values": values} for key, values in streams.items()]
    return Answer(body={"status": "success", "data": {"resultType": "streams", "result": result}})


def latest(labels: dict[str, str], part: str, oldest: int, most: int) -> Iterator[Line]:
    """At most so many lines with these labels, with this text in them, and not older."""
    for stream, at, text in reversed(lines):
        if at >= oldest and labels.items() <= stream.items() and part in text and most:
            most -= 1
            yield stream, at, text


if __name__ == "__main__":
    KEPT.touch()
    lines += [tuple(json.loads(line)) for line in KEPT.read_text().splitlines()]
    serve(3100, answer)
