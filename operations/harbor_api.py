"""Harbor's API, as the administrator asks it and tells it what to be."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pyinfra import host, state
from pyinfra.api.command import StringCommand

from facts import MISREAD
from facts.asking import ask, expect
from facts.harbor import API, HarborApi, account, curl
from operations.harbor import REFUSED

# What a busy Harbor is slow to make, it may have made all the same.
PATIENCE = 60
T = TypeVar("T")


class Unexpected(Exception):
    """What Harbor answers is not what it should have answered; says what came."""


class Api:
    """Requests to a Harbor, as administrator."""

    def __init__(self, url: str, ca: str) -> None:
        self.url = url
        self.ca = ca

    def _question(self, path: str, login: str) -> dict[str, str]:
        return {"url": self.url, "ca": self.ca, "path": path, "login": login}

    def expect(self, paths: Sequence[str], logins: Sequence[str] = ()) -> None:
        """These paths and logins will be asked for: ask for them at once."""
        asked = [self._question(f"{API}{path}", "admin") for path in paths]
        expect(host, HarborApi, [*asked, *(self._question("/v2/", login) for login in logins)])

    def lets_in(self, login: str) -> bool:
        """Whether an account may log in with the secret that the machine has for it."""
        return ask(host, HarborApi, **self._question("/v2/", login)).status == 200

    def get(self, path: str, read: Callable[[Any], T], or_none: bool = False) -> T:
        """What is read from the answer; None is for what may be absent. Raises Unexpected."""
        answer = ask(host, HarborApi, **self._question(f"{API}{path}", "admin"))
        if answer.status == 401:
            raise Unexpected(REFUSED.format(url=self.url))
        # Before it is installed there is nobody to answer.
        if or_none and (answer.status == 404 or not (answer.status or state.is_executing)):
            return None  # type: ignore[return-value]
        try:
            if answer.status == 200:
                return read(answer.body)
        except MISREAD:
            pass
        raise Unexpected(f"Harbor at {self.url}, asked for {path}, {answer}")

    def send(self, method: str, path: str, body: dict[str, Any]) -> StringCommand:
        """One request that must succeed; what it carries goes by standard input.

        Without an answer it is sent once more where that makes nothing twice: whoever is told
        twice what something is to be knows no more than once.
        """
        asked = f"{curl(self.ca, PATIENCE)} --config {account('admin')} -X {method} --data @-"
        asked += " -H 'Content-Type: application/json' -w '\n%{http_code}'"
        what = shlex.quote(f"Harbor at {self.url}, sent {method} {path},")
        tries = "1" if method == "POST" else "1 2"
        return StringCommand(
            f'body=$(cat); for try in {tries}; do came=$(printf %s "$body" |'
            f" {asked} {shlex.quote(f'{self.url}{API}{path}')}); status=${{came##*\n}}; "
            '[ "$status" = 000 ] || break; done; '
            "case $status in 2??) exit 0;; "
            f"000) echo {what} 'gives no answer within {PATIENCE} s' >&2;; "
            f"""*) printf '%s answers %s: %.300s\n' {what} "$status" "${{came%\n*}}" >&2;; """
            "esac; exit 1",
            _stdin=json.dumps(body),
        )
