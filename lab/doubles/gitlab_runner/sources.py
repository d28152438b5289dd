"""The project of a job: where it is put, and how it comes there."""

from __future__ import annotations

import re
import shlex
from typing import Any
from urllib.parse import urlsplit

from .log import OFF

GREEN = "\033[32;1m"


def place(git: dict[str, Any], builds: str) -> str:
    """The project's folder: named after the whole path of its address."""
    return f"{builds}{urlsplit(git['repo_url']).path}".removesuffix(".git")


def script(git: dict[str, Any], folder: str, variables: dict[str, str]) -> str:
    """Shell that brings a folder to the job's commit, or leaves it where no sources are wanted."""
    if variables.get("GIT_STRATEGY") == "none":
        return "".join(
            _said(f"Skipping Git {what}")
            for what in ("repository setup", "checkout", "submodules setup")
        )
    # By the environment: everybody may read what a process is started with. A name of its own, for
    # one job: a folder may have an origin, with the token of the job before.
    remote = {"COUNT": "1", "KEY_0": "remote.job.url", "VALUE_0": git["repo_url"]}
    given = [f"export GIT_CONFIG_{name}={shlex.quote(value)}" for name, value in remote.items()]
    cleaned = variables.get("GIT_CLEAN_FLAGS", "-ffdx")
    depth = git["depth"]
    shallow = [f"--depth={depth}"] if depth else []
    fetch = ["git", "fetch", "--quiet", "--prune", *shallow, "job", *git["refspecs"]]
    lines = [
        "set -e",
        f"[ -d {shlex.quote(folder)}/.git ] || fresh=yes",
        f"git init {shlex.quote(folder)}",
        f"cd {shlex.quote(folder)}",
        f'if [ "$fresh" ]; then {_said("Created fresh repository.").strip()}; fi',
        *given,
        shlex.join(fetch),
        _said(f"Checking out {git['sha'][:8]} as detached HEAD (ref is {git['ref']})...").strip(),
        f"git checkout --force --quiet {git['sha']}",
        f"git clean {cleaned}",
        _said("Skipping Git submodules setup"),
    ]
    told = f"Fetching changes with git depth set to {depth}..." if depth else "Fetching changes..."
    return _said(told) + "\n".join(lines)


def expanded(variables: list[dict[str, Any]], folder: str) -> dict[str, dict[str, Any]]:
    """The variables by name, with what refers to others replaced, except in raw ones."""
    own = {"CI_PROJECT_DIR": folder}
    mine = [{"key": key, "value": value} for key, value in own.items()]
    found = {one["key"]: one for one in [*mine, *variables]}
    paths = {key: f"{folder}.tmp/{key}" for key, one in found.items() if one.get("file")}
    known = {key: paths.get(key, one["value"]) for key, one in found.items()}

    def value(match: re.Match[str]) -> str:
        return "$" if match[1] == "$" else known.get(match[1].strip("{}"), "")

    for one in found.values():
        if not one.get("raw") and not one.get("file"):
            one["value"] = re.sub(r"\$(\$|\w+|\{\w+\})", value, one["value"])
    return found


def _said(text: str) -> str:
    return f"echo {shlex.quote(f'{GREEN}{text}{OFF}')}\n"
