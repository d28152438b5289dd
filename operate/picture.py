"""Where in a picture each machine stands, and what is written into it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from spec import Machine, Platform
from spec.kubernetes import API_PORT

# In units of the picture. It is as narrow as a phone, so that its letters need not get smaller.
WIDTH, GAP, TOP, ROOM = 420, 32, 92, 64
COLUMN = (WIDTH - GAP) // 2
TITLE, LINE = 54, 19
LETTER = 7.4  # of its lines, the widest that is common


@dataclass(frozen=True)
class Box:
    """A machine: where it stands, its lines from top to bottom."""

    machine: Machine
    x: int
    y: int
    width: int
    height: int
    lines: tuple[str, ...]


@dataclass(frozen=True)
class Picture:
    """All machines, and the size of it."""

    boxes: tuple[Box, ...]
    height: int
    visitors: str  # what they ask for
    gitlab: str  # whom the runner asks

    @property
    def docker(self) -> Box:
        """The machine that everybody outside speaks to."""
        return self.boxes[0]

    @property
    def nodes(self) -> tuple[Box, ...]:
        """The others, two in a row."""
        return self.boxes[1:]


def picture(platform: Platform) -> Picture:
    """The Docker host on top, the nodes of the cluster in two columns below it."""
    docker = platform.docker
    boxes = [_box(platform, docker, 0, TOP, WIDTH)]
    others = [machine for machine in platform.machines if machine != docker]
    y = boxes[0].y + boxes[0].height + ROOM
    for left in range(0, len(others), 2):
        row = [
            _box(platform, machine, column * (COLUMN + GAP), y, COLUMN)
            for column, machine in enumerate(others[left : left + 2])
        ]
        boxes += row
        y = max(box.y + box.height for box in row) + 20
    settings = platform.docker_host
    gitlab = urlsplit(settings.gitlab_url).hostname or settings.gitlab_url
    visitors = f"https://{settings.edge_host}"
    return Picture(tuple(boxes), y - 19, fitting(visitors, 190), fitting(gitlab, 150))


def fitting(text: str, width: float) -> str:
    """As much of a text as there is room for."""
    most = int(width / LETTER)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def _box(platform: Platform, machine: Machine, x: int, y: int, width: int) -> Box:
    lines = tuple(fitting(line, width - 28) for line in _plays(platform, machine))
    return Box(machine, x, y, width, TITLE + LINE * len(lines) + 10, lines)


def _plays(platform: Platform, machine: Machine) -> Iterator[str]:
    docker, control, worker = platform.docker_host, platform.k8s_control, platform.k8s_worker
    if "docker_host" in machine.groups:
        yield f"edge: nginx, TLS, port {docker.edge_https_port}"
        yield f"registry: Harbor, {platform.registry}"
        yield f"GitLab runner, tag {docker.runner_tag}"
    if "k8s_control" in machine.groups:
        yield f"Kubernetes API, {API_PORT}"
        yield "etcd, encrypted"
        yield f"{control.cni.capitalize()}, pod network"
    if "k8s_worker" in machine.groups:
        yield from (f"{tier.port} {name}" for name, tier in worker.app_tiers.items())
        if machine.hostname == worker.app_database_worker:
            yield "database, on its disk"
    if platform.watches and platform.keeps_watch(machine):
        yield "Prometheus, Grafana, Loki"
