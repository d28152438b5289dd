"""When the parts of the platform get no more security fixes: one table, and what follows from it.

Kubernetes' lines are in spec/lines.py. A line whose end its makers have not announced is not here
(Docker 29, Harbor from 2.13 on, Calico from 3.31 on, Go from 1.26 on, nginx from 1.30 on), nor is a
product without any such dates (flannel, Compose, buildx, Helm).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date

from spec.application import bases
from spec.lines import LINES, SOON, minor_of
from spec.platform import Platform
from spec.secrets import CHECKOUT


@dataclass(frozen=True)
class Product:
    """Something that others make, and when each of its lines ends."""

    name: str
    source: str  # a public page with these dates, and its makers' own
    ends: Mapping[str, str]  # by major and minor version, or by major version alone


# As endoflife.date had them on 2026-08-22 (its repository, a70eca33). Debian's are of LTS, whose
# fixes come the same way as before; Ubuntu's are without what has to be subscribed to.
PAGES = "https://endoflife.date"
PRODUCTS = {
    "docker": Product(
        "Docker",
        f"{PAGES}/docker-engine",
        {
            **{"20.10": "2023-12-10", "23.0": "2025-05-19", "24.0": "2024-06-08"},
            **{"25.0": "2026-12-04", "26.0": "2024-06-08", "26.1": "2025-02-17"},
            **{"27": "2025-05-03", "28": "2026-05-13"},
        },
    ),
    "harbor": Product(
        "Harbor",
        f"{PAGES}/harbor",
        {"2.9": "2024-11-08", "2.10": "2025-04-09", "2.11": "2025-09-17", "2.12": "2026-03-20"},
    ),
    "gitlab-runner": Product(
        "GitLab Runner",
        f"{PAGES}/gitlab-runner",
        {
            **{"18.0": "2025-08-21", "18.1": "2025-09-18", "18.2": "2025-10-16"},
            **{"18.3": "2025-11-20", "18.4": "2025-12-18", "18.5": "2026-01-15"},
            **{"18.6": "2026-02-19", "18.7": "2026-03-19", "18.8": "2026-04-16"},
            **{"18.9": "2026-05-21", "18.10": "2026-06-18", "18.11": "2026-07-16"},
            **{"19.0": "2026-08-20", "19.1": "2026-09-17", "19.2": "2026-10-15"},
            "19.3": "2026-11-19",
        },
    ),
    "calico": Product(
        "Calico",
        f"{PAGES}/calico",
        {"3.28": "2025-05-05", "3.29": "2025-10-21", "3.30": "2026-04-30"},
    ),
    "nginx": Product(
        "nginx",
        f"{PAGES}/nginx",
        {"1.26": "2025-04-23", "1.27": "2025-06-24", "1.28": "2026-04-14", "1.29": "2026-05-13"},
    ),
    "debian": Product("Debian", f"{PAGES}/debian", {"12": "2028-06-30", "13": "2030-06-30"}),
    "ubuntu": Product(
        "Ubuntu",
        f"{PAGES}/ubuntu",
        {"22.04": "2027-04-01", "24.04": "2029-05-31", "26.04": "2031-04-30"},
    ),
    "node": Product(
        "Node.js",
        f"{PAGES}/nodejs",
        {"20": "2026-04-30", "22": "2027-04-30", "24": "2028-04-30", "26": "2029-04-30"},
    ),
    "golang": Product(
        "Go",
        f"{PAGES}/go",
        {"1.22": "2025-02-11", "1.23": "2025-08-12", "1.24": "2026-02-10", "1.25": "2026-08-19"},
    ),
    "php": Product(
        "PHP",
        f"{PAGES}/php",
        {"8.2": "2026-12-31", "8.3": "2027-12-31", "8.4": "2028-12-31", "8.5": "2029-12-31"},
    ),
    "mysql": Product("MySQL", f"{PAGES}/mysql", {"8.0": "2026-04-30", "8.4": "2032-04-30"}),
}
KUBERNETES = "https://kubernetes.io/releases"


@dataclass(frozen=True)
class Part:
    """A product in the version that is used, when that one ends, and where to write a later one."""

    name: str
    version: str
    where: str
    source: str = ""  # "" of one that has no announced end
    end: date | None = None

    def ends_soon(self, today: date) -> bool:
        """Whether it has ended, or will within what an upgrade takes."""
        return self.end is not None and self.end < today + SOON


def part(product: str, version: str, where: str) -> Part:
    """One of the table's, or of another name, which has no known end."""
    if product not in PRODUCTS:
        return Part(product, version, where)
    known = PRODUCTS[product]
    end = known.ends.get(minor_of(version)) or known.ends.get(version.split(".")[0])
    found = date.fromisoformat(end) if end else None
    return Part(known.name, version, where, known.source, found)


def parts(platform: Platform) -> Iterator[Part]:
    """What the settings and the shipped application name in a version, Kubernetes first."""
    version = platform.k8s_node.kubernetes_version
    end = LINES[platform.k8s_node.kubernetes_minor].end
    yield Part("Kubernetes", version, "kubernetes_version", KUBERNETES, end)
    yield from _others(platform)


def ended(platform: Platform, today: date) -> str:
    """A sentence about all but Kubernetes that get no fixes any more, or soon none; or ""."""
    old = [(it.end, it) for it in _others(platform) if it.end and it.ends_soon(today)]
    if not old:
        return ""
    told = ", ".join(
        f"{it.name} {it.version} {'after' if today <= end else 'since'} {end} ({it.where})"
        for end, it in sorted(old, key=lambda pair: pair[0])
    )
    return (
        f"No security fixes any more, or soon none: {told}; write later versions there"
        " (docs/daily.md, Upgrades)"
    )


def _others(platform: Platform) -> Iterator[Part]:
    docker, control = platform.docker_host, platform.k8s_control
    if control.cni == "calico":
        yield part("calico", control.calico_version, "calico_version")
    else:
        yield part("flannel", control.flannel_version, "flannel_version")
    yield part("docker", docker.docker_version, "docker_version")
    yield part("harbor", docker.harbor_version, "harbor_version")
    yield part("gitlab-runner", docker.runner_version, "runner_version")
    yield from _of_images([("edge_image", docker.edge_image)])
    if not docker.application_source:
        yield from _of_images(_shipped(platform))


def _of_images(images: Iterable[tuple[str, str]]) -> Iterator[Part]:
    """Those of the table, with a tag that begins with a version."""
    for where, image in images:
        name, _, tag = image.rpartition("/")[2].partition(":")
        version = re.match(r"\d+(\.\d+)*", tag)
        if version and name in PRODUCTS:
            yield part(name, version[0], where)


def _shipped(platform: Platform) -> Iterator[tuple[str, str]]:
    """Images of the shipped application, by the variable or the file that names them."""
    chosen = platform.docker_host.pipeline_variables
    for name, image in bases().items():
        yield name, chosen.get(name, image)
    for file in sorted((CHECKOUT / "templates/application/deploy/k8s/base").iterdir()):
        for image in re.findall(r"(?m)image: (?:&\w+ )?(mysql:\S+)", file.read_text("utf-8")):
            yield file.name.removesuffix(".j2"), image
