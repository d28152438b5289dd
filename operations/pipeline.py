"""The first push, and the pipeline that it starts."""

from __future__ import annotations

import shlex
import time
from typing import Any

from pyinfra import host, logger
from pyinfra.api.command import StringCommand

from facts.gitlab import Access, Unexpected, has_branch, must
from operations import Commands, operation
from operations.gitlab import asked, write

BEGINS, ENDS = 120, 5400  # seconds: until GitLab has made a pipeline, and for all of its jobs
TAIL = 30  # lines of the log of a job that failed


@operation()
@asked
def started(access: Access, folder: str, owner: str) -> Commands:
    """Have `main` at GitLab: the first push of it is made here, and waited for.

    A project that has a branch main already is its developers', whatever it holds.
    """
    if has_branch(access, "main"):
        return
    push = f"git -C {shlex.quote(folder)} push --quiet --set-upstream origin main"
    yield StringCommand(f"runuser -u {shlex.quote(owner)} -- {push}")
    yield write(access, _follow, f"{host.print_prefix}")


def _follow(access: Access, prefix: str) -> None:
    """Say how each job goes; raises Unexpected when one breaks it, with the end of its log."""
    pipeline = _begun(access)
    logger.info(f"{prefix}{pipeline.web_url}")
    said: dict[str, str] = {}
    deadline = time.monotonic() + ENDS
    while time.monotonic() < deadline:
        pipeline.refresh()
        jobs = sorted(pipeline.jobs.list(iterator=True), key=lambda job: int(job.id))
        for job in jobs:
            if said.get(job.name) != job.status and job.status not in ("created", "pending"):
                logger.info(f"{prefix}    {job.name}: {job.status}")
                said[job.name] = job.status
        if pipeline.status in ("success", "manual"):
            return
        if pipeline.status in ("failed", "canceled", "skipped"):
            raise Unexpected(_broken(access, pipeline, jobs))
        time.sleep(2)
    raise Unexpected(f"{pipeline.web_url} has not ended after {ENDS // 60} minutes")


def _begun(access: Access) -> Any:
    project = must(access)
    deadline = time.monotonic() + BEGINS
    while time.monotonic() < deadline:
        for row in project.pipelines.list(iterator=True, ref="main"):
            return project.pipelines.get(row.id)
        time.sleep(1)
    raise Unexpected(
        f"main was pushed, and no pipeline began within {BEGINS} s: is CI/CD switched on in the"
        " project's settings, and does .gitlab-ci.yml hold for a push to main?"
    )


def _broken(access: Access, pipeline: Any, jobs: list[Any]) -> str:
    """The first job that broke it, with the end of its log; or what GitLab says of it."""
    for job in jobs:
        if job.status == "failed" and not job.allow_failure:
            trace: Any = must(access).jobs.get(job.id).trace()
            lines = trace.decode(errors="replace").splitlines()[-TAIL:]
            end = "\n".join(f"    {line}" for line in lines)
            return f"job {job.name} failed; {job.web_url}\n{end}"
    why = getattr(pipeline, "yaml_errors", None) or "see there"
    return f"{pipeline.web_url} has {pipeline.status}: {why}"
