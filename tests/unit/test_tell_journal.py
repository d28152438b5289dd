"""What brings the journal to Loki, from a journal of here to somebody who takes it or does not."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

from tests.unit.doubles import CHECKOUT, program, tool

SCRIPT = CHECKOUT / "files/monitoring/usr/local/sbin/tell-journal"
ENTRY = {
    "__CURSOR": "s=1;i=1",
    "__REALTIME_TIMESTAMP": "1764460800000001",
    "_SYSTEMD_UNIT": "docker.service",
    "SYSLOG_IDENTIFIER": "dockerd",
    "MESSAGE": "here",
}


@pytest.fixture
def teller() -> ModuleType:
    return program("monitoring/usr/local/sbin/tell-journal")


class Takes(BaseHTTPRequestHandler):
    """Keeps what comes; answers as it is told to."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        server = self.server
        assert isinstance(server, Loki)
        status = server.answers.pop(0) if server.answers else 204
        if status == 204:
            server.taken += body["streams"]
        self.send_response(status)
        self.end_headers()

    def log_message(self, format: str, *arguments: object) -> None:
        pass


class Loki(ThreadingHTTPServer):
    """Where lines go."""

    def __init__(self) -> None:
        self.taken: list[dict[str, Any]] = []
        self.answers: list[int] = []
        super().__init__(("127.0.0.1", 0), Takes)
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def lines(self) -> list[str]:
        return [line for stream in self.taken for _, line in stream["values"]]


@pytest.fixture
def loki() -> Iterator[Loki]:
    with Loki() as server:
        yield server


def entry(**changed: Any) -> dict[str, Any]:
    return {key: value for key, value in {**ENTRY, **changed}.items() if value is not None}


def test_lines_are_told_by_machine_and_service_with_their_own_time(teller: ModuleType) -> None:
    streams = teller.streams(
        "vm-docker",
        [
            entry(),
            entry(MESSAGE=[104, 105, 255]),
            entry(_SYSTEMD_UNIT="session-7.scope", SYSLOG_IDENTIFIER="sudo", MESSAGE=None),
            entry(_SYSTEMD_UNIT=None, SYSLOG_IDENTIFIER=None, MESSAGE="x" * 20000),
        ],
    )
    labels = {"job": "journal", "host": "vm-docker"}
    at = "1764460800000001000"
    assert streams == [
        {
            "stream": labels | {"unit": "docker.service"},
            "values": [[at, "dockerd: here"], [at, "dockerd: hi\ufffd"]],
        },
        {"stream": labels | {"unit": ""}, "values": [[at, "sudo: "]]},
        {"stream": labels | {"unit": ""}, "values": [[at, f"-: {'x' * 20000}"[:16384]]]},
    ]


def test_who_cannot_take_it_now_is_asked_again_and_who_never_will_is_not(
    teller: ModuleType, loki: Loki, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(teller, "AGAIN", 0)
    url = f"http://127.0.0.1:{loki.server_port}/loki/api/v1/push"
    for answers, taken in (([503, 429, 204], 1), ([400], 1), ([], 2)):
        loki.answers = answers
        teller.push(url, json.dumps({"streams": [{"values": []}]}).encode())
        assert len(loki.taken) == taken


@pytest.fixture
def told(tmp_path: Path) -> Mapping[str, str]:
    """A machine with a journal of three lines that goes on from any of them, and its script."""
    lines = [json.dumps(entry(__CURSOR=f"s={it}", MESSAGE=f"line {it}")) for it in (1, 2, 3)]
    (tmp_path / "journal").write_text("".join(f"{line}\n" for line in lines))
    tool(
        tmp_path / "bin",
        "journalctl",
        f"""echo "$*" >>{tmp_path}/asked
case "$*" in
  *--after-cursor=s=*) n=${{*##*s=}}; tail -n +$((n + 1)) {tmp_path}/journal;;
  *) cat {tmp_path}/journal;;
esac; exec sleep 60""",
    )
    text = SCRIPT.read_text().replace("/var/lib/tell-journal", str(tmp_path))
    (tmp_path / "tell").write_text(text)
    return {"PATH": f"{tmp_path / 'bin'}:/usr/bin:/bin"}


def ran(told: Mapping[str, str], folder: Path, loki: Loki, until: list[str]) -> None:
    """It runs until these lines have come, and is killed then."""
    words: list[str | Path] = [
        sys.executable,
        folder / "tell",
        "vm-docker",
        f"127.0.0.1:{loki.server_port}",
    ]
    with subprocess.Popen(words, env=told, stderr=subprocess.DEVNULL) as run:
        end = time.monotonic() + 60
        cursor = folder / "cursor"
        while time.monotonic() < end:
            if loki.lines == until and cursor.exists() and cursor.read_text() == "s=3":
                break
            time.sleep(0.05)
        run.kill()
    assert loki.lines == until


def test_it_goes_on_where_it_was(told: Mapping[str, str], tmp_path: Path, loki: Loki) -> None:
    first = [f"dockerd: line {it}" for it in (1, 2, 3)]
    ran(told, tmp_path, loki, first)
    assert (tmp_path / "cursor").read_text() == "s=3"
    (tmp_path / "cursor").write_text("s=2")
    ran(told, tmp_path, loki, [*first, "dockerd: line 3"])
    begins, goes_on = (tmp_path / "asked").read_text().splitlines()
    # What was written before there was a monitoring is nobody's: that may be years.
    assert "--lines=0" in begins
    assert "--no-tail" not in begins
    assert "--no-tail" in goes_on
    assert goes_on.endswith("--after-cursor=s=2")
