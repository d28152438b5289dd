"""The log container: a syslog receiver that writes one file for each container."""

from __future__ import annotations

import os
import re
import socketserver
import threading
from contextlib import suppress
from logging import LogRecord, makeLogRecord
from logging.handlers import RotatingFileHandler
from pathlib import Path

PORT = 10514
LOGS = Path("/var/log/docker")
ROTATION = Path("/etc/harbor-log/rotation")  # bytes and number of files, as prepare wrote them
OWNER = 10000
# <30>Nov 25 12:44:05 vm-docker core[2143]: what was said
LINE = re.compile(r"<\d+>(\w{3} [ \d]\d [\d:]{8} (?:\S+ )?([\w-]+)\[\d+\]: ?.*)")


class Files:
    """The open log files, by the tag of the container."""

    def __init__(self, size: int, count: int):
        self._size, self._count = size, count
        self._open: dict[str, RotatingFileHandler] = {}
        self._lock = threading.Lock()

    def write(self, tag: str, line: str) -> None:
        """Append a line to the file of a tag."""
        with self._lock:
            if tag not in self._open:
                self._open[tag] = RotatingFileHandler(
                    LOGS / f"{tag}.log", maxBytes=self._size, backupCount=self._count
                )
            record: LogRecord = makeLogRecord({"msg": line})
            self._open[tag].emit(record)


def parse(line: str) -> tuple[str, str] | None:
    """The tag, and the line without its priority; None for anything that is not syslog."""
    match = LINE.fullmatch(line)
    return (match[2], match[1]) if match else None


def main() -> None:
    """Take the directory over, give up root, receive for ever."""
    os.chown(LOGS, OWNER, OWNER)
    size, count = map(int, ROTATION.read_text().split())
    os.setgid(OWNER)
    os.setuid(OWNER)
    files = Files(size, count)

    class Receiver(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            for raw in self.rfile:
                parsed = parse(raw.decode(errors="replace").rstrip("\n"))
                if parsed:
                    files.write(*parsed)

    socketserver.ThreadingTCPServer.daemon_threads = True
    server = socketserver.ThreadingTCPServer(("", PORT), Receiver)
    with suppress(KeyboardInterrupt):  # how a container is stopped
        server.serve_forever()


if __name__ == "__main__":
    main()
