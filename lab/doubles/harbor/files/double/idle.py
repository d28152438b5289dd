"""jobservice and registryctl: they answer that they live, for there is no job to do."""

from __future__ import annotations

import secrets
import socket
import sys
from collections.abc import Iterator

from . import metrics
from .web import Answer, Request, serve

PORT = 8080
POOL = secrets.token_hex(12)


def alive(_request: Request) -> Answer:
    """What core's health check asks for."""
    return Answer(body={})


def pool() -> Iterator[metrics.Figure]:
    """What jobservice tells of itself; registryctl is told of no port for it."""
    labels = {"node": socket.gethostname(), "pool": POOL}
    yield "harbor_jobservice_info", labels | {"workers": "10"}, 1


def main() -> None:
    """Answer on the path that is given."""
    metrics.tell_beside(pool)
    serve(PORT, [("GET", sys.argv[1], alive)])


if __name__ == "__main__":
    main()
