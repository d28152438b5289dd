"""The shipped application as it lands on vm-docker, laid out here."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from operations import sources
from spec import Platform


def lay_out(folder: Path, platform: Platform) -> Path:
    """The whole repository in a new folder, as `spec.load` says the platform is."""
    for name, (mode, content) in sources.tree(platform, "application").items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(int(mode[-3:], 8))
    return folder


def render(platform: Platform, template: str, **extra: object) -> str:
    """One template of ours, with nothing of a machine's in it."""
    return sources._templates().get_template(template).render(platform=platform, **extra)


def manifests(folder: Path) -> list[dict[str, Any]]:
    """Every object that the repository brings into the cluster."""
    found: list[dict[str, Any]] = []
    for path in sorted((folder / "deploy" / "k8s").rglob("*.yaml")):
        found += yaml.safe_load_all(path.read_text(encoding="utf-8"))
    return found


def pods(objects: list[dict[str, Any]]) -> Iterator[tuple[str, dict[str, Any]]]:
    """The pods that these objects make: name, template."""
    for told in objects:
        if told["kind"] in ("Deployment", "StatefulSet", "Job"):
            yield told["metadata"]["name"], told["spec"]["template"]


def containers(template: dict[str, Any]) -> list[dict[str, Any]]:
    """All containers of a pod, those that come first too."""
    spec = template["spec"]
    return [*spec.get("initContainers", []), *spec["containers"]]
