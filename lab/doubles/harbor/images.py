"""The images of Harbor's double: Debian's programs in one shared layer, ours on top of it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from lab.mirror.images import PATH, program, userland
from lab.mirror.oci import Entry, Image, from_tree
from lab.mirror.python import directories, python

FILES = Path(__file__).parent / "files"
APP = "usr/src/app"
PROGRAMS = ("nginx", "redis-server", "openssl", "docker-registry", "python3")
HARBOR, STORES = "10000:10000", "999:999"  # the real images' users, for the data that they own
CLIENTS = ("psql", "pg_dump")
PAGE = b"<!doctype html><title>Harbor</title><p>A double of Harbor, without a portal.\n"
REDIS = b"bind 0.0.0.0\nprotected-mode no\ndir /var/lib/redis\nsave 60 1\n"


def base(tree: Path) -> list[Entry]:
    """The layer that all images share."""
    entries = [*userland(tree)]
    for directory in (APP, "usr/share/nginx/html", "var/log/nginx", "var/lib/redis", "usr/lib/ssl"):
        entries += directories(directory)
    for name in PROGRAMS:
        entries += program(tree, _place_of(tree, name))
    entries += python(tree)
    entries.append(from_tree(tree, "etc/ssl/openssl.cnf", at="usr/lib/ssl/openssl.cnf"))
    entries.append(Entry("usr/share/nginx/html/index.html", PAGE, 0o644))
    entries.append(Entry("var/log/nginx/error.log", link="/dev/stderr"))
    entries += [*directories("etc/redis"), Entry("etc/redis/redis.conf", REDIS, 0o644)]
    return entries


def images(tree: Path, version: str) -> list[Image]:
    """Every image of the installer, under the names that the real one has."""
    api = "http://127.0.0.1:8080/api"
    return [
        _image(version, "prepare", _python_main("prepare")),
        _image(version, "harbor-log", _python_main("log"), check="netstat -ltn | grep -q :10514"),
        _image(version, "harbor-db", _python_main("database"), STORES, "psql -c 'SELECT 1'"),
        _image(version, "harbor-core", _python_main("core"), HARBOR, _get(f"{api}/v2.0/ping")),
        _image(
            version,
            "harbor-jobservice",
            [*_python_main("idle"), "/api/v1/stats"],
            HARBOR,
            _get(f"{api}/v1/stats"),
        ),
        _image(version, "harbor-exporter", _python_main("exporter"), HARBOR),
        _image(
            version,
            "harbor-registryctl",
            [*_python_main("idle"), "/api/health"],
            HARBOR,
            _get(f"{api}/health"),
        ),
        _image(
            version,
            "registry-photon",
            ["docker-registry", "serve", "/etc/registry/config.yml"],
            HARBOR,
            _get("http://127.0.0.1:5000/"),
        ),
        _image(
            version,
            "redis-photon",
            ["redis-server", "/etc/redis/redis.conf"],
            STORES,
            "echo PING | nc 127.0.0.1 6379 | grep -q PONG",
        ),
        _nginx(version, "nginx-photon", "netstat -ltn | grep -q :8080"),
        _nginx(version, "harbor-portal", _get("http://127.0.0.1:8080/")),
    ]


def _nginx(version: str, name: str, check: str) -> Image:
    return _image(version, name, ["nginx", "-g", "daemon off;"], HARBOR, check, "SIGQUIT")


def _image(
    version: str, name: str, command: list[str], user: str = "", check: str = "", stop: str = ""
) -> Image:
    is_ours = command[0] == "python3"
    config: dict[str, object] = {
        "Entrypoint": command,
        "Env": [PATH, f"PYTHONPATH=/{APP}", "PYTHONDONTWRITEBYTECODE=1", "PYTHONUNBUFFERED=1"],
        "WorkingDir": f"/{APP}",
        # The first process of a container gets no default action for SIGTERM; Python minds SIGINT.
        "StopSignal": stop or ("SIGINT" if is_ours else "SIGTERM"),
    }
    if user:
        config["User"] = user
    if check:
        config["Healthcheck"] = {"Test": ["CMD-SHELL", check]}
    entries = [Entry(f"{APP}/versions", f"VERSION_TAG: v{version}\n".encode(), 0o644)]
    entries += [*_ours()] if is_ours else []
    if name == "harbor-db":
        for client in CLIENTS:
            script = f'#!/bin/sh\nexec python3 -m double.{client} "$@"\n'
            entries.append(Entry(f"usr/bin/{client}", script.encode()))
    return Image(f"goharbor/{name}", (f"v{version}",), entries, config)


def _python_main(module: str) -> list[str]:
    return ["python3", "-m", f"double.{module}"]


def _get(url: str) -> str:
    return f"wget -q -O /dev/null {url}"


def _ours() -> Iterator[Entry]:
    for path in sorted((FILES / "double").rglob("*")):
        if "__pycache__" in path.parts:
            continue
        content = None if path.is_dir() else path.read_bytes()
        mode = 0o755 if path.is_dir() else 0o644
        yield Entry(f"{APP}/{path.relative_to(FILES)}", content, mode)


def _place_of(tree: Path, name: str) -> str:
    """Where a program is in the tree."""
    for directory in ("usr/bin", "usr/sbin"):
        if (tree / directory / name).exists():
            return f"{directory}/{name}"
    raise FileNotFoundError(f"{name}: not in {tree}")
