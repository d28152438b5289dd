"""A machine that is a folder: what the probe asks of files is asked of those in it."""

from __future__ import annotations

from pathlib import Path

from facts.probe.rows import Rows
from tests.unit.doubles import sh, tool

FOLDERS = ("/etc/", "/root/", "/var/lib/", "/run/systemd/", "/usr/lib/", "/usr/local/lib/")


class Tree:
    """A machine that is a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.tools = root / "tools"
        (root / "run/systemd/units").mkdir(parents=True)
        tool(self.tools, "systemctl", "true")

    def file(self, path: str, text: str) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_text(text)

    def tool(self, name: str, script: str) -> None:
        tool(self.tools, name, script)

    def runs(self, *units: str) -> None:
        """As systemd has it of units that run."""
        for unit in units:
            (self.root / f"run/systemd/units/invocation:{unit}").symlink_to("0")

    def ask(self, question: str) -> Rows:
        for folder in FOLDERS:
            question = question.replace(folder, f"{self.root}{folder}")
        return Rows(sh(question, tools=self.tools).stdout.replace(f"{self.root}", "").splitlines())
