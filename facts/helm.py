"""Which releases Helm has recorded in the cluster: what they are of, and how that went."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from facts import Fact
from facts.kubernetes import ADMIN, API, SERVER

SUM = "sum"  # the label of a release that says what chart and values it was made from


@dataclass(frozen=True)
class Release:
    """The last that Helm did about a release."""

    revision: int
    status: str  # deployed, failed, or pending-… when it was cut off
    sum: str = ""

    @property
    def pending(self) -> bool:
        """Whether whoever did it came to no end: Helm refuses everything else then."""
        return self.status.startswith("pending-")


class Releases(Fact[dict[str, Release]]):
    """The releases in a namespace, by the labels of Helm's own records."""

    @staticmethod
    def default() -> dict[str, Release]:
        return {}

    def command(self, namespace: str) -> str:
        brief = "-H 'Accept: application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1'"
        records = f"namespaces/{namespace}/secrets?labelSelector=owner%3Dhelm&pretty=false"
        return f'[ ! -f {ADMIN} ] || {API} {brief} "{SERVER}/api/v1/{records}" || :'

    def process(self, output: Iterable[str]) -> dict[str, Release]:
        items: list[Any] = json.loads("".join(output) or "{}").get("items") or []
        found: dict[str, Release] = {}
        for labels in sorted((it["metadata"]["labels"] for it in items), key=_revision):
            made = Release(_revision(labels), labels["status"], labels.get(SUM, ""))
            found[labels["name"]] = made
        return found


def _revision(labels: Any) -> int:
    return int(labels["version"])
