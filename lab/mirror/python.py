"""Python as Debian has it, for an image whose programs are written in it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab.mirror.oci import Entry, from_tree
from lab.shell import run

LEFT_OUT = {"__pycache__", "ensurepip", "idlelib", "pydoc_data", "test", "tkinter", "turtledemo"}


def python(tree: Path) -> Iterator[Entry]:
    """Python's library as Debian has it, and YAML."""
    (library,) = (path for path in (tree / "usr/lib").glob("python3.*") if path.is_dir())
    packages = tree / "usr/lib/python3/dist-packages"
    yield from directories("usr/lib/python3/dist-packages")
    shared: list[str] = []
    for top in (library, packages / "yaml"):
        yield Entry(str(top.relative_to(tree)))
        for path in sorted(top.rglob("*")):
            name = str(path.relative_to(tree))
            if LEFT_OUT & set(path.parts) or (path.is_symlink() and not path.is_file()):
                continue
            yield Entry(name) if path.is_dir() else from_tree(tree, name)
            if path.suffix == ".so":
                shared.append(f"/{name}")
    for name in sorted(set(re.findall(r"(/\S+) \(0x", run("chroot", tree, "ldd", *shared)))):
        yield from directories(str(Path(name).parent).lstrip("/"))
        yield from_tree(tree, name.lstrip("/"))


def directories(path: str) -> Iterator[Entry]:
    """A directory and all above it."""
    for parent in reversed([Path(path), *Path(path).parents]):
        if str(parent) != ".":
            yield Entry(str(parent))
