"""The monitoring's pages, as people of operator_networks reach them."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import quote

from lab.machines import Machine

GRAFANA, PROMETHEUS, LOKI = 30030, 30090, 30100


def asked(machine: Machine, port: int, path: str, login: str = "") -> int:
    """The status of an answer to this machine, which stands in operator_networks."""
    headers = {"Authorization": f"Basic {b64encode(login.encode()).decode()}"} if login else {}
    request = urllib.request.Request(f"http://{machine.address}:{port}{path}", headers=headers)
    try:
        return int(urllib.request.urlopen(request, timeout=30).status)
    except urllib.error.HTTPError as refused:
        return refused.code


def answer(worker: Machine, path: str) -> dict[str, Any]:
    """What Prometheus says to this machine."""
    url = f"http://{worker.address}:{PROMETHEUS}{path}"
    with urllib.request.urlopen(url, timeout=30) as response:
        data: dict[str, Any] = json.load(response)["data"]
        return data


def lines(worker: Machine, labels: str, part: str) -> list[str]:
    """What Loki has of lines with these labels and this in them, from the last ten minutes.

    Nothing where it does not answer yet.
    """
    query = quote(f'{{{labels}}} |= "{part}"')
    path = f"/loki/api/v1/query_range?since=10m&limit=100&query={query}"
    try:
        with urllib.request.urlopen(
            f"http://{worker.address}:{LOKI}{path}", timeout=30
        ) as response:
            streams = json.load(response)["data"]["result"]
    except OSError:
        return []
    return [line for stream in streams for _, line in stream["values"]]


def figures(worker: Machine, query: str) -> list[dict[str, Any]]:
    """What Prometheus finds of a query now."""
    return list(answer(worker, f"/api/v1/query?query={quote(query)}")["result"])
