"""The runner's side of the API, as recorded in tests/lab/contracts/ with a real runner."""

from __future__ import annotations

from .http import API, FORBIDDEN, NOT_FOUND, Answer, Request, Route


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
    if request.body.get("token") not in request.store.runners():
        return FORBIDDEN
    job = request.store.take()
    return Answer(201, job.payload) if job else Answer(204)


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
    said = {name: body[name] for name in ("failure_reason", "exit_code", "output") if name in body}
    job.set(state=body["state"], **said)
    return Answer(200, headers={"Job-Status": job.state})


ROUTES: list[Route] = [
    ("POST", f"{API}/runners/verify", verify),
    ("DELETE", f"{API}/runners", unregister),
    ("POST", f"{API}/jobs/request", hand_out),
    ("PATCH", rf"{API}/jobs/(\d+)/trace", log),
    ("PUT", rf"{API}/jobs/(\d+)", update),
]
