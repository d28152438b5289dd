"""The first push, and the pipeline that it starts."""

from __future__ import annotations

import shlex
import time
from typing import Any

from pyinfra import host, logger
from pyinfra.api.command import StringCommand

from facts.gitlab import Access, Unexpected, files_of, has_branch, must, untaken
from operations import Commands, operation, refuse
from operations.gitlab import asked, write

BEGINS, ENDS = 120, 5400  # seconds: until GitLab has made a pipeline, and for all of its jobs
TAKEN = 40  # seconds: a runner that is there asks for jobs every few of them
UNDER_WAY = ("created", "waiting_for_resource", "preparing", "pending", "running")
TAIL = 30  # lines of the log of a job that failed


@operation()
@asked
def start(access: Access, folder: str, owner: str) -> Commands:
    """Have `main` at GitLab: the first push of it is made here, and its pipeline is waited for.

    A project that has a branch main already is its developers', whatever it holds but for what
    GitLab's own page begins it with. A first pipeline that nobody waits for any more is followed.
    """
    if has_branch(access, "main"):
        if [name.upper() for name in files_of(access, "main")] == ["README.MD"]:
            yield refuse(_made_on_a_page(access, folder))
        elif _first_goes_on(access):
            yield write(access, _follow, f"{host.print_prefix}")
        return
    push = f"git -C {shlex.quote(folder)} push --quiet --set-upstream origin main"
    yield StringCommand(f"runuser -u {shlex.quote(owner)} -- {push}")
    yield write(access, _follow, f"{host.print_prefix}")


def _made_on_a_page(access: Access, folder: str) -> str:
    where = f"{access.url}/{access.path}"
    return (
        f"{where} has a main that holds a README.md and nothing else: its web page makes one"
        " (Initialize repository with a README). Nothing is pushed over it. Delete the project, and"
        " run again, which makes an empty one; or put the application on top of it, on"
        f" {host.name}: git -C {folder} pull --rebase -X theirs origin main && git -C {folder}"
        " push -u origin main"
    )


def _first_goes_on(access: Access) -> bool:
    """Whether the only pipeline of main so far is under way: a run was ended that followed it."""
    rows = must(access).pipelines.list(ref="main", per_page=2, get_all=False)
    return len(rows) == 1 and rows[0].status in UNDER_WAY


def _follow(access: Access, prefix: str) -> None:
    """Say how each job goes; raises Unexpected when one breaks it, with the end of its log."""
    pipeline = _pipeline_of_main(access)
    logger.info(f"{prefix}{pipeline.web_url}")
    told: dict[str, str] = {}
    began = time.monotonic()
    while time.monotonic() < began + ENDS:
        pipeline.refresh()
        jobs = sorted(pipeline.jobs.list(iterator=True), key=lambda job: int(job.id))
        for job in jobs:
            if told.get(job.name) != job.status and job.status not in ("created", "pending"):
                logger.info(f"{prefix}    {job.name}: {job.status}")
                told[job.name] = job.status
        waiting = [job for job in jobs if job.status == "pending"]
        if waiting and not told and time.monotonic() > began + TAKEN:
            _say_who_takes(access, waiting[0], prefix, told)
        if pipeline.status in ("success", "manual"):
            return
        if pipeline.status in ("failed", "canceled", "skipped"):
            raise Unexpected(_broken(access, pipeline, jobs))
        time.sleep(2)
    raise Unexpected(f"{pipeline.web_url} has not ended after {ENDS // 60} minutes")


def _say_who_takes(access: Access, job: Any, prefix: str, told: dict[str, str]) -> None:
    """That a job still waits for its runner; raises Unexpected where none will ever take it."""
    if why := untaken(access, job):
        raise Unexpected(f"nobody takes the job {job.name}: {why}; {job.web_url}")
    logger.info(f"{prefix}    {job.name}: pending, its runner has others to do")
    told[job.name] = job.status


def _pipeline_of_main(access: Access) -> Any:
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
