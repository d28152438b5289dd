"""Packages: which version is installed, which one is held."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence

from pyinfra.api.facts import FactBase


class Packages(FactBase[dict[str, str]]):
    """The installed version of each of these packages; one that is not installed is absent."""

    @staticmethod
    def default() -> dict[str, str]:
        return {}

    def command(self, packages: Sequence[str]) -> str:
        shown = "${Package} ${db:Status-Status} ${Version}\\n"
        return f"dpkg-query -W -f '{shown}' {shlex.join(packages)} 2>/dev/null || :"

    def process(self, output: Iterable[str]) -> dict[str, str]:
        rows = (line.split(" ", 2) for line in output)
        return {name: version for name, status, version in rows if status == "installed"}
