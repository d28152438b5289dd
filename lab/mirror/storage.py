"""What a registry keeps on its disk: made by filling one, put together from several."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from lab.mirror import oci, registry, root
from lab.mirror.oci import Image
from lab.mirror.registry import PORT
from lab.mirror.store import fingerprint, link, made_once

HERE = Path(__file__).parent
# A registry in a network of its own, filled and ended: no port of this machine is taken.
FILL = f"""
busybox ip link set lo up
docker-registry serve {root.HOME}/work/registry.conf > {root.HOME}/work/registry.out 2>&1 &
registry=$!
trap 'kill $registry' EXIT
while read -r layout target; do
  skopeo --insecure-policy copy --quiet --retry-times 5 --dest-tls-verify=false \\
    "oci:{root.HOME}/source/$layout" "docker://127.0.0.1:{PORT}/$target"
done
"""


def of_images(
    tree: Path, kind: str, inputs: str, title: str, images: Callable[[], Iterable[Image]]
) -> Path:
    """What a registry that holds `images` keeps, made unless the cache has it.

    `inputs` is what decides what becomes of the images, see store.made_once.
    """

    def make(directory: Path) -> None:
        layouts = directory / "layouts"
        pushes = []
        for image in images():
            layout = image.name.replace("/", "_")
            oci.write(image, root.architecture(tree), layouts / layout)
            pushes += [(layout, f"{image.name}:{tag}") for tag in image.tags]
        _fill(tree, layouts, pushes, directory)
        shutil.rmtree(layouts)

    known = f"{tree.name} {inputs} {_filler()} {fingerprint(HERE / 'oci.py')}"
    return made_once(kind, known, title, make) / "images"


def of_layout(tree: Path, kind: str, layout: Path, names: Sequence[str], title: str) -> Path:
    """What a registry that holds the images in an OCI layout keeps, made unless cached."""

    def make(directory: Path) -> None:
        pushes = [(f"{layout.name}:{name}", name) for name in names]
        _fill(tree, layout.parent, pushes, directory)

    known = f"{tree.name} {fingerprint(layout / 'index.json')} {_filler()} {names}"
    return made_once(kind, known, title, make) / "images"


def _fill(tree: Path, layouts: Path, pushes: Sequence[tuple[str, str]], directory: Path) -> None:
    """Push OCI layouts below `layouts`, each under its name, into `directory`/images."""
    work, stored = directory / "work", directory / "images"
    work.mkdir()
    stored.mkdir()
    (work / "registry.conf").write_text(registry.config(f"127.0.0.1:{PORT}", readonly=False))
    lines = "".join(f"{layout} {target}\n" for layout, target in pushes)
    binds = {"work": work, "source": layouts, "images": stored}
    root.build_with(tree, "sh", "-ec", FILL, binds=binds, stdin=lines, private_network=True)


def joined(parts: Sequence[Path]) -> Path:
    """Several registries' storages as that of one."""

    def make(directory: Path) -> None:
        link(parts, directory / "images")

    known = " ".join(map(str, parts))
    title = "Put together what the mirror's registry serves"
    return made_once("registry", known, title, make) / "images"


def _filler() -> str:
    return fingerprint(HERE / "storage.py", HERE / "templates/registry.yml.j2")
