"""Retention rules and the schedule of garbage collection; the double keeps both, and follows none.

Contract: goharbor/harbor, src/server/v2.0/handler/{retention,gc}.go.
"""

from __future__ import annotations

import json
from typing import Any

from . import projects, records
from .accounts import admin
from .records import now
from .web import Answer, Refusal, Request

TEMPLATES = {"latestPushedK", "latestPulledN", "nDaysSinceLastPush", "nDaysSinceLastPull"}
TYPES = {"Hourly", "Daily", "Weekly", "Custom"}


def create(request: Request) -> Answer:
    """POST /retentions: a project has one at most."""
    admin(request)
    policy = _policy(request)
    project = projects.get(str(policy["scope"]["ref"]))
    if "retention_id" in project.metadata:
        old = project.metadata["retention_id"]
        raise Refusal(400, f"project {project.id} already has retention policy {old}")
    number = records.next_id("retention")
    records.query("INSERT INTO retention VALUES (?, ?)", number, json.dumps(policy))
    projects.keep(project, {**project.metadata, "retention_id": str(number)})
    return Answer(201, headers={"Location": f"/api/v2.0/retentions/{number}"})


def read(request: Request, number: str) -> Answer:
    """GET /retentions/N."""
    admin(request)
    return Answer(body={"id": int(number), **_kept(number)})


def change(request: Request, number: str) -> Answer:
    """PUT /retentions/N."""
    admin(request)
    policy = _policy(request)
    if policy["scope"] != _kept(number)["scope"]:
        raise Refusal(400, "the scope of a policy cannot change")
    records.query("UPDATE retention SET body = ? WHERE id = ?", json.dumps(policy), int(number))
    return Answer()


def schedule(request: Request) -> Answer:
    """GET /system/gc/schedule: nothing where none was made."""
    admin(request)
    rows = records.query("SELECT body, created, updated FROM schedule WHERE kind = 'gc'")
    if not rows:
        return Answer()
    told = json.loads(rows[0][0])
    return Answer(
        body={
            "creation_time": rows[0][1],
            "id": 1,
            "job_kind": told["schedule"]["cron"],
            "job_parameters": json.dumps(told.get("parameters") or {}),
            "schedule": told["schedule"],
            "update_time": rows[0][2],
        }
    )


def set_schedule(request: Request) -> Answer:
    """POST or PUT /system/gc/schedule: the one replaces the other."""
    admin(request)
    told = request.json()
    kind, cron = told["schedule"]["type"], told["schedule"].get("cron", "")
    records.query("DELETE FROM schedule WHERE kind = 'gc'")
    if kind in TYPES:
        _check(cron)
        row = (json.dumps(told), now(), now())
        records.query("INSERT INTO schedule VALUES ('gc', ?, ?, ?)", *row)
    elif kind != "None":
        raise Refusal(422, f"the double keeps a schedule, and collects no garbage: {kind}")
    return Answer()


def _policy(request: Request) -> dict[str, Any]:
    told = request.json()
    rules = told.get("rules", [])
    if told.get("algorithm") != "or" or told["scope"]["level"] != "project":
        raise Refusal(400, f"scope {told['scope']['level']} is not support")
    for rule in rules:
        if rule["action"] != "retain" or rule["template"] not in TEMPLATES:
            raise Refusal(422, f"the double does not know the rule {rule['template']}")
        if not isinstance(rule["params"][rule["template"]], int):
            raise Refusal(400, "invalid parameter")
    if len({json.dumps(rule, sort_keys=True) for rule in rules}) < len(rules):
        raise Refusal(409, "rule 1 is conflict with rule 0")
    _check(told["trigger"]["settings"]["cron"])
    numbered = [{**rule, "id": number, "priority": 0} for number, rule in enumerate(rules)]
    kept = {name: told[name] for name in ("algorithm", "trigger", "scope")}
    return {**kept, "rules": numbered}


def _check(cron: str) -> None:
    fields = cron.split(" ")
    if len(fields) != 6 or fields[0] != "0":
        raise Refusal(400, f"invalid cron string: {cron}")


def _kept(number: str) -> dict[str, Any]:
    rows = records.query("SELECT body FROM retention WHERE id = ?", int(number))
    if not rows:
        raise Refusal(404, f"no such Retention policy with id {number}")
    kept: dict[str, Any] = json.loads(rows[0][0])
    return kept
