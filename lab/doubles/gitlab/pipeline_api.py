"""Pipelines and their jobs, as the user sees them."""

from __future__ import annotations

import time
from typing import Any

from . import pipelines
from .api import PROJECT, missing, of_project, page, refused
from .http import Answer, Request, Route
from .jobs import Job
from .records import Row

PIPELINE = rf"{PROJECT}/pipelines/(\d+)"
JOB = rf"{PROJECT}/jobs/(\d+)"


@of_project
def listed(request: Request, project: Row) -> Answer:
    """The pipelines of a project, the newest first; of one branch or commit."""
    wanted: dict[str, Any] = {"project_id": project["id"]}
    wanted |= {name: request.query[name] for name in ("ref", "sha") if name in request.query}
    rows = request.store.table("pipelines").rows(**wanted)[::-1]
    shown = [_shown(row, project, request) for row in rows]
    state = request.query.get("status")
    return page(request, [row for row in shown if state in (None, row["status"])])


@of_project
def one(request: Request, project: Row) -> Answer:
    """One pipeline."""
    row = _pipeline(request, project)
    if row is None:
        return missing()
    extra = {"before_sha": row["before_sha"], "yaml_errors": row["yaml_errors"]}
    return Answer(200, {**_shown(row, project, request), **extra})


@of_project
def jobs(request: Request, project: Row) -> Answer:
    """The jobs of a pipeline, the newest first."""
    row = _pipeline(request, project)
    if row is None:
        return missing()
    found = pipelines.jobs(request.store, row)[::-1]
    return page(request, [_shown_job(job, row, project, request) for job in found])


@of_project
def job(request: Request, project: Row) -> Answer:
    """One job."""
    found = _job(request, project)
    return Answer(200, _shown_job(*found, project, request)) if found else missing()


@of_project
def trace(request: Request, project: Row) -> Answer:
    """What a job has logged."""
    found = _job(request, project)
    return Answer(200, found[0].log, {"Content-Type": "text/plain"}) if found else missing()


@of_project
def play(request: Request, project: Row) -> Answer:
    """Let a manual job begin."""
    found = _job(request, project)
    if found is None:
        return missing()
    if found[0].state != "manual":
        return refused("Unplayable Job")
    found[0].set(state="pending")
    return Answer(200, _shown_job(*found, project, request))


def _pipeline(request: Request, project: Row) -> Row | None:
    number = int(request.found[1])
    return request.store.table("pipelines").find(id=number, project_id=project["id"])


def _job(request: Request, project: Row) -> tuple[Job, Row] | None:
    found = request.store.job(int(request.found[1]))
    number = found.plan.get("pipeline_id") if found else None
    row = request.store.table("pipelines").find(id=number, project_id=project["id"])
    return (found, row) if found and row else None


def _shown(row: Row, project: Row, request: Request) -> Row:
    return {
        "id": row["id"],
        "project_id": project["id"],
        "status": pipelines.status(request.store, row),
        "source": row["source"],
        "ref": row["ref"],
        "sha": row["sha"],
        "created_at": row["created_at"],
        "web_url": f"{request.url}/{project['path']}/-/pipelines/{row['id']}",
    }


def _shown_job(job: Job, pipeline: Row, project: Row, request: Request) -> Row:
    plan, result = job.plan, job.result
    began, ended = result.get("started_at"), result.get("finished_at")
    return {
        "id": job.id,
        "name": plan["name"],
        "stage": plan["stage"],
        "status": job.state,
        "allow_failure": plan["allow_failure"],
        "tag_list": plan["tags"],
        "ref": pipeline["ref"],
        "started_at": _written(began),
        "finished_at": _written(ended),
        "duration": round((ended or time.time()) - began, 3) if began else None,
        "failure_reason": result.get("failure_reason"),
        "pipeline": _shown(pipeline, project, request),
        "web_url": f"{request.url}/{project['path']}/-/jobs/{job.id}",
    }


def _written(moment: float | None) -> str | None:
    if moment is None:
        return None
    return time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(moment))


ROUTES: list[Route] = [
    ("GET", f"{PROJECT}/pipelines", listed),
    ("GET", PIPELINE, one),
    ("GET", f"{PIPELINE}/jobs", jobs),
    ("GET", JOB, job),
    ("GET", f"{JOB}/trace", trace),
    ("POST", f"{JOB}/play", play),
]
