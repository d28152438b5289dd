"""Bytes from a machine and to it: as they are, and what went wrong in one sentence."""

from __future__ import annotations

import io
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from operations import streams


class Channel:
    """One command's channel: what it prints, how it ends, what it was sent."""

    def __init__(self, out: bytes, error: str, status: int) -> None:
        self.out, self.error, self.status = out, error, status
        self.sent = b""
        self.has_ended = False

    def recv(self, size: int) -> bytes:
        block, self.out = self.out[:size], self.out[size:]
        return block

    def sendall(self, block: bytes) -> None:
        self.sent += block

    def shutdown_write(self) -> None:
        self.sent += b"."

    def makefile(self, mode: str, size: int) -> Any:
        return io.BytesIO(self.out)

    def makefile_stderr(self, mode: str) -> Any:
        return SimpleNamespace(read=lambda: self.error.encode())

    def recv_exit_status(self) -> int:
        return self.status

    def exit_status_ready(self) -> bool:
        return self.has_ended

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


def test_what_one_machine_prints_another_gets_and_who_broke_it_says_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ends = {"from": Channel(b"data" * 99999, "", 0), "into": Channel(b"", "", 0)}
    monkeypatch.setattr(streams, "_channel", lambda host, _: ends[host])
    source, target = cast(Any, "from"), cast(Any, "into")
    streams.relay(source, ["x"], target, ["y"])
    assert ends["into"].sent == b"data" * 99999 + b"."
    ends["from"] = Channel(b"half", "tar: disk error", 2)
    with pytest.raises(streams.Broken, match="tar: disk error"):
        streams.relay(source, ["x"], target, ["y"])
    assert ends["into"].sent.count(b".") == 1, "half of it is no end"
    full = Channel(b"", "tar: No space left on device", 2)
    monkeypatch.setattr(full, "sendall", _refuses)
    monkeypatch.setattr(full, "exit_status_ready", lambda: True)
    ends |= {"from": Channel(b"data", "", 0), "into": full}
    with pytest.raises(streams.Broken, match="No space left on device"):
        streams.relay(source, ["x"], target, ["y"])


def _refuses(_: bytes) -> None:
    raise OSError("Socket is closed")


class Half(Exception):
    """What a reader finds that misses something."""


@pytest.mark.parametrize(
    ("status", "has_ended", "raised"),
    [(1, True, streams.Broken), (0, True, Half), (1, False, Half)],
)
def test_who_reads_half_hears_why_it_is_half(
    channel: Callable[..., tuple[Any, Channel]],
    status: int,
    has_ended: bool,
    raised: type[Exception],
) -> None:
    host, one = channel(b"half", "no room there\n", status)
    one.has_ended = has_ended
    with pytest.raises(raised), streams.output(host, ["x"]) as output:
        assert output.read() == b"half"
        raise Half


def test_a_whole_output_of_a_command_that_fails_is_none(
    channel: Callable[..., tuple[Any, Channel]],
) -> None:
    host, _ = channel(b"whole", "no room there\n", 1)
    with pytest.raises(streams.Broken, match="no room there"), streams.output(host, ["x"]) as it:
        assert it.read() == b"whole"
