"""What can go wrong on the outside, on demand: each fault ends with its `with` block.

Most are files that the web server looks for at each request, so that nothing is reloaded.
"""

from __future__ import annotations

import shutil
import socketserver
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from lab import Lab
from lab.mirror import daemons, keys, products, programs
from lab.mirror.daemons import state


def clear(lab: Lab) -> None:
    """End every fault that a killed test has left behind."""
    shutil.rmtree(_faults(lab), ignore_errors=True)


@contextmanager
def answers_500(lab: Lab, upstream: str) -> Iterator[None]:
    """Every path under `upstream` ("download.docker.com", "debian") answers 500."""
    with _flag(_faults(lab) / "answers-500" / upstream):
        yield


@contextmanager
def bad_signature(lab: Lab, upstream: str) -> Iterator[None]:
    """The indices of `upstream`'s apt repositories bear another key's signature; files stay."""
    made = products.make()
    suites = [release.parent for release in (made.www / upstream).rglob("Release")]
    if not suites:
        raise ValueError(f"{upstream}: no apt repository of the mirror's own")
    stranger = keys.key(made.tree, f"not {upstream}")
    with tempfile.TemporaryDirectory(dir=_made(_faults(lab))) as signed:
        for suite in suites:
            place = Path(signed) / suite.relative_to(made.www)
            place.mkdir(parents=True)
            shutil.copy(suite / "Release", place)
            keys.sign(made.tree, stranger, place)
        Path(signed).chmod(0o755)
        instead = _faults(lab) / "instead"
        Path(signed).rename(instead)
        try:
            yield
        finally:
            instead.rename(signed)


@contextmanager
def cut_off(lab: Lab, path: str) -> Iterator[None]:
    """A download of `path` ("/download.docker.com/…") ends in its middle, each time."""
    whole = (products.make().www / path.lstrip("/")).read_bytes()

    class Half(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            while self.rfile.readline().strip():
                pass
            head = b"HTTP/1.0 200 OK\r\nContent-Length: %d\r\n\r\n" % len(whole)
            with suppress(ConnectionError):  # whoever asked may have seen enough
                self.wfile.write(head + whole[: len(whole) // 2])

    socket = _made(_faults(lab)) / "cut-off.sock"
    with (
        _flag(_faults(lab) / "cut-off" / path.lstrip("/")),
        socketserver.ThreadingUnixStreamServer(str(socket), Half) as server,
    ):
        threading.Thread(target=server.serve_forever, args=(0.05,)).start()
        try:
            yield
        finally:
            server.shutdown()
            socket.unlink()


@contextmanager
def silent(lab: Lab, name: str = "front") -> Iterator[None]:
    """Connections to one of the mirror's programs (`programs.NAMES`) are refused."""
    made = products.make()
    (stopped,) = (daemon for daemon in programs.of(lab, made) if daemon.name == name)
    daemons.stop(lab, name)
    try:
        yield
    finally:
        daemons.start(lab, made.tree, stopped)


def _faults(lab: Lab) -> Path:
    return state(lab) / "faults"


def _made(directory: Path) -> Path:
    directory.mkdir(parents=True, exist_ok=True)
    return directory


@contextmanager
def _flag(path: Path) -> Iterator[None]:
    _made(path.parent)
    path.touch()
    try:
        yield
    finally:
        path.unlink()
