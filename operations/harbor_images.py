"""Whether Harbor's database and its registry agree: each image that one knows the other one has."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import quote

from pyinfra import logger
from pyinfra.api.command import FunctionCommand
from pyinfra.api.host import Host
from pyinfra.api.state import State

from facts.harbor import API, account, curl
from operations import Commands, failed, operation, streams

PAGE = 100  # rows; Harbor gives no more
KINDS = (
    *("application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json"),
    "application/vnd.docker.distribution.manifest.list.v2+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
Ask = Callable[..., str]


@operation()
def verify(url: str, ca: str) -> Commands:
    """Have Harbor serve every image that its database knows, each by its digest."""
    yield FunctionCommand(_compare, (url, ca), {})


def _compare(state: State, host: Host, url: str, ca: str) -> bool:
    words = (*shlex.split(curl(ca)), "--fail", "--config", account("admin"))
    ask = partial(_answer, host, words)
    kinds = [word for kind in KINDS for word in ("-H", f"Accept: {kind}")]
    place, count = "", 0
    try:
        for repository, digest in images(ask, url):
            place = f"{repository}/manifests/{digest}"
            if digest not in ask("--head", *kinds, f"{url}/v2/{place}"):
                raise streams.Broken("it answers for another one")
            count += 1
    except (ValueError, LookupError, streams.Broken) as error:
        knows = f"knows {place} and does not serve it" if place else "did not say what it knows"
        return failed(host, f"Harbor {knows}: {error}")
    logger.info(f"{host.print_prefix}{count} images, each served by its digest")
    return True


def images(ask: Ask, url: str) -> Iterator[tuple[str, str]]:
    """Every image that Harbor's database knows: its repository and digest."""
    for project in _rows(ask, f"{url}{API}/projects"):
        name = project["name"]
        for repository in _rows(ask, f"{url}{API}/projects/{name}/repositories"):
            inside = repository["name"].removeprefix(f"{name}/")
            # Twice: what stands before the API takes one of them off.
            twice = quote(quote(inside, safe=""), safe="")
            place = f"{url}{API}/projects/{name}/repositories/{twice}/artifacts"
            for artifact in _rows(ask, place):
                yield repository["name"], artifact["digest"]


def _rows(ask: Ask, address: str) -> Iterator[Any]:
    number, rows = 0, [None] * PAGE
    while len(rows) == PAGE:
        number += 1
        rows = json.loads(ask(f"{address}?page={number}&page_size={PAGE}"))
        yield from rows


def _answer(host: Host, words: tuple[str, ...], *arguments: str) -> str:
    return streams.answer(host, (*words, *arguments))
