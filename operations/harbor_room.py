"""Room on the registry's disk: which images stay, and when the room of the others is freed.

Contract: goharbor/harbor, api/v2.0/swagger.yaml and src/server/v2.0/handler/{retention,gc}.go.
"""

from __future__ import annotations

from typing import Any

from operations import Commands, tell
from operations.harbor_api import Api

PULLED = 90  # days: what was pulled lately may be at work on a node, however old it is
# Seconds stand first, and have to be 0.
EVERY_NIGHT, EVERY_WEEK = "0 0 2 * * *", "0 0 3 * * 0"
SCHEDULE = "/system/gc/schedule"


def questions(policy: int, most: int | None) -> list[str]:
    """What `keep` will ask for."""
    return [SCHEDULE, *([f"/retentions/{policy}"] if policy else [])] if most else []


def keep(api: Api, project: int, policy: int, most: int | None) -> Commands:
    """Have a project keep its last `most` images of each repository, and those pulled lately.

    `policy` is the number of what it keeps so far, or 0. Somebody's own schedule stays.
    """
    if not most:
        return
    wanted, path = _policy(project, most), f"/retentions/{policy}"
    if not policy:
        yield api.send("POST", "/retentions", wanted)
        tell(f"Harbor removes images but the last {most} of each repository (harbor_keep_images)")
    elif api.get(path, _what_counts) != _what_counts(wanted):
        yield api.send("PUT", path, {"id": policy, **wanted})
    if not api.get(SCHEDULE, _is_scheduled):
        schedule = {"type": "Weekly", "cron": EVERY_WEEK}
        # Images without a tag stay: somebody may have deployed one by its digest.
        yield api.send(
            "PUT", SCHEDULE, {"schedule": schedule, "parameters": {"delete_untagged": False}}
        )


def _policy(project: int, most: int) -> dict[str, Any]:
    return {
        "algorithm": "or",
        "rules": [_rule("latestPushedK", most), _rule("nDaysSinceLastPull", PULLED)],
        "trigger": {"kind": "Schedule", "settings": {"cron": EVERY_NIGHT}, "references": {}},
        "scope": {"level": "project", "ref": project},
    }


def _rule(template: str, number: int) -> dict[str, Any]:
    def every(decoration: str) -> list[dict[str, str]]:
        return [{"kind": "doublestar", "decoration": decoration, "pattern": "**"}]

    return {
        "disabled": False,
        "action": "retain",
        "template": template,
        "params": {template: number},
        "tag_selectors": every("matches"),
        "scope_selectors": {"repository": every("repoMatches")},
    }


def _what_counts(policy: Any) -> Any:
    """Of a policy as Harbor has it, which adds numbers, priorities and times."""
    rules = [
        (
            not rule.get("disabled"),
            rule["params"],
            _patterns(rule["tag_selectors"]),
            _patterns(rule["scope_selectors"]["repository"]),
        )
        for rule in policy["rules"]
    ]
    return rules, policy["trigger"]["settings"]["cron"]


def _patterns(selectors: Any) -> list[tuple[str, str]]:
    return [(selector["decoration"], selector["pattern"]) for selector in selectors]


def _is_scheduled(schedule: Any) -> bool:
    return bool(schedule) and schedule["schedule"]["type"] != "None"
