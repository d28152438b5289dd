"""Write what the gates say to look at into docs/troubleshooting.md (`make docs`)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

import spec
from facts.kubernetes import KUBECTL
from gates import LAYERS, gates
from spec import Platform
from spec.inventory import HostData
from tests.unit.doubles import CHECKOUT, SECRETS, changed, shipped

PAGE = CHECKOUT / "docs" / "troubleshooting.md"
BEGIN, END = "<!-- begin: made by `make docs` -->\n", "<!-- end: made by `make docs` -->\n"
# What a person sets for GitLab, so that the gates of a project and of a runner are there as well.
PROJECT = "group/name"
TOKENS = {"GITLAB_TOKEN": "glpat-an-example", "RUNNER_TOKEN": "glrt-an-example-of-one"}


def with_a_project(hosts: Sequence[HostData]) -> Platform:
    """The platform with a project at GitLab; the environment has TOKENS."""
    return spec.load(changed(hosts, "docker_host", gitlab_project=PROJECT))


def table(platform: Platform) -> Iterator[str]:
    """A row for each gate, on the first machine of its layer."""
    yield "| layer | the gate that is shut | look at |\n|---|---|---|\n"
    for layer in LAYERS:
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
    PAGE.write_text(written(page, with_a_project(shipped())), encoding="utf-8")
