"""The shipped application as it lands on vm-docker, laid out here."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from spec import Platform
from tasks import sources
from tests.unit.doubles import HOUSE

TREE = Path("docker_host/srv/threebody")


def lay_out(platform: Platform, folder: Path) -> Path:
    """The whole repository in a new folder, its templates rendered."""
    shutil.copytree(HOUSE / "files" / TREE, folder)
    for template in (HOUSE / "templates" / TREE).rglob("*.j2"):
        within = template.relative_to(HOUSE / "templates")
        target = folder / within.relative_to(TREE).with_suffix("")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(render(platform, str(within)), encoding="utf-8")
    return folder


def render(platform: Platform, template: str) -> str:
    """One template of the house, with nothing of a machine's in it."""
    return sources._templates().get_template(template).render(platform=platform)


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
