"""Stand-ins of Grafana, Loki and Alloy, and Debian's Prometheus, as the lab's charts run them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from lab.mirror import root
from lab.mirror.images import PATH, program, userland
from lab.mirror.oci import Entry, Image, from_tree
from lab.mirror.python import python

FILES = Path(__file__).parent / "files"
APP = "usr/src/app"
TEMPLATES = Path("usr/share/prometheus/alertmanager")
PAGES = Path("usr/share/prometheus/web")
# Under the names and tags that the real charts have.
DOUBLES = {"grafana": "13.2.0", "loki": "3.7.6", "alloy": "v1.18.1"}
# Debian's programs, under the names of their images.
PROGRAMS = {
    "prom/prometheus": "usr/bin/prometheus",
    "prom/alertmanager": "usr/bin/prometheus-alertmanager",
}


def debian() -> Path:
    """What has Prometheus: a program for its pods alone."""
    return root.debian_with(
        "prometheus",
        ("prometheus", "prometheus-alertmanager"),
        "Install Prometheus in a Debian of its own",
    )


def images(tree: Path) -> Iterator[Image]:
    """The images that the charts name."""
    ours = [*userland(tree), *program(tree, "usr/bin/python3"), *python(tree)]
    ours += [Entry("usr/src"), Entry(APP), Entry(f"{APP}/double")]
    for path in sorted((FILES / "double").glob("*.py")):
        ours.append(Entry(f"{APP}/double/{path.name}", path.read_bytes(), 0o644))
    for name, tag in DOUBLES.items():
        config: dict[str, object] = {
            "Entrypoint": ["python3", "-m", f"double.{name}"],
            "Env": [PATH, f"PYTHONPATH=/{APP}", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"],
            # The first process of a container gets no default action for SIGTERM.
            "StopSignal": "SIGINT",
        }
        yield Image(f"grafana/{name}", (tag,), ours, config)
    for name, main in PROGRAMS.items():
        entries = [*userland(tree), *program(debian(), main), *_templates(), *_pages()]
        yield Image(name, ("debian",), entries, {"Entrypoint": [f"/{main}"], "Env": [PATH]})


def _templates() -> Iterator[Entry]:
    """What Debian's Alertmanager reads when it starts, and others leave alone."""
    for parent in reversed((TEMPLATES / "_").parents[:-1]):
        yield Entry(str(parent))
    for path in sorted((debian() / TEMPLATES).glob("*.tmpl")):
        yield Entry(str(TEMPLATES / path.name), path.read_bytes(), 0o644)


def _pages() -> Iterator[Entry]:
    """What Debian's Prometheus shows to people, by links into what others have, too."""
    tree = debian()
    for folder, folders, names in os.walk(tree / PAGES, followlinks=True):
        folders.sort()
        within = Path(folder).relative_to(tree)
        yield Entry(str(within))
        for name in sorted(names):
            yield from_tree(tree, str(within / name))
