"""What is compiled from the Go module proxy: go/<product>/go.mod and what a program is to know.

A go.mod says which programs, of which version, and go.sum beside it what they are made from.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

SOURCES = Path(__file__).parent / "go"


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
