"""Programs compiled from the Go module proxy, by Debian's Go in a Debian of its own.

go/<product>/go.mod says which programs, of which version, and go.sum what they are made from.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab import progress
from lab.mirror import root
from lab.mirror.store import fingerprint, made_once, shelf
from lab.shell import MORTAL, follow

SOURCES = Path(__file__).parent / "go"
PACKAGES = ("ca-certificates", "gcc", "golang-go", "libc6-dev")
WITHIN = 3600  # seconds, with a slow line
# How this machine reaches registries, when it says so; nothing else of it is asked.
KEPT = (
    *("GOPROXY", "GOSUMDB", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOINSECURE"),
    "npm_config_registry",
    *("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "http_proxy", "https_proxy", "no_proxy"),
)
NETWORK = ("/etc/hosts", "/etc/resolv.conf", "/etc/ssl/certs/ca-certificates.crt")
BUILD = f"""
cd {root.HOME}/source
module=$1 flags=$2 programs=$3; shift 3
if [ "$programs" = yes ]; then
  go list -deps tool | wc -l
  go build -v -trimpath -buildvcs=false -ldflags "$flags" -o {root.HOME}/out/ tool
fi
for file; do
  go mod download "$module"
  install -m 644 "$(go list -m -f '{{{{.Dir}}}}' "$module")/$file" {root.HOME}/out/
done
"""
COMPILE = f"gcc -O2 -static -s -o {root.HOME}/out/program {root.HOME}/source/program.c"


@dataclass(frozen=True)
class Product:
    """What becomes of one go.mod."""

    name: str  # its directory below go/
    module: str  # whose version is the product's
    variables: tuple[str, ...] = ()  # that tell a program its version, of which they hold parts
    files: tuple[str, ...] = ()  # of the module's source, wanted as they are
    programs: bool = True
    cgo: bool = False

    @property
    def version(self) -> str:
        """The version, without a v."""
        return self.version_of(self.module)

    def version_of(self, module: str) -> str:
        """The version of a module that it is made from; empty when it is made without."""
        text = (SOURCES / self.name / "go.mod").read_text()
        found = re.findall(rf"\b{re.escape(module)} v(\S+)", text)
        return found[-1] if found else ""  # what stands below replaces


COMPONENT, CLIENT = "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"
KUBERNETES = Product(
    "kubernetes",
    "k8s.io/kubernetes",
    tuple(
        f"{package}.{name}"
        for package in (COMPONENT, CLIENT)
        for name in ("gitVersion=v{version}", "gitMajor={major}", "gitMinor={minor}")
    ),
)
COREDNS = Product("coredns", "github.com/coredns/coredns")
FLANNEL = Product(
    "flannel",
    "github.com/flannel-io/flannel",
    ("github.com/flannel-io/flannel/pkg/version.Version=v{version}",),
    files=("Documentation/kube-flannel.yml",),
    cgo=True,
)
FLANNEL_CNI = Product("flannel-cni", "github.com/containernetworking/plugins")
CNI = Product(
    "cni",
    "github.com/containernetworking/plugins",
    ("github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v{version}",),
)
CRICTL = Product(
    "crictl",
    "sigs.k8s.io/cri-tools",
    ("github.com/kubernetes-sigs/cri-tools/pkg/version.Version=v{version}",),
)
ETCD = Product("etcd", "go.etcd.io/etcd/server/v3")
HELM = Product(
    "helm",
    "helm.sh/helm/v3",
    (
        "helm.sh/helm/v3/internal/version.version=v{version}",
        *(  # the Kubernetes that charts are rendered for when no cluster is asked
            f"helm.sh/helm/v3/pkg/{package}.{name}"
            for package in ("chartutil", "lint/rules")
            for name in ("k8sVersionMajor=1", "k8sVersionMinor={client}")
        ),
    ),
    files=("LICENSE", "README.md"),
)
PACKAGING = Product(  # how upstream packs kubelet and kubeadm
    "packaging",
    "k8s.io/release",
    files=(
        "cmd/krel/templates/latest/kubeadm/10-kubeadm.conf",
        "cmd/krel/templates/latest/kubelet/kubelet.env",
        "cmd/krel/templates/latest/kubelet/kubelet.service",
    ),
    programs=False,
)


def compiler() -> Path:
    """A Debian with Go and a C compiler, made unless the cache has it."""
    hosts = "touch /etc/hosts"  # there to be bound over
    return root.debian_with("go", PACKAGES, "Install Go in a Debian of its own", finish=hosts)


def built(product: Product) -> Path:
    """A directory with the product's programs and files, built unless the cache has it."""
    tree = compiler()
    source = SOURCES / product.name

    def make(out: Path) -> None:
        programs = "yes" if product.programs else "no"
        words = (
            "sh",
            "-ec",
            BUILD,
            "sh",
            product.module,
            linked(product),
            programs,
            *product.files,
        )
        command = online(
            tree,
            *words,
            binds={**_binds(), "source": source, "out": out},
            more=environment(product),
        )
        follow(*command, tell=Followed(), timeout=WITHIN)

    inputs = " ".join((tree.name, fingerprint(source), repr(product), BUILD))
    return made_once(f"go-{product.name}", inputs, f"Build {product.name} {product.version}", make)


def compiled(name: str, source: Path) -> Path:
    """The static program that one file in C becomes, compiled unless the cache has it."""
    tree = compiler()

    def make(out: Path) -> None:
        (out / "program.c").write_bytes(source.read_bytes())
        root.build_with(tree, "sh", "-ec", COMPILE, binds={"source": out, "out": out})

    inputs = " ".join((tree.name, fingerprint(source), COMPILE))
    return made_once(f"c-{name}", inputs, f"Compile {name}", make) / "program"


def linked(product: Product) -> str:
    """The linker's flags: what a program is to know of its version, and that it is to be small."""
    major, minor, *_ = product.version.split(".")
    client = product.version_of("k8s.io/client-go").split(".")
    told = {
        "version": product.version,
        "major": major,
        "minor": minor,
        "client": "".join(client[1:2]),
    }
    flags = [f"-X {variable.format(**told)}" for variable in product.variables]
    return " ".join([*flags, "-s -w", *(["-extldflags -static"] if product.cgo else [])])


def environment(product: Product) -> Mapping[str, str]:
    """What the compiler is told of a product."""
    return {
        "GOMODCACHE": f"{root.HOME}/modules",
        "GOCACHE": f"{root.HOME}/compiled",
        "GOTMPDIR": f"{root.HOME}/out",  # gigabytes, which a build that is killed leaves behind
        "GOFLAGS": "-mod=readonly",
        "GOTOOLCHAIN": "local",
        "CGO_ENABLED": str(int(product.cgo)),
    }


def online(
    tree: Path, *command: str, binds: Mapping[str, Path], more: Mapping[str, str]
) -> tuple[str, ...]:
    """The words that run `command` in a tree, on this machine's network, knowing `more` of it."""
    variables = [f"{name}={value}" for name, value in known(more).items()]
    network = {path: Path(path) for path in NETWORK if Path(path).exists()}
    shared = {**network, "/proc": Path("/proc"), **binds}
    return (*MORTAL, *root.inside(tree, "env", "-i", *variables, *command, binds=shared))


def known(more: Mapping[str, str]) -> Mapping[str, str]:
    """What such a command knows: `more`, and how this machine reaches registries."""
    kept = {name: os.environ[name] for name in KEPT if name in os.environ}
    return {**kept, "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", **more}


def _binds() -> dict[str, Path]:
    """What the compiler shares: what it fetched and compiled before."""
    return {"modules": shelf("go/modules"), "compiled": shelf("go/compiled")}


class Followed:
    """Tells how far a build is, by what it prints: the number of packages, then each when done."""

    def __init__(self) -> None:
        self.packages = self.done = 0

    def __call__(self, line: str) -> None:
        """Take one line."""
        if line.startswith("go: "):
            progress.tell(line.removeprefix("go: "))
        elif not self.packages:
            self.packages = int(line) if line.isdigit() else 0
        else:
            self.done += 1
            progress.tell(f"{self.done} of {self.packages} packages")
