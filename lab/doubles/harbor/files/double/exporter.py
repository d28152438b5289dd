"""harbor-exporter: what core says of all parts, and what stands in the database."""

from __future__ import annotations

import json
import os
import urllib.request
from collections.abc import Iterator
from typing import Any

from . import metrics, records

CORE = f"http://{os.environ.get('HARBOR_SERVICE_HOST')}:{os.environ.get('HARBOR_SERVICE_PORT')}"
VERSION = "harbor_version"  # which nobody is told who has not logged in


def asked(path: str) -> Any:
    """What core answers somebody who has not logged in."""
    with urllib.request.urlopen(f"{CORE}/api/v2.0/{path}", timeout=5) as told:  # noqa: S310
        return json.load(told)


def figures() -> Iterator[metrics.Figure]:
    """Those of the real one that the double knows; what cannot be had is left out."""
    try:
        yield from of_core()
        yield from of_projects()
    except (OSError, records.Unavailable) as error:
        print(f"[ERROR] {error}", flush=True)


def of_core() -> Iterator[metrics.Figure]:
    """Which parts are well."""
    told = asked("health")
    yield "harbor_health", {}, told["status"] == "healthy"
    for part in told["components"]:
        yield "harbor_up", {"component": part["name"]}, part["status"] == "healthy"
    told = asked("systeminfo")
    labels = {
        "auth_mode": told["auth_mode"],
        VERSION: told.get(VERSION, ""),
        "self_registration": str(told["self_registration"]).lower(),
    }
    yield "harbor_system_info", labels, 1


def of_projects() -> Iterator[metrics.Figure]:
    """How many there are."""
    rows = [json.loads(metadata) for (metadata,) in records.query("SELECT metadata FROM project")]
    public = sum(row.get("public") == "true" for row in rows)
    for word, count in (("true", public), ("false", len(rows) - public)):
        yield "harbor_project_total", {"public": word}, count
    yield "harbor_statistics_total_project_amount", {}, len(rows)
    yield "harbor_statistics_public_project_amount", {}, public
    yield "harbor_statistics_private_project_amount", {}, len(rows) - public


def main() -> None:
    """Answer for ever."""
    port, path = (os.environ[f"HARBOR_EXPORTER_{it}"] for it in ("PORT", "METRICS_PATH"))
    metrics.tell(int(port), path, figures)


if __name__ == "__main__":
    main()
