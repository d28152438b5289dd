"""The lab's GitLab on a port of this machine, and python-gitlab as its client."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import ThreadingHTTPServer

import gitlab

from lab.doubles.gitlab.http import handler
from lab.doubles.gitlab.routes import ROUTES
from lab.doubles.gitlab.store import Store

TOKEN = "glpat-unitUNITunit99"
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"


@contextmanager
def served(store: Store) -> Iterator[str]:
    """Its address, below a path as the lab's is."""
    store.admit(TOKEN)
    nothing = handler(store, ROUTES, "http://127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), nothing) as server:
        url = f"http://127.0.0.1:{server.server_port}/gitlab.com"
        server.RequestHandlerClass = handler(store, ROUTES, url)
        answering = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        answering.start()
        try:
            yield url
        finally:
            server.shutdown()
            answering.join()


def client(url: str, token: str = TOKEN) -> gitlab.Gitlab:
    """The user's client."""
    return gitlab.Gitlab(url, private_token=token, retry_transient_errors=False)
