"""Docker: the containers a compose project should have, and those it has."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact, told


@dataclass(frozen=True)
class ComposeState:
    """Services of a compose project: configuration hashes as wanted and as running."""

    wanted: dict[str, str]
    running: dict[str, str]

    @property
    def as_wanted(self) -> bool:
        """Every service runs as its file describes it now, and no other service does."""
        return bool(self.wanted) and self.wanted == self.running

    @property
    def complete(self) -> bool:
        """Every service runs, and no other. Hashes of services with an `env_file` are no use here:
        `config --hash` leaves that file out, and `up` does not."""
        return bool(self.wanted) and self.wanted.keys() == self.running.keys()


class Compose(Fact[ComposeState]):
    """Ask Docker which of a project's services run, and with which configuration."""

    @staticmethod
    def default() -> ComposeState:
        return ComposeState({}, {})

    def command(self, project: str) -> str:
        file = shlex.quote(f"{project}/docker-compose.yml")
        shown = (
            '{{.State}} {{.Label "com.docker.compose.service"}}'
            ' {{.Label "com.docker.compose.config-hash"}}'
        )
        return (
            f"[ -f {file} ] && command -v docker >/dev/null || exit 0; "
            f"docker compose -f {file} config --hash '*' 2>/dev/null | sed 's/^/wanted /'; "
            "docker ps --filter label=com.docker.compose.project.working_dir="
            f"{shlex.quote(project)} --format '{shown}' 2>/dev/null; :"
        )

    def process(self, output: Iterable[str]) -> ComposeState:
        wanted: dict[str, str] = {}
        running: dict[str, str] = {}
        for line in output:
            state, service, config = line.split(" ", 2)
            if state == "wanted":
                wanted[service] = config.strip()
            elif state == "running":
                running[service] = config.strip()
        return ComposeState(wanted, running)


class Projects(Fact[tuple[str, ...]]):
    """The names of compose projects that have containers, running or not, by their folders."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, folders: Sequence[str]) -> str:
        shown = '{{.Label "com.docker.compose.project"}}'
        return (
            f"command -v docker >/dev/null || exit 0; for folder in {shlex.join(folders)}; do"
            ' docker ps --all --filter "label=com.docker.compose.project.working_dir=$folder"'
            f" --format 'project {shown}' 2>/dev/null; done | sort -u"
        )

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for _, name in told(output, "project"))
