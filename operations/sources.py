"""Where a file on a machine comes from: the same path under files/ or templates/."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache, partial
from hashlib import sha256
from pathlib import Path

import jinja2
import yaml
from jinja2 import Environment, FileSystemBytecodeCache, FileSystemLoader, StrictUndefined
from jinja2.bccache import Bucket
from pyinfra import host

from operations.files import File
from spec import CHECKOUT, Platform
from spec.application import FILE, PROGRAM, Files


def source(
    platform: Platform,
    group: str,
    path: str,
    *,
    mode: str = "0644",
    at: str = "",
    check: str = "",
    **extra: object,
) -> File:
    """The file for `path` on this host: verbatim from files/<group>, or rendered from templates/.

    Templates see `platform` and `machine` from the spec, and what `more` hands them by name. `at`
    puts the file elsewhere than its path says; `check` is a command that must accept it first, with
    {} for where it lies.
    """
    verbatim = CHECKOUT / "files" / group / path.lstrip("/")
    if verbatim.is_file():
        content = verbatim.read_text(encoding="utf-8")
    else:
        template = _templates().get_template(f"{group}{path}.j2")
        content = template.render(platform=platform, machine=platform.machine(host.name), **extra)
    return File(at or path, content, mode=mode, check=check)


def tree(platform: Platform, name: str) -> Files:
    """All of files/<name> and templates/<name>, by path; rendered with `platform` alone."""
    found: Files = {}
    for part in ("files", "templates"):
        for path in sorted((CHECKOUT / part / name).rglob("*")):
            if not path.is_file():
                continue
            content = path.read_bytes()
            inside = str(path.relative_to(CHECKOUT / part / name))
            if part == "templates":
                template = _templates().get_template(str(path.relative_to(CHECKOUT / part)))
                content = template.render(platform=platform).encode()
                inside = inside.removesuffix(".j2")
            found[inside] = (PROGRAM if os.access(path, os.X_OK) else FILE, content)
    return found


class _Compiled(FileSystemBytecodeCache):
    """Templates as Python compiled them, kept where it keeps modules, and if it may keep those."""

    def __init__(self) -> None:
        here = Path(__file__)
        # Another jinja compiles otherwise, and so do other options and filters: they stand here.
        options = sha256(here.read_bytes()).hexdigest()[:8]
        name = f"jinja2-{jinja2.__version__}-{options}-%s.pyc"
        super().__init__(f"{here.with_name('__pycache__')}", name)

    def dump_bytecode(self, bucket: Bucket) -> None:
        if not sys.dont_write_bytecode:
            with suppress(OSError):
                super().dump_bytecode(bucket)


@cache
def _templates() -> Environment:
    environment = Environment(  # noqa: S701 - what is rendered is configuration, no HTML
        loader=FileSystemLoader(CHECKOUT / "templates"),
        bytecode_cache=_Compiled(),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["to_yaml"] = partial(yaml.safe_dump, sort_keys=False)
    return environment
