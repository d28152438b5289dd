"""What is compiled from the Go module proxy: go/<product>/go.mod and what a program is to know.

A go.mod says which programs, of which version, and go.sum beside it what they are made from. What
belongs to a line of Kubernetes is in go/<line>/<product>.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from pathlib import Path

SOURCES = Path(__file__).parent / "go"


@dataclass(frozen=True)
class Product:
    """What becomes of one go.mod."""

    name: str  # its directory
    module: str  # whose version is the product's
    variables: tuple[str, ...] = ()  # that tell a program its version, of which they hold parts
    files: tuple[str, ...] = ()  # of the module's source, wanted as they are
    programs: bool = True
    cgo: bool = False
    line: str = ""  # of Kubernetes, that it belongs to

    @property
    def source(self) -> Path:
        """Where its go.mod and go.sum are."""
        return SOURCES / self.line / self.name

    @property
    def version(self) -> str:
        """The version, without a v."""
        return self.version_of(self.module)

    def version_of(self, module: str) -> str:
        """The version of a module that it is made from; empty when it is made without."""
        found = re.findall(rf"\b{re.escape(module)} v(\S+)", self._go_mod)
        return found[-1] if found else ""  # what stands below replaces

    @property
    def toolchain(self) -> str:
        """The Go that it needs where Debian's is too old, as GOTOOLCHAIN names it; else empty."""
        found = re.search(r"^toolchain (\S+)$", self._go_mod, re.MULTILINE)
        return found[1] if found else ""

    @property
    def _go_mod(self) -> str:
        return (self.source / "go.mod").read_text()


@dataclass(frozen=True)
class Release:
    """A Kubernetes, with what its kubeadm asks for beside it."""

    kubernetes: Product
    coredns: Product
    etcd: Product
    crictl: Product

    @property
    def version(self) -> str:
        """Kubernetes' version, without a v."""
        return self.kubernetes.version

    @property
    def minor(self) -> str:
        """Its line: 1.36."""
        return self.version.rpartition(".")[0]

    @property
    def products(self) -> tuple[Product, ...]:
        """Each of them, what takes longest first."""
        return (self.kubernetes, self.crictl, self.coredns, self.etcd)


COMPONENT, CLIENT = "k8s.io/component-base/version", "k8s.io/client-go/pkg/version"
VERSIONS = tuple(
    f"{package}.{name}"
    for package in (COMPONENT, CLIENT)
    for name in ("gitVersion=v{version}", "gitMajor={major}", "gitMinor={minor}")
)


def _release(line: str, crictl: Product) -> Release:
    return Release(
        Product("kubernetes", "k8s.io/kubernetes", VERSIONS, line=line),
        Product("coredns", "github.com/coredns/coredns", line=line),
        Product("etcd", "go.etcd.io/etcd/server/v3", line=line),
        crictl,
    )


CRI_TOOLS, KNOWN_AS = "sigs.k8s.io/cri-tools", "pkg/version.Version=v{version}"
CRICTL = Product("crictl", CRI_TOOLS, (f"{CRI_TOOLS}/{KNOWN_AS}",), line="1.36")
# The path that it had before.
CRICTL_1_30 = replace(
    CRICTL, variables=(f"github.com/kubernetes-sigs/cri-tools/{KNOWN_AS}",), line="1.30"
)
# The newest first. There is no crictl of 1.35; every one speaks to any containerd.
RELEASES = tuple(
    _release(line, crictl)
    for line, crictl in (("1.36", CRICTL), ("1.35", CRICTL), ("1.30", CRICTL_1_30))
)
FLANNEL = Product(
    "flannel",
    "github.com/flannel-io/flannel",
    ("github.com/flannel-io/flannel/pkg/version.Version=v{version}",),
    files=("Documentation/kube-flannel.yml",),
    cgo=True,
)
FLANNEL_LATER = replace(FLANNEL, name="flannel-later")  # what there is to go to
FLANNEL_CNI = Product("flannel-cni", "github.com/containernetworking/plugins")
KUBE_ROUTER = Product(
    "kube-router",
    "github.com/cloudnativelabs/kube-router/v2",
    ("github.com/cloudnativelabs/kube-router/v2/pkg/version.Version=v{version}",),
)
CNI = Product(
    "cni",
    "github.com/containernetworking/plugins",
    ("github.com/containernetworking/plugins/pkg/utils/buildversion.BuildVersion=v{version}",),
)
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
