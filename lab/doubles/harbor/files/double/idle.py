"""jobservice and registryctl: they answer that they live, for there is no job to do."""

from __future__ import annotations

import sys

from .web import Answer, Request, serve

PORT = 8080


def alive(_request: Request) -> Answer:
    """What core's health check asks for."""
    return Answer(body={})


def main() -> None:
    """Answer on the path that is given."""
    serve(PORT, [("GET", sys.argv[1], alive)])


if __name__ == "__main__":
    main()
