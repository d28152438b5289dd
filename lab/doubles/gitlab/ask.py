"""How the programs that sshd and git start ask the API: over its socket."""

from __future__ import annotations

import http.client
import json
import os
import socket
from typing import Any


class _Connection(http.client.HTTPConnection):
    """A connection to the socket that the environment names."""

    def connect(self) -> None:
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(os.environ["GITLAB_SOCKET"])


def ask(question: str, **body: Any) -> tuple[int, dict[str, Any]]:
    """The status and the answer to a question of ours."""
    connection = _Connection("gitlab")
    path = f"{os.environ['GITLAB_ROOT']}/api/v4/internal/{question}"
    connection.request("POST", path, json.dumps(body))
    answer = connection.getresponse()
    return answer.status, json.loads(answer.read())
