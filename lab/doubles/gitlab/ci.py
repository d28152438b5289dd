"""What a commit's .gitlab-ci.yml asks for, as gitlab-ci-local understands it."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path

from . import repositories
from .records import Row
from .store import Store

FILE = ".gitlab-ci.yml"
READER = Path(__file__).parent / "read.mjs"


def read(store: Store, project: Row, sha: str, variables: Mapping[str, str]) -> Row | None:
    """Stages and jobs, or an error; None where the commit has no such file."""
    repository = repositories.path(store, project)
    try:
        repositories.git(store, "-C", repository, "cat-file", "-e", f"{sha}:{FILE}")
    except subprocess.CalledProcessError:
        return None
    work = Path(tempfile.mkdtemp(dir=store.path))
    try:
        if store.account:
            shutil.chown(work, store.account, store.account)
        checkout = work / "checkout"
        repositories.git(store, "clone", "--quiet", "--no-checkout", repository, checkout)
        repositories.git(store, "-C", checkout, "checkout", "--quiet", "--detach", sha)
        # The reader wants to know a project by its remote, and takes no path for one.
        remote = f"git@gitlab.com:{project['path']}.git"
        repositories.git(store, "-C", checkout, "remote", "set-url", "origin", remote)
        output = repositories.as_account(
            store,
            *("node", READER, store.package),
            stdin=json.dumps(variables).encode(),
            extra={"FORCE_COLOR": "0"},
            cwd=checkout,
        )
        return dict(json.loads(output))
    finally:
        shutil.rmtree(work)
