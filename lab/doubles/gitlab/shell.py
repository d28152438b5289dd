"""`python3 -m gitlab.shell`: what sshd runs for whoever logs in, instead of what they asked for."""

from __future__ import annotations

import os
import shlex
import sys
from pathlib import Path
from typing import NoReturn

from .ask import ask

HOOKS = Path(__file__).parent / "hooks"
LINE = "remote: " + "=" * 72


def refuse(reason: str) -> NoReturn:
    """Say why not, as GitLab does."""
    lines = ("remote: ", LINE, "remote: ", f"remote: ERROR: {reason}", "remote: ", LINE, "remote: ")
    sys.exit("\n".join(lines))


def main() -> None:
    """Greet, or become the git command that was asked for."""
    words = shlex.split(os.environ.get("SSH_ORIGINAL_COMMAND", ""))
    if not words:
        print("Welcome to GitLab, @lab!")
        return
    if len(words) != 2 or words[0] not in ("git-upload-pack", "git-receive-pack"):
        refuse("Disallowed command")
    action, project = words
    _, key = Path(os.environ["SSH_USER_AUTH"]).read_text().split(" ", 1)
    status, told = ask("allowed", key=key.strip(), action=action, project=project)
    if status != 200:
        refuse(told["message"])
    os.environ["GITLAB_PROJECT"] = str(told["project_id"])
    os.environ["GITLAB_PROTECTED"] = told["protected"]
    git = ["git", "-c", f"core.hooksPath={HOOKS}", action.removeprefix("git-"), told["repository"]]
    os.execvp("git", git)  # noqa: S606 - no shell is wanted


main()
