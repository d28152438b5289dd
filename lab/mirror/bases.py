"""What the shipped application is built from and runs on: Debian's packages under other names.

Nothing leads out of a lab: what a build would fetch from npm and from Go's module proxy is in the
images, for exactly the lock files that are shipped; Laravel is Debian's.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lab import CHECKOUT
from lab.mirror import golang, images, root, storage
from lab.mirror.images import PATH, skeleton
from lab.mirror.oci import Entry, Image
from lab.mirror.store import fingerprint, made_once
from lab.shell import run

HERE = Path(__file__).parent
APPLICATION = CHECKOUT / "files/application"
MANIFESTS = CHECKOUT / "templates/application/deploy/k8s"
# Not for an image: what belongs to a machine, and what nobody reads.
LEFT_OUT = re.compile(
    r"mirror|(boot|dev|proc|run|sys|var/cache|var/lib/(apt|dpkg|mysql)|usr/share/(doc|info|locale|man))/"
)
CA = "/etc/ssl/certs/ca-certificates.crt"
NPM, GO = "opt/npm", "opt/go"  # caches, in the images
FETCH_NPM = f"""
cd {root.HOME}/work
cp {root.HOME}/source/package.json {root.HOME}/source/package-lock.json .
npm ci --ignore-scripts --no-audit --no-fund --cache {root.HOME}/out/cache
"""
FETCH_GO = f"cd {root.HOME}/source && go mod download"


@dataclass(frozen=True)
class Base:
    """A base image: the Debian packages that it is made of."""

    name: str  # repository at Docker Hub
    packages: tuple[str, ...]


NODE = Base("library/node", ("ca-certificates", "nodejs", "npm"))
PHP = Base(
    "library/php",
    (
        *("php-cli", "php-fpm", "php-laravel-framework", "php-mbstring", "php-mysql", "php-xml"),
        *("php-mockery", "php-sqlite3", "phpunit"),  # for the application's own tests
    ),
)
MYSQL = Base("library/mysql", ("mariadb-client-compat", "mariadb-server"))
FPM = "usr/sbin/php-fpm8.4"


def stored(tree: Path) -> list[Path]:
    """Storages of a registry with these images, built unless the cache has them."""
    for base in (NODE, PHP, MYSQL):
        debian(base)
    return [
        _stored(tree, "node", [APPLICATION / "frontend/package-lock.json"], _node),
        _stored(tree, "go", [APPLICATION / "go/go.sum"], _go),
        _stored(tree, "php", [HERE / "files/composer"], _php),
        _stored(tree, "mysql", [HERE / "files/mysql"], _mysql),
    ]


def tags() -> Mapping[str, tuple[str, ...]]:
    """The tags under which the shipped application asks for each repository."""
    text = "".join(path.read_text() for path in APPLICATION.glob("*/Dockerfile"))
    asked = re.findall(r"^ARG \w+_IMAGE=(\S+)", text, re.MULTILINE)
    for path in MANIFESTS.rglob("*.j2"):
        asked += re.findall(r"image: (?:&\w+ )?([a-z]+:[\w.-]+)$", path.read_text(), re.MULTILINE)
    found: dict[str, set[str]] = {}
    for image in asked:
        name, _, tag = image.removeprefix("gcr.io/").rpartition(":")
        found.setdefault(name if "/" in name else f"library/{name}", set()).add(tag)
    return {name: tuple(sorted(subject)) for name, subject in found.items()}


def _stored(
    tree: Path, name: str, sources: Sequence[Path], make: Callable[[Path], Iterable[Image]]
) -> Path:
    inputs = " ".join((fingerprint(Path(__file__), Path(images.__file__), *sources), str(tags())))
    title = f"Build the application's base images: {name}"
    return storage.of_images(tree, f"images-{name}", inputs, title, lambda: make(tree))


def debian(base: Base) -> Path:
    """What a base image is made of, as a root directory."""
    title = f"Install what {base.name.rpartition('/')[2]} is made of"
    return root.debian_with(base.name.replace("/", "-"), base.packages, title, "touch /etc/hosts")


def _node(tree: Path) -> Iterator[Image]:
    node = debian(NODE)
    lock = APPLICATION / "frontend/package-lock.json"

    def fetch(out: Path) -> None:
        fetch_npm(node, lock.parent, out)
        shutil.rmtree(out / "work")

    inputs = " ".join((node.name, fingerprint(lock), FETCH_NPM))
    cache = made_once("npm", inputs, "Fetch the packages of the frontend's lock file", fetch)
    entries = [*whole(node), *whole(cache / "cache", at=NPM)]
    config = {"Env": [PATH, f"npm_config_cache=/{NPM}", "npm_config_offline=true"]}
    yield Image(NODE.name, tags()[NODE.name], entries, config)


def _go(tree: Path) -> Iterator[Image]:
    compiler = golang.compiler()
    source = APPLICATION / "go"

    def fetch(out: Path) -> None:
        extra = {"GOMODCACHE": f"{root.HOME}/out", "GOFLAGS": "-modcacherw", "GOTOOLCHAIN": "local"}
        _fetch(compiler, FETCH_GO, {"source": source, "out": out}, extra)

    inputs = " ".join((compiler.name, fingerprint(source / "go.sum"), FETCH_GO))
    modules = made_once("go-application", inputs, "Fetch the modules of the Go API", fetch)
    entries = [*whole(compiler), *whole(modules / "cache/download", at=GO)]
    environment = [PATH, f"GOPROXY=file:///{GO}", "GOSUMDB=off", "GOTOOLCHAIN=local"]
    yield Image("library/golang", tags()["library/golang"], entries, {"Env": environment})

    name = "distroless/static-debian12"
    known = [
        *skeleton(tree),
        Entry("etc/passwd", b"nonroot:x:65532:65532:nonroot:/home/nonroot:/sbin/nologin\n", 0o644),
    ]
    yield Image(name, tags()[name], known, {"User": "65532", "Env": [PATH]})


def _php(tree: Path) -> Iterator[Image]:
    entries = [
        *whole(debian(PHP)),
        Entry("usr/local/sbin/php-fpm", link=f"/{FPM}"),
        Entry("usr/local/bin/composer", (HERE / "files/composer/composer").read_bytes()),
    ]
    for name in (PHP.name, "library/composer"):
        yield Image(name, tags()[name], entries, {"Env": [PATH]})


def _mysql(tree: Path) -> Iterator[Image]:
    entrypoint = (HERE / "files/mysql/docker-entrypoint.sh").read_bytes()
    entries = [*whole(debian(MYSQL)), Entry("docker-entrypoint.sh", entrypoint)]
    config = {"Entrypoint": ["/docker-entrypoint.sh"], "Env": [PATH]}
    yield Image(MYSQL.name, tags()[MYSQL.name], entries, config)


def fetch_npm(tree: Path, source: Path, out: Path) -> None:
    """Install what a folder's lock file names: in `out`/work, with npm's cache beside it."""
    (out / "work").mkdir()
    binds = {"source": source, "work": out / "work", "out": out}
    _fetch(tree, FETCH_NPM, binds, {"NODE_EXTRA_CA_CERTS": CA})


def _fetch(tree: Path, script: str, binds: Mapping[str, Path], extra: Mapping[str, str]) -> None:
    run(*root.online(tree, "sh", "-ec", script, binds=binds, extra=extra), timeout=600)


def whole(tree: Path, at: str = "") -> Iterator[Entry]:
    """Everything in a tree that an image needs of it, in the image's root or below `at`."""
    for parent in reversed((Path(at) / "_").parents[:-1]):
        yield Entry(str(parent))
    for path in sorted(tree.rglob("*")):
        inside = path.relative_to(tree)
        name, mode = str(at / inside), path.lstat().st_mode & 0o7777
        if not at and LEFT_OUT.match(name):
            continue
        if path.is_symlink():
            yield Entry(name, link=str(path.readlink()))
        elif path.is_dir():
            yield Entry(name, mode=mode)
        elif path.is_file():
            yield Entry(name, mode=mode, file=path)
