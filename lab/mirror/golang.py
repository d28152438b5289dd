"""Programs compiled from the Go module proxy, by Debian's Go in a Debian of its own.

A product that needs a newer one names it in its go.mod: Debian's fetches that from the same proxy.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from lab import progress
from lab.mirror import root
from lab.mirror.go_products import Product, linked
from lab.mirror.store import fingerprint, made_once, shelf
from lab.shell import follow
from lab.together import together

PACKAGES = ("ca-certificates", "gcc", "golang-go", "libc6-dev")
WITHIN = 3600  # seconds, with a slow line
# All products are compiled alike, so that they share what they have in common: of `net` and
# `os/user` also the one that needs C has the part in Go. Kubernetes goes without the clients of
# clouds, which upstream's own tag leaves out.
TAGS = ("netgo", "osusergo", "providerless")
# A compiler that collects less garbage is done a fifth sooner; two of them fit into 4 GB.
COMPILER = {"GOGC": "400", "GOMEMLIMIT": "1GiB"}
FETCH = f"cd {root.HOME}/source && go list -deps tool > {root.HOME}/out/packages"
BUILD = f"""
cd {root.HOME}/source
module=$1 flags=$2 programs=$3; shift 3
if [ "$programs" = yes ]; then
  go build -v -trimpath -buildvcs=false -gcflags=all=-dwarf=false -ldflags "$flags" \\
    -o {root.HOME}/out/ tool
fi
for file; do
  go mod download "$module"
  install -m 644 "$(go list -m -f '{{{{.Dir}}}}' "$module")/$file" {root.HOME}/out/
done
"""
COMPILE = f"gcc -O2 -static -s -o {root.HOME}/out/program {root.HOME}/source/program.c"


def compiler() -> Path:
    """A Debian with Go and a C compiler, made unless the cache has it."""
    hosts = "touch /etc/hosts"  # there to be bound over
    return root.debian_with("go", PACKAGES, "Install Go in a Debian of its own", finish=hosts)


def all_built(products: Sequence[Product]) -> None:
    """Build these one after the other, while what the later ones are made from is fetched."""
    together(
        lambda: [built(product) for product in products],
        lambda: [fetched(product) for product in products if product.programs],
    )


def fetched(product: Product) -> Path:
    """A directory with `packages`, one a line, whose source is in the cache of modules then."""
    tree = compiler()

    def make(out: Path) -> None:
        command = _command(product, out, "sh", "-ec", FETCH)
        follow(*command, tell=Followed(), timeout=WITHIN)

    inputs = " ".join((fingerprint(product.source), FETCH, _told(product), tree.name))
    title = f"Fetch what {product.name} {product.version} is made from"
    return made_once("go-fetched", inputs, title, make)


def built(product: Product) -> Path:
    """A directory with the product's programs and files, built unless the cache has it."""
    tree = compiler()
    packages = fetched(product) / "packages" if product.programs else None

    def make(out: Path) -> None:
        programs = "yes" if packages else "no"
        parts = (product.module, linked(product), programs, *product.files)
        command = _command(product, out, "sh", "-ec", BUILD, "sh", *parts)
        number = len(packages.read_text().splitlines()) if packages else 0
        follow(*command, tell=Followed(number), timeout=WITHIN)

    known = (fingerprint(product.source), linked(product), repr(product.files))
    inputs = " ".join((tree.name, *known, _told(product), BUILD))
    return made_once(f"go-{product.name}", inputs, f"Build {product.name} {product.version}", make)


def _command(product: Product, out: Path, *words: str) -> tuple[str, ...]:
    binds = {
        "modules": shelf("go/modules"),  # what was fetched and compiled before
        "compiled": shelf("go/compiled"),
        "source": product.source,
        "out": out,
    }
    return root.online(compiler(), *words, binds=binds, extra=environment(product))


def _told(product: Product) -> str:
    return repr(sorted(environment(product).items()))


def compiled(name: str, source: Path) -> Path:
    """The static program that one file in C becomes, compiled unless the cache has it."""
    tree = compiler()

    def make(out: Path) -> None:
        (out / "program.c").write_bytes(source.read_bytes())
        root.build_with(tree, "sh", "-ec", COMPILE, binds={"source": out, "out": out})

    inputs = " ".join((tree.name, fingerprint(source), COMPILE))
    return made_once(f"c-{name}", inputs, f"Compile {name}", make) / "program"


def environment(product: Product) -> Mapping[str, str]:
    """What the compiler is told of a product."""
    return {
        "GOMODCACHE": f"{root.HOME}/modules",
        "GOCACHE": f"{root.HOME}/compiled",
        "GOTMPDIR": f"{root.HOME}/out",  # gigabytes, which a build that is killed leaves behind
        "GOFLAGS": f"-mod=readonly -tags={','.join(TAGS)}",
        **COMPILER,
        "GOTOOLCHAIN": product.toolchain or "local",
        "CGO_ENABLED": str(int(product.cgo)),
    }


class Followed:
    """Tells how far a build of so many packages is, by what it prints: each when it is begun."""

    def __init__(self, packages: int = 0) -> None:
        self.packages, self.done = packages, 0

    def __call__(self, line: str) -> None:
        """Take one line."""
        if line.startswith("go: "):
            progress.tell(line.removeprefix("go: "))
        else:
            self.done += 1
            progress.tell(f"{self.done} of {self.packages} packages")
