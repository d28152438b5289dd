"""The runner's side of the API, as recorded in tests/lab/contracts/ with a real runner."""

from __future__ import annotations

import time

from . import payload, pipelines
from .http import API, FORBIDDEN, NOT_FOUND, Answer, Request, Route
from .jobs import Job, Payload
from .records import Row


def verify(request: Request) -> Answer:
    """A runner asks whether its token is good; it registers by nothing else."""
    token = request.body.get("token", "")
    number = request.store.runners().get(token)
    if number is None:
        return FORBIDDEN
    return Answer(200, {"id": number, "token": token, "token_expires_at": None})


def unregister(request: Request) -> Answer:
    """A runner goes for good."""
    token = request.body.get("token", "")
    if token not in request.store.runners():
        return FORBIDDEN
    request.store.remove_runner(token)
    return Answer(204)


def hand_out(request: Request) -> Answer:
    """A runner asks for a job, every few seconds."""
    store = request.store
    runner = store.table("runners").find(token=request.body.get("token"))
    if runner is None:
        return FORBIDDEN
    if not runner.get("contacted"):
        store.table("runners").change(runner["id"], contacted=True)
    pending = (job for job in store.jobs() if job.state == "pending")
    job = next((job for job in pending if pipelines.suits(store, job, runner)), None)
    if job is None or runner["paused"]:
        return Answer(204)
    told = job.payload if job.is_alone else _told(job, runner, request)
    job.hand_out(told)
    return Answer(201, told)


def _told(job: Job, runner: Row, request: Request) -> Payload:
    pipeline = request.store.table("pipelines").find(id=job.plan["pipeline_id"])
    assert pipeline is not None
    return payload.of(request.store, job, pipeline, runner, request.url)


def log(request: Request) -> Answer:
    """More of a job's log; the part must begin where the last one ended."""
    job = request.store.job(int(request.found[0]))
    if job is None:
        return NOT_FOUND
    if request.header("Job-Token") != job.payload["token"]:
        return FORBIDDEN
    start = int((request.header("Content-Range") or "0-").partition("-")[0])
    fits = start == len(job.log)
    if fits:
        job.append(request.raw)
    headers = {"Job-Status": job.state, "Range": f"0-{len(job.log)}"}
    return Answer(202 if fits else 416, headers=headers)


def update(request: Request) -> Answer:
    """The job goes on, or has ended."""
    job = request.store.job(int(request.found[0]))
    if job is None:
        return NOT_FOUND
    body = request.body
    if body.get("token") != job.payload["token"]:
        return FORBIDDEN
    output = {
        name: body[name] for name in ("failure_reason", "exit_code", "output") if name in body
    }
    job.set(state=body["state"], **output)
    if body["state"] != "running":
        job.set(finished_at=time.time())
        if not job.is_alone:
            pipelines.ended(request.store, job)
    return Answer(200, headers={"Job-Status": job.state})


ROUTES: list[Route] = [
    ("POST", f"{API}/runners/verify", verify),
    ("DELETE", f"{API}/runners", unregister),
    ("POST", f"{API}/jobs/request", hand_out),
    ("PATCH", rf"{API}/jobs/(\d+)/trace", log),
    ("PUT", rf"{API}/jobs/(\d+)", update),
]
