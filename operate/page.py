"""The page that `make report` writes."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import SecretStr

from operate import ends
from operate.picture import fitting
from operate.reported import BAD, FULL, SOON, WELL, Report
from spec.certificate import LEAST_DAYS, RENEWED_DAYS

HERE = Path(__file__).resolve().parent
LEAST_MASKED = 8  # signs; a shorter one (sudo's, at most) would blot out ordinary words


def rendered(report: Report) -> str:
    """The page, whole; whatever a machine says in it is text, and no secret."""
    secrets = [
        value.get_secret_value()
        for _, value in report.platform.secrets
        if isinstance(value, SecretStr)
    ]

    def masked(value: Any) -> Any:
        if isinstance(value, str):
            for secret in secrets:
                if len(secret) >= LEAST_MASKED:
                    value = value.replace(secret, "•••")
        return value

    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        finalize=masked,
    )
    environment.filters |= {"ago": ago, "day": day, "moment": moment, "end": _end_state}
    environment.filters |= {"fitting": fitting, "time": report.time}
    return environment.get_template("report.html.j2").render(it=report, full=FULL)


def day(when: date) -> str:
    """As people write it: 9 November 2026."""
    return f"{when.day} {when:%B %Y}"


def moment(when: datetime) -> str:
    """The same with the time."""
    return f"{day(when)}, {when:%H:%M} {when:%Z}".strip()


def ago(when: datetime, now: datetime) -> str:
    """How long it is since then, in the largest unit that says something."""
    minutes = max(0, int((now - when).total_seconds() // 60))
    for unit, size in (("day", 24 * 60), ("hour", 60), ("minute", 1)):
        if minutes >= size:
            count = minutes // size
            return f"{count} {unit}{'s' if count > 1 else ''} ago"
    return "just now"


def _end_state(row: ends.Row) -> str:
    if row.is_within(LEAST_DAYS):
        return BAD
    return SOON if row.is_within(RENEWED_DAYS) else WELL
