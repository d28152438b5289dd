"""Pipelines: a push becomes jobs, stage by stage."""

from __future__ import annotations

from . import ci, payload, repositories
from .branches import is_protected
from .jobs import Job
from .records import Row
from .store import Store, now

WAITING, ENDED = ("pending", "running"), ("success", "failed", "skipped")


def create(store: Store, project: Row, push: Row, url: str) -> Row | None:
    """A pipeline for a pushed commit; None where its .gitlab-ci.yml wants none."""
    kept: Row = {"source": "push", "created_at": now(), "stages": [], "yaml_errors": None}
    row = store.table("pipelines").add(project_id=project["id"], **push, **kept)
    given = payload.given_by_project(store, project, row["ref"])
    known = {variable["key"]: variable["value"] for variable in given}
    known |= payload.predefined(project, row, url)
    read = ci.read(store, project, row["sha"], known)
    if read is None or read.get("jobs") == []:
        store.table("pipelines").remove(row["id"])
        return None
    if "error" in read:
        return store.table("pipelines").change(row["id"], yaml_errors=read["error"])
    # The runner fetches this name: the branch may have moved on when it comes to it.
    where, kept_ref = repositories.path(store, project), f"refs/pipelines/{row['id']}"
    repositories.git(store, "-C", where, "update-ref", kept_ref, row["sha"])
    for plan in sorted(read["jobs"], key=lambda job: read["stages"].index(job["stage"])):
        store.plan({**plan, "pipeline_id": row["id"]})
    made = store.table("pipelines").change(row["id"], stages=read["stages"])
    advance(store, made)
    return made


def jobs(store: Store, pipeline: Row) -> list[Job]:
    """The jobs of a pipeline, in the order of their stages."""
    return [job for job in store.jobs() if job.plan.get("pipeline_id") == pipeline["id"]]


def advance(store: Store, pipeline: Row) -> None:
    """Let those jobs begin whose turn it is."""
    every = jobs(store, pipeline)
    broken = False
    for stage in pipeline["stages"]:
        here = [job for job in every if job.plan["stage"] == stage]
        for job in here:
            if job.state == "created":
                job.set(state=_begins(job.plan["when"], broken))
        if any(_holds(job) for job in here):
            return
        broken = broken or any(_breaks(job) for job in here)


def ended(store: Store, job: Job) -> None:
    """A job is over: it may be the turn of others."""
    pipeline = store.table("pipelines").find(id=job.plan["pipeline_id"])
    if pipeline:
        advance(store, pipeline)


def status(store: Store, pipeline: Row) -> str:
    """How a pipeline stands, in GitLab's words."""
    if pipeline["yaml_errors"]:
        return "failed"
    every = jobs(store, pipeline)
    states = {job.state for job in every}
    if states & set(WAITING):
        return "running" if states & {"running", *ENDED} else "pending"
    if any(_holds(job) for job in every):
        return "manual"
    if any(_breaks(job) for job in every):
        return "failed"
    return "success" if "success" in states else "skipped"


def suits(store: Store, job: Job, runner: Row) -> bool:
    """Whether a runner may take a job: by project, tags, and branch."""
    if job.is_alone:
        return True
    pipeline = store.table("pipelines").find(id=job.plan["pipeline_id"])
    if pipeline is None or runner["project_id"] not in (None, pipeline["project_id"]):
        return False
    project = store.table("projects").find(id=pipeline["project_id"])
    guarded = runner["access_level"] == "ref_protected"
    if project is None or (guarded and not is_protected(project, pipeline["ref"])):
        return False
    tags = job.plan["tags"]
    return set(tags) <= set(runner["tag_list"]) if tags else bool(runner["run_untagged"])


def _begins(when: str, broken: bool) -> str:
    """The state of a job whose turn it is."""
    if when == "on_failure":
        return "pending" if broken else "skipped"
    if broken and when != "always":
        return "skipped"
    return "manual" if when == "manual" else "pending"


def _holds(job: Job) -> bool:
    """Whether the next stage waits for it."""
    return job.state in WAITING or (job.state == "manual" and not job.plan["allow_failure"])


def _breaks(job: Job) -> bool:
    return job.state == "failed" and not job.plan["allow_failure"]
