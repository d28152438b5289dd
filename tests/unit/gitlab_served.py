"""The lab's GitLab on a port and a socket of this machine, and its clients: python-gitlab, git."""

from __future__ import annotations

import os
import socketserver
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer
from pathlib import Path
from typing import Any

import gitlab
from gitlab.v4.objects import Project

from lab.doubles.gitlab.http import handler
from lab.doubles.gitlab.routes import ROUTES
from lab.doubles.gitlab.store import Store
from tests.unit.doubles import CHECKOUT

TOKEN = "glpat-unitUNITunit99"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"
# What sshd does for somebody who has come with a key: the last word is what they ask for.
SSHD = f"""#!/bin/sh
for word; do SSH_ORIGINAL_COMMAND=$word; done
export SSH_ORIGINAL_COMMAND
exec {sys.executable} -B -m gitlab.shell
"""


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Its address, below a path as the lab's is."""
    store.admit(TOKEN)
    with ThreadingHTTPServer(("127.0.0.1", 0), handler(store, ROUTES, "")) as server:
        url = f"http://127.0.0.1:{server.server_port}/gitlab.com"
        server.RequestHandlerClass = handler(store, ROUTES, url)
        with _answering(server):
            yield url


@contextmanager
def on_a_socket(store: Store, socket: Path) -> Iterator[None]:
    """The same for the programs that sshd and git start."""
    answers = handler(store, ROUTES, "http://127.0.0.1/gitlab.com")
    with socketserver.ThreadingUnixStreamServer(str(socket), answers) as server, _answering(server):
        yield


@contextmanager
def _answering(server: socketserver.BaseServer) -> Iterator[None]:
    answering = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    answering.start()
    try:
        yield
    finally:
        server.shutdown()
        answering.join()


def client(url: str, token: str = TOKEN) -> gitlab.Gitlab:
    """The user's client."""
    return gitlab.Gitlab(url, private_token=token, retry_transient_errors=False)


def a_project(api: gitlab.Gitlab, name: str = "shop") -> Project:
    """A new project of the group."""
    space = api.namespaces.get("threebody")
    made = api.projects.create({"name": name, "namespace_id": space.id})
    assert isinstance(made, Project)
    return made


class Clone:
    """Somebody's working copy, whose ssh ends at the double's shell with one key."""

    def __init__(self, folder: Path, socket: Path, key: str = KEY) -> None:
        self.folder = folder
        folder.mkdir()
        (folder / "auth").write_text(f"publickey {key}\n")
        (folder / "sshd").write_text(SSHD)
        (folder / "sshd").chmod(0o755)
        self.environment = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "PYTHONPATH": str(CHECKOUT / "lab/doubles"),
            "GIT_SSH": str(folder / "sshd"),
            "GIT_SSH_VARIANT": "simple",
            "GIT_TERMINAL_PROMPT": "0",
            "GITLAB_SOCKET": str(socket),
            "GITLAB_ROOT": "/gitlab.com",
            "SSH_USER_AUTH": str(folder / "auth"),
        }
        self.git("init", "--quiet", "--initial-branch=main", "work")
        self.git("config", "user.name", "dev")
        self.git("config", "user.email", "dev@example.org")

    def git(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run git in the working copy, once there is one."""
        work = self.folder / "work"
        return self._run("git", *words, cwd=work if work.exists() else self.folder)

    def login(self, command: str = "") -> subprocess.CompletedProcess[str]:
        """Come over SSH, and ask for something or for nothing."""
        return self._run("./sshd", command, cwd=self.folder)

    def commit(self, **files: str) -> str:
        """Commit files; the commit."""
        for name, text in files.items():
            (self.folder / "work" / name).write_text(text)
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message=change")
        return self.git("rev-parse", "HEAD").stdout.strip()

    def _run(self, *words: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        extra: dict[str, Any] = {"capture_output": True, "text": True, "check": False}
        return subprocess.run(words, cwd=cwd, env=self.environment, timeout=120, **extra)
