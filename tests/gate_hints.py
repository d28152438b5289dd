"""Write what the gates say to look at into docs/troubleshooting.md (`make docs`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

import spec
from facts.kubernetes import KUBECTL
from gates import BESIDE, LAYERS, gates
from spec import Platform
from spec.inventory import HostData
from tests.unit.doubles import CHECKOUT, SECRETS, changed, shipped

PAGE = CHECKOUT / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- begin: made by `make docs` -->\n", "<!-- end: made by `make docs` -->\n"
# What a person sets, so that the gates of a project, a runner and of alerts are there as well.
PROJECT = "group/name"
VIRTUAL = "192.168.56.60"
TOKENS = {
    "GITLAB_TOKEN": "glpat-an-example",
    "RUNNER_TOKEN": "glrt-an-example-of-one",
    "ALERT_WEBHOOK": "https://chat.example.org/an-example",
}
MAIL = {
    "host": "mail.example.org",
    "port": 25,
    "sender": "platform@example.org",
    "recipients": ["team@example.org"],
    "user": None,
    "tls": True,
}


def with_everything(hosts: Sequence[HostData]) -> Platform:
    """The platform with a project at GitLab, a monitoring, and an address of its control plane.

    The environment has TOKENS.
    """
    watched = changed(hosts, "k8s_worker", monitoring_enabled=True, monitoring_mail=MAIL)
    watched = changed(watched, "k8s_control", control_plane_address=VIRTUAL)
    return spec.load(changed(watched, "docker_host", gitlab_project=PROJECT))


def table(platform: Platform) -> Iterator[str]:
    """A row for each gate, on the first machine of its layer."""
    yield "| layer | the gate that is shut | look at |\n|---|---|---|\n"
    for layer in (*LAYERS, *BESIDE):
        on_each = (gates(platform, machine, layer) for machine in platform.machines)
        for gate in next(filter(None, on_each)):
            yield f"| {layer} | {_plain(gate.awaits)} | {_plain(gate.hint)} |\n"


def written(page: str, platform: Platform) -> str:
    """The page with the table of now between its two marks."""
    head, _, rest = page.partition(BEGIN)
    _, _, tail = rest.partition(END)
    return f"{head}{BEGIN}{''.join(table(platform))}{END}{tail}"


def _plain(text: str) -> str:
    """Text in which Markdown sees no marks, and kubectl is what a person types."""
    return re.sub(r"([|*~<])", r"\\\1", text.replace(KUBECTL, "kubectl"))


if __name__ == "__main__":
    os.environ.update(SECRETS | TOKENS)
    page = PAGE.read_text(encoding="utf-8")
    PAGE.write_text(written(page, with_everything(shipped())), encoding="utf-8")
