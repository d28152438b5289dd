"""Charts of Helm: where each is released, which version, and whose word its sum is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator

from spec.names import Url
from spec.types import Entry, Sha256

STACK, LOKI, ALLOY = "kube-prometheus-stack", "loki", "alloy"
NAMESPACE = "monitoring"
EXPORTER = "prometheus-node-exporter"  # a package of the machines
RELEASES = {STACK: "kps", LOKI: "loki", ALLOY: "alloy"}  # what each is called there


def _version(value: str) -> str:
    if not re.fullmatch(r"[0-9]+\.[0-9]+\.[0-9]+", value):
        raise ValueError("not an exact version of a chart such as 1.2.3")
    return value


def _source(value: str) -> str:
    if not value.strip():
        raise ValueError("empty; name the public page that states this version and its sum")
    return value


class Chart(Entry):
    """One chart: an archive of exactly this sum, which `source` states publicly."""

    kind = "chart"
    releases: Url
    version: Annotated[str, AfterValidator(_version)]
    sha256: Sha256
    source: Annotated[str, AfterValidator(_source)]

    def archive(self, name: str) -> str:
        """The file that a chart of this name is released as."""
        return f"{name}-{self.version}.tgz"

    def url(self, name: str) -> str:
        """Where it is, as GitHub has releases of charts."""
        return f"{self.releases}/{name}-{self.version}/{self.archive(name)}"


def _charts(value: Mapping[str, Chart]) -> Mapping[str, Chart]:
    if set(value) != set(RELEASES):
        raise ValueError(f"not the charts of the monitoring: {', '.join(RELEASES)}")
    return value


Charts = Annotated[Mapping[str, Chart], AfterValidator(_charts)]
