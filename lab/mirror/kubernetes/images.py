"""The images of a cluster's control plane and of its pod network, of what was compiled here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path

from lab.mirror import golang, images, storage
from lab.mirror.go_products import FLANNEL_CNI, KUBE_ROUTER, Product, Release
from lab.mirror.golang import built
from lab.mirror.images import PATH, program, skeleton, userland
from lab.mirror.oci import Entry, Image
from lab.mirror.store import fingerprint
from lab.shell import run

HERE = Path(__file__).parent
PAUSE = HERE / "files/pause.c"
MANIFEST = "kube-flannel.yml"
BIN = "usr/local/bin"
# What kube-proxy and flanneld call: one program under many names, and others under their own.
FILTERS = "usr/sbin/xtables-nft-multi"
FILTERS_CALLED = """
    iptables iptables-restore iptables-save ip6tables ip6tables-restore ip6tables-save
"""
TOOLS = ("usr/sbin/conntrack", "usr/sbin/ipset", "usr/bin/kmod")
EXTENSIONS = "usr/lib/*/xtables"  # of iptables, which loads them by name


class VersionsDisagree(ValueError):
    """What names an image asks for another version than the one that is here."""


def control_plane(tree: Path, release: Release) -> Path:
    """The storage of a registry with what kubeadm pulls, filled unless the cache has it."""
    pause = golang.compiled("pause", PAUSE)
    made_of = (release.kubernetes, release.coredns, release.etcd)
    names = " ".join(built(product).name for product in made_of)
    return storage.of_images(
        tree,
        "images-kubernetes",
        f"{_own()} {names} {pause}",
        f"Build the images that kubeadm {release.version} pulls",
        lambda: _control_plane(tree, release, pause),
    )


def network(tree: Path, flannel: Product) -> Path:
    """The same with the images of flannel, and of what enforces policies beside it."""
    names = " ".join(built(product).name for product in (flannel, FLANNEL_CNI, KUBE_ROUTER))
    title = f"Build the images of flannel {flannel.version} and kube-router"
    return storage.of_images(
        tree, "images-flannel", f"{_own()} {names}", title, lambda: _network(tree, flannel)
    )


def _own() -> str:
    return fingerprint(HERE / "images.py", Path(images.__file__))


def _control_plane(tree: Path, release: Release, pause: Path) -> Iterator[Image]:
    programs, version = built(release.kubernetes), f"v{release.version}"
    asked = run(programs / "kubeadm", "config", "images", "list", "--kubernetes-version", version)
    tags = tags_of(asked)
    coredns, etcd = release.coredns, release.etcd
    agree(tags, {"coredns/coredns": f"v{coredns.version}", "etcd": f"{etcd.version}-"})
    static = [*skeleton(tree)]
    for name in ("kube-apiserver", "kube-controller-manager", "kube-scheduler"):
        entries = [*static, *_placed({f"{BIN}/{name}": programs / name})]
        yield Image(name, (tags[name],), entries, {"Env": [PATH]})

    entries = [*_filtering(tree), *_placed({f"{BIN}/kube-proxy": programs / "kube-proxy"})]
    yield Image("kube-proxy", (tags["kube-proxy"],), entries, {"Env": [PATH]})

    made = {"etcd": "server", "etcdctl": "etcdctl", "etcdutl": "etcdutl"}
    placed = _placed({f"{BIN}/{name}": built(etcd) / file for name, file in made.items()})
    yield Image("etcd", (tags["etcd"],), [*static, *placed], {"Env": [PATH]})

    placed = _placed({"coredns": built(coredns) / "coredns"})
    config: dict[str, object] = {"Entrypoint": ["/coredns"], "Env": [PATH]}
    yield Image("coredns/coredns", (tags["coredns/coredns"],), [*static, *placed], config)

    placed = _placed({"pause": pause})
    config = {"Entrypoint": ["/pause"], "User": "65535:65535", "Env": [PATH]}
    yield Image("pause", (tags["pause"],), [*placed], config)


def _network(tree: Path, flannel: Product) -> Iterator[Image]:
    """flannel's images as its manifest names them, and kube-router's."""
    tags = tags_of("\n".join(named((built(flannel) / MANIFEST).read_text())))
    (name,) = (name for name in tags if name.endswith("/flannel"))
    agree(tags, {name: f"v{flannel.version}"})
    placed = _placed({"opt/bin/flanneld": built(flannel) / "flannel"})
    entries = [*_filtering(tree), Entry("opt"), Entry("opt/bin"), *placed]
    config: dict[str, object] = {"Entrypoint": ["/opt/bin/flanneld"], "Env": [PATH]}
    yield Image(name, (tags[name],), entries, config)

    name = f"{name}-cni-plugin"
    entries = [*userland(tree), *_placed({"flannel": built(FLANNEL_CNI) / "flannel"})]
    yield Image(name, (tags[name],), entries, {"Env": [PATH]})

    placed = _placed({f"{BIN}/kube-router": built(KUBE_ROUTER) / "kube-router"})
    config = {"Entrypoint": [f"/{BIN}/kube-router"], "Env": [PATH]}
    tag = f"v{KUBE_ROUTER.version}"
    yield Image("cloudnativelabs/kube-router", (tag,), [*_filtering(tree), *placed], config)


def named(manifest: str) -> list[str]:
    """The images that a manifest of Kubernetes names."""
    return re.findall(r"^[\s-]*image:\s*\"?([^\s\"]+)", manifest, re.MULTILINE)


def tags_of(listed: str) -> dict[str, str]:
    """The tag of each repository in a list of images with a registry, one a line."""
    without_registry = (line.partition("/")[2] for line in listed.split())
    return {name: tag for name, _, tag in (image.rpartition(":") for image in without_registry)}


def agree(tags: Mapping[str, str], made: Mapping[str, str]) -> None:
    """Refuse tags that do not begin with the version that was made of them, all at once."""
    wrong = [
        f"{name}: {tags.get(name, 'none')} is asked for, {version} is what go.mod names"
        for name, version in made.items()
        if not tags.get(name, "").startswith(version)
    ]
    if wrong:
        raise VersionsDisagree("; ".join(wrong))


def _placed(files: Mapping[str, Path]) -> Iterator[Entry]:
    for path, file in files.items():
        for parent in reversed(Path(path).parents[:-1]):
            yield Entry(str(parent))
        yield Entry(path, file=file)


def _filtering(tree: Path) -> Iterator[Entry]:
    """busybox, and what writes the rules of a kernel's packet filter."""
    yield from userland(tree)
    (folder,) = tree.glob(EXTENSIONS)
    inside = folder.relative_to(tree)
    for directory in (*reversed(inside.parents[:-1]), inside):
        yield Entry(str(directory))
    # They are linked with libraries that iptables itself is not.
    extensions = sorted(f"{inside}/{file.name}" for file in folder.glob("*.so"))
    yield from program(tree, FILTERS, *TOOLS, *extensions)
    for name in FILTERS_CALLED.split():
        yield Entry(f"usr/sbin/{name}", link=Path(FILTERS).name)
    yield Entry("sbin/modprobe", link="/usr/bin/kmod")
