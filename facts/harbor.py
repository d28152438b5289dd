"""Harbor: what is installed, and what its API answers, one question at a time."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from facts import Fact, told

HOME = "/opt/harbor"
ACCOUNTS = "/etc/harbor"
API = "/api/v2.0"
HEALTH = f"{API}/health"
WITHIN = 10  # seconds for one answer


def curl(ca: str, within: int = WITHIN) -> str:
    """The words that ask a registry something; `ca` is whom to trust, "" over plain HTTP.

    An answer that takes longer than `within` seconds is none.
    """
    trusting = f" --cacert {shlex.quote(ca)}" if ca else ""
    return f"curl -s --max-time {within}{trusting}"


def account(name: str) -> str:
    """Where curl finds a login, which would be seen by others in its command line."""
    return f"{ACCOUNTS}/{name}.curl"


def is_well(url: str, ca: str) -> str:
    """Shell, for a wait, that succeeds when every component is healthy; `said` is what came.

    /health says 200 in any case.
    """
    return (
        f"said=$({curl(ca)} {url}{HEALTH}); "
        """case $said in *'"status":"unhealthy"'*) false;; *'"status":"healthy"'*) ;; """
        "*) false;; esac"
    )


@dataclass(frozen=True)
class HarborState:
    """The Harbor on a machine; the default is none."""

    version: str = ""  # the database may have gone forward to it, whether or not it got to its end
    config: str = ""  # sum of the configuration that it was installed with, to its end
    intact: bool = False  # what the installation made of it is still there


class Harbor(Fact[HarborState]):
    """Read what the last installation left behind."""

    @staticmethod
    def default() -> HarborState:
        return HarborState()

    def command(self) -> str:
        return f"""
cd {HOME} 2>/dev/null && {{ [ -f .installed ] || [ -f docker-compose.yml ]; }} || exit 0
echo "installed $(head -n 1 .installed 2>/dev/null || cat .version)"
tail -n +2 .installed 2>/dev/null | sha256sum --check --status 2>/dev/null && echo intact
:"""

    def process(self, output: Iterable[str]) -> HarborState:
        found = dict(told(output, "installed", "intact"))
        version, _, config = found["installed"].partition(" ")
        return HarborState(version, config, "intact" in found)


@dataclass(frozen=True)
class Answer:
    """What Harbor answered; the default is nothing, in time or at all."""

    status: int = 0
    body: Any = None  # where it is JSON
    came: str = field(default="", compare=False)  # for people

    @property
    def is_well(self) -> bool:
        """Of HEALTH: whether every component is healthy."""
        return isinstance(self.body, dict) and self.body.get("status") == "healthy"

    def __str__(self) -> str:
        if not self.status:
            return f"gives no answer within {WITHIN} s"
        return f"answers {self.status}: {self.came[:300] or 'nothing more'}"


class HarborApi(Fact[Answer]):
    """One GET of Harbor as `login`, one of the accounts here; as nobody without one.

    One that is not answered is asked once more.
    """

    @staticmethod
    def default() -> Answer:
        return Answer()

    def command(self, url: str, ca: str, path: str, login: str = "") -> str:
        known = f"[ -f {account(login)} ] || exit 0; " if login else ""
        config = f" --config {account(login)}" if login else ""
        shown = "'\\n%{http_code} %{content_type}\\n'"
        asked = f"{curl(ca)}{config} -w {shown} {shlex.quote(url + path)} 2>/dev/null"
        # Who did not answer in time may do so now: a question changes nothing.
        again = f"for try in 1 2; do said=$({asked}) && break; done"
        # Nothing is said where curl is not installed yet.
        return f'{known}{again}; [ -z "$said" ] || printf \'%s\\n\' "$said"'

    def process(self, output: Iterable[str]) -> Answer:
        *lines, last = output
        status, _, kind = last.partition(" ")
        text = "\n".join(lines).strip()
        is_json = kind.startswith("application/json") and text
        return Answer(int(status), json.loads(text) if is_json else None, text)
