"""Somebody on the operator's machine to whom alerts are sent by e-mail."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Thread

from lab import OPERATOR


class Mailbox(ThreadingTCPServer):
    """What has come, letter by letter; while it takes nothing, each is refused."""

    daemon_threads = True

    def __init__(self) -> None:
        self.letters: list[EmailMessage] = []
        self.takes = True
        super().__init__((OPERATOR, 0), Delivery)
        Thread(target=self.serve_forever, daemon=True).start()

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self.server_address[1])

    def about(self, subject: str) -> list[EmailMessage]:
        """The letters that have this in their subject."""
        return [letter for letter in self.letters if subject in str(letter["Subject"])]


class Delivery(StreamRequestHandler):
    """One connection, as RFC 5321 has it; without TLS and without a login."""

    server: Mailbox

    def handle(self) -> None:
        self._say("220 mailbox ESMTP")
        while word := self.rfile.readline().decode().strip().partition(" ")[0].upper():
            if word == "QUIT":
                self._say("221 bye")
                return
            if word == "DATA":
                self._take()
            elif word in ("EHLO", "HELO", "RSET", "NOOP", "RCPT"):
                self._say("250 well")
            elif word == "MAIL":
                self._say("250 well" if self.server.takes else "451 not now")
            else:
                self._say("502 unknown")

    def _take(self) -> None:
        self._say("354 go on")
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b"."))
        letter = message_from_bytes(b"".join(lines), policy=policy.default)
        assert isinstance(letter, EmailMessage)
        self.server.letters.append(letter)
        self._say("250 taken")

    def _say(self, text: str) -> None:
        self.wfile.write(f"{text}\r\n".encode())
