"""Docker Hub's images that the platform names, made of Debian's busybox and nginx."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from lab.mirror import storage
from lab.mirror.oci import Entry, Image, from_tree
from lab.mirror.store import fingerprint
from lab.shell import run

HERE = Path(__file__).parent
NGINX_FILES = HERE / "files/nginx"
TAGS = {
    "library/alpine": ("3.20", "latest"),
    "library/busybox": ("1.36", "latest"),
    "library/nginx": ("1.30-alpine", "1.30.4-alpine", "alpine", "latest"),
}
DIRECTORIES = """
    bin dev etc home proc root run sbin sys usr usr/bin usr/lib usr/sbin var var/cache var/log
"""
NGINX_DIRECTORIES = """
    docker-entrypoint.d etc/nginx etc/nginx/conf.d usr/share usr/share/nginx usr/share/nginx/html
    var/cache/nginx var/lib var/lib/nginx var/log/nginx
"""
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def stored(tree: Path) -> Path:
    """A registry's storage with every image under every tag, built unless the cache has it."""
    inputs = fingerprint(HERE / "images.py", HERE / "files")
    images = (_busybox, _alpine, _nginx)
    title = "Build Docker Hub's images"
    return storage.of_images(tree, "images", inputs, title, lambda: [make(tree) for make in images])


def userland(tree: Path) -> Iterator[Entry]:
    """What Docker Hub's images have: the skeleton, and busybox under all its names."""
    yield from skeleton(tree)
    yield from_tree(tree, "usr/bin/busybox", at="bin/busybox")
    for applet in run("chroot", tree, "busybox", "--list").split():
        if applet != "busybox":
            yield Entry(f"bin/{applet}", link="busybox")


def skeleton(tree: Path) -> Iterator[Entry]:
    """What every image here has: root, a place to write, and whom to trust."""
    for directory in DIRECTORIES.split():
        yield Entry(directory)
    yield Entry("tmp", mode=0o1777)
    yield Entry("etc/passwd", _passwd("root:x:0:0:root:/root:/bin/sh"), 0o644)
    yield Entry("etc/group", _passwd("root:x:0:", "nogroup:x:65534:"), 0o644)
    yield Entry("etc/nsswitch.conf", b"hosts: files dns\n", 0o644)
    yield from_tree(tree, "etc/ssl/certs/ca-certificates.crt")


def _passwd(*lines: str) -> bytes:
    return "".join(f"{line}\n" for line in lines).encode()


def _busybox(tree: Path) -> Image:
    name = "library/busybox"
    return Image(name, TAGS[name], [*userland(tree)], {"Cmd": ["sh"], "Env": [PATH]})


def _alpine(tree: Path) -> Image:
    name = "library/alpine"
    release = Entry("etc/os-release", (HERE / "files/alpine/etc/os-release").read_bytes(), 0o644)
    config = {"Cmd": ["/bin/sh"], "Env": [PATH]}
    return Image(name, TAGS[name], [*userland(tree), release], config)


def _nginx(tree: Path) -> Image:
    """nginx on busybox, laid out and configured as the official image."""
    name = "library/nginx"
    entries = [*userland(tree), *program(tree, "usr/sbin/nginx")]
    for path in NGINX_DIRECTORIES.split():
        entries.append(Entry(path))
    for file in ("mime.types", "fastcgi_params", "scgi_params", "uwsgi_params"):
        entries.append(from_tree(tree, f"etc/nginx/{file}"))
    entries.append(from_tree(tree, "etc/ssl/openssl.cnf"))
    entries.append(from_tree(tree, "usr/share/nginx/html/index.html"))
    entries.append(Entry("var/log/nginx/access.log", link="/dev/stdout"))
    entries.append(Entry("var/log/nginx/error.log", link="/dev/stderr"))
    for own in sorted(own for own in NGINX_FILES.rglob("*") if own.is_file()):
        mode = 0o755 if own.suffix == ".sh" else 0o644
        entries.append(Entry(str(own.relative_to(NGINX_FILES)), own.read_bytes(), mode))
    config = {
        "Entrypoint": ["/docker-entrypoint.sh"],
        "Cmd": ["nginx", "-g", "daemon off;"],
        "Env": [PATH],
        "ExposedPorts": {"80/tcp": {}},
        "StopSignal": "SIGQUIT",
    }
    return Image(name, TAGS[name], entries, config)


def program(tree: Path, *paths: str) -> Iterator[Entry]:
    """Programs of `tree` with the libraries that they are linked with, where they look for them."""
    for path in paths:
        yield from_tree(tree, path)
    linked = run("chroot", tree, "ldd", *(f"/{path}" for path in paths))
    found = sorted(set(re.findall(r"(/\S+) \(0x", linked)))
    for directory in sorted({str(parent) for name in found for parent in Path(name).parents}):
        if directory not in ("/", "/usr", "/usr/lib"):
            yield Entry(directory)
    for name in found:
        yield from_tree(tree, name)
