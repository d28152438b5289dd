"""A stand-in of Alloy: what pods write and machines push goes to where its configuration says."""

from __future__ import annotations

import json
import re
import ssl
import sys
import threading
import time
import urllib.request
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .answering import Answer, Request, serve

ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
API = "https://kubernetes.default.svc"
EVERY = 5  # seconds
TRUST = ssl.create_default_context(cafile=str(ACCOUNT / "ca.crt"))


def ask(path: str) -> bytes:
    """What the API server answers."""
    headers = {"Authorization": f"Bearer {(ACCOUNT / 'token').read_text()}"}
    request = urllib.request.Request(f"{API}{path}", headers=headers)  # noqa: S310 - constant
    with urllib.request.urlopen(request, context=TRUST, timeout=10) as answered:  # noqa: S310
        return bytes(answered.read())


def push(url: str, streams: list[dict[str, Any]]) -> None:
    """Hand on what was written; it is written again when that fails."""
    body = json.dumps({"streams": streams}).encode()
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, body, headers)  # noqa: S310 - the configured address
    urllib.request.urlopen(request, timeout=10).close()  # noqa: S310


def take(url: str, request: Request) -> Answer:
    """What machines bring: handed on at once, where the real one says 204 and hands it on later."""
    if (request.method, request.path) != ("POST", "/loki/api/v1/push"):
        return Answer(404, b"404 page not found\n")
    try:
        push(url, json.loads(request.body)["streams"])
    except OSError as lost:
        return Answer(503, f"{lost}\n".encode())
    return Answer(204, b"")


def running() -> list[dict[str, str]]:
    """The labels of every container that runs."""
    pods = json.loads(ask("/api/v1/pods?fieldSelector=status.phase%3DRunning"))["items"]
    return [
        {
            "namespace": pod["metadata"]["namespace"],
            "pod": pod["metadata"]["name"],
            "container": container["name"],
            "app": pod["metadata"].get("labels", {}).get("app", ""),
        }
        for pod in pods
        for container in pod["spec"]["containers"]
    ]


def written(labels: dict[str, str], since: str) -> list[tuple[str, str]]:
    """What a container has written since, each line with its time."""
    where = f"/api/v1/namespaces/{labels['namespace']}/pods/{labels['pod']}/log"
    words = f"container={labels['container']}&timestamps=true&sinceTime={since}&limitBytes=100000"
    lines = ask(f"{where}?{words}").decode(errors="replace").splitlines()
    parts = (line.partition(" ") for line in lines)
    return [(at, text) for at, blank, text in parts if blank]


def nanoseconds(at: str) -> str:
    """A time of the API server's as Loki has it."""
    seconds, _, fraction = at.removesuffix("Z").partition(".")
    whole = datetime.fromisoformat(seconds).replace(tzinfo=UTC).timestamp()
    return f"{int(whole)}{fraction[:9]:0<9}"


def hand_on(url: str, seen: dict[str, str]) -> None:
    """What every container has written since it was looked at last."""
    for labels in running():
        key = json.dumps(labels)
        since = seen.get(key, datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"))
        lines = [(at, text) for at, text in written(labels, since) if at > since]
        if lines:
            push(url, [{"stream": labels, "values": [(nanoseconds(at), it) for at, it in lines]}])
        seen[key] = lines[-1][0] if lines else since


def main() -> None:
    """For ever, whoever is away meanwhile."""
    configuration = Path(sys.argv[1]).read_text()
    url = re.findall(r'url = "([^"]+)"', configuration)[0]
    port = int(re.findall(r"listen_port += (\d+)", configuration)[0])
    answers = (port, lambda request: take(url, request))
    threading.Thread(target=serve, args=answers, daemon=True).start()
    seen: dict[str, str] = {}
    while True:
        try:
            hand_on(url, seen)
        except OSError as lost:
            print(f"level=error err={lost}", flush=True)
        time.sleep(EVERY)


if __name__ == "__main__":
    main()
