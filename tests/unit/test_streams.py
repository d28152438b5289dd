"""Bytes from a machine and to it: as they are, and what went wrong in one sentence."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from operations import streams


class Channel:
    """One command's channel: what it prints, how it ends, what it was sent."""

    def __init__(self, out: bytes, error: str, status: int) -> None:
        self.out, self.error, self.status = out, error, status
        self.sent = b""

    def recv(self, size: int) -> bytes:
        block, self.out = self.out[:size], self.out[size:]
        return block

    def sendall(self, block: bytes) -> None:
        self.sent += block

    def shutdown_write(self) -> None:
        self.sent += b"."

    def makefile_stderr(self, mode: str) -> Any:
        return SimpleNamespace(read=lambda: self.error.encode())

    def recv_exit_status(self) -> int:
        return self.status

    def close(self) -> None:
        pass


@pytest.fixture
def channel(monkeypatch: pytest.MonkeyPatch) -> Callable[..., tuple[Any, Channel]]:
    def made(out: bytes = b"", error: str = "", status: int = 0) -> tuple[Any, Channel]:
        one = Channel(out, error, status)
        monkeypatch.setattr(streams, "opened", lambda *_: one)
        client = SimpleNamespace(get_transport=lambda: None)
        return SimpleNamespace(connector=SimpleNamespace(client=client)), one

    return made


def test_bytes_come_and_go_as_they_are(
    channel: Callable[..., tuple[Any, Channel]], tmp_path: Path
) -> None:
    data = bytes(range(256)) * 2048
    host, _ = channel(data)
    with (tmp_path / "x").open("w+b") as file:
        streams.receive(host, ["x"], file)
        file.seek(0)
        assert file.read() == data
        host, one = channel()
        file.seek(0)
        streams.send(host, ["x"], file)
    assert one.sent == data + b"."


def test_a_command_that_fails_says_why(
    channel: Callable[..., tuple[Any, Channel]], tmp_path: Path
) -> None:
    host, _ = channel(b"half", "no room there\n", 1)
    with (
        (tmp_path / "x").open("wb") as file,
        pytest.raises(streams.Broken, match="no room there"),
    ):
        streams.receive(host, ["x"], file)


def test_a_machine_without_ssh_is_refused(tmp_path: Path) -> None:
    host: Any = SimpleNamespace(connector=object())
    with (tmp_path / "x").open("wb") as file, pytest.raises(streams.Broken, match="not reached by"):
        streams.receive(host, ["x"], file)
