"""Each image that Harbor's database knows is served by its digest, or a restore fails."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, BinaryIO

import pytest
from pyinfra.api.command import FunctionCommand

from operations import harbor_images, streams
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands

URL = "http://harbor.local:8080"
FIRST, SECOND = (f"sha256:{sign * 64}" for sign in "ab")


@pytest.fixture
def harbor(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """What Harbor answers, by address: a project with a nested repository, and 101 images."""
    rows = [{"digest": FIRST}] * 100
    place = f"{URL}/api/v2.0/projects/shop/repositories/a%252Fgo/artifacts"
    answers: dict[str, Any] = {
        f"{URL}/api/v2.0/projects?page=1&page_size=100": [{"name": "shop"}],
        f"{URL}/api/v2.0/projects/shop/repositories?page=1&page_size=100": [{"name": "shop/a/go"}],
        f"{place}?page=1&page_size=100": rows,
        f"{place}?page=2&page_size=100": [{"digest": SECOND}],
        f"{URL}/v2/shop/a/go/manifests/{FIRST}": f"Docker-Content-Digest: {FIRST}",
        f"{URL}/v2/shop/a/go/manifests/{SECOND}": f"Docker-Content-Digest: {SECOND}",
    }

    def receive(host: Any, words: Any, target: BinaryIO) -> None:
        answer = answers.get(words[-1])
        if answer is None:
            raise streams.Broken("curl ended with 22")
        text = answer if isinstance(answer, str) else json.dumps(answer)
        target.write(text.encode())

    monkeypatch.setattr(streams, "receive", receive)
    return answers


Compared = Callable[[], bool]


@pytest.fixture
def compared(on_host: OnHost) -> Compared:
    """Compare; whether that went well."""

    def run() -> bool:
        (command,) = commands(harbor_images.verify, url=URL, ca="")
        assert isinstance(command, FunctionCommand)
        return bool(command.function(None, on_host(), *command.args))

    return run


def test_all_that_is_known_is_served(
    harbor: dict[str, Any], compared: Compared, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO", logger="pyinfra")
    assert compared()
    assert "101 images, each served by its digest" in caplog.text


@pytest.mark.parametrize("answer", [None, f"Docker-Content-Digest: {FIRST}"])
def test_one_that_is_not_served_is_named(
    harbor: dict[str, Any],
    compared: Compared,
    caplog: pytest.LogCaptureFixture,
    answer: str | None,
) -> None:
    harbor[f"{URL}/v2/shop/a/go/manifests/{SECOND}"] = answer
    assert not compared()
    assert f"Harbor knows shop/a/go/manifests/{SECOND} and does not serve it" in caplog.text


def test_an_api_that_says_nothing_is_no_registry_without_images(
    harbor: dict[str, Any], compared: Compared, caplog: pytest.LogCaptureFixture
) -> None:
    harbor.clear()
    assert not compared()
    assert "Harbor did not say what it knows" in caplog.text
