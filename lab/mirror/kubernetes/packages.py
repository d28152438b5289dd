"""The apt repositories of pkgs.k8s.io, one for each minor version, of what was compiled here."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lab.mirror import apt, keys, root
from lab.mirror.debs import WORK
from lab.mirror.go_products import CNI, PACKAGING, Release
from lab.mirror.golang import built
from lab.mirror.ready import PACK
from lab.mirror.store import fingerprint, made_once

HERE = Path(__file__).parent
UPSTREAM = "pkgs.k8s.io"
REVISION = "1.1"
UNITS = "usr/lib/systemd/system"
KEEP = b""  # dpkg has no empty directories


@dataclass(frozen=True)
class Deb:
    """One package: its files are those of upstream's."""

    name: str
    version: str
    files: Mapping[str, Path | bytes]
    depends: str = ""
    settings: tuple[str, ...] = ()  # files that stay as they are at an upgrade
    scripts: Path | None = None
    also: tuple[str, ...] = ()  # other versions that hold the same files


def newer(release: Release) -> str:
    """A version that comes without a pin, and differs in nothing but its name."""
    return f"{release.minor}.99"


def make(tree: Path, release: Release) -> Path:
    """A directory with www/, which has the repository, and facts.json about it."""
    name = f"core:/stable:/v{release.minor}/deb"

    def fill(directory: Path) -> None:
        base, work = directory / "www" / UPSTREAM / name, directory / "work"
        architecture = root.architecture(tree)
        (base / architecture).mkdir(parents=True)
        for deb in debs(release):
            for version in (deb.version, *deb.also):
                _pack(tree, deb, f"{version}-{REVISION}", architecture, work, base)
        shutil.rmtree(work)
        about = {
            "Origin": f"obs://build.opensuse.org/isv:kubernetes:core:stable:v{release.minor}/deb",
            "Label": f"isv:kubernetes:core:stable:v{release.minor}",
            "Architectures": architecture,
        }
        apt.make_flat(tree, UPSTREAM, about, base, base / "Release.key")
        facts = {
            "kubernetes_version": release.version,
            "kubernetes_newer_version": newer(release),
            "kubernetes_key_fingerprint": keys.fingerprint(base / "Release.key"),
        }
        (directory / "facts.json").write_text(json.dumps(facts))

    made_of = [built(it).name for it in (release.kubernetes, release.crictl, CNI, PACKAGING)]
    sources = (HERE / "packages.py", HERE / "files/kubelet", Path(apt.__file__))
    inputs = " ".join((tree.name, *made_of, fingerprint(*sources)))
    title = f"Build the apt repository of {UPSTREAM}, {release.minor}"
    return made_once("repository-k8s", inputs, title, fill)


def debs(release: Release) -> list[Deb]:
    """Every package, with the relations that upstream's have."""
    programs, packaging, crictl = built(release.kubernetes), built(PACKAGING), release.crictl
    drop_in = (packaging / "10-kubeadm.conf").read_text()
    version, also = release.version, (newer(release),)
    return [
        Deb(
            "kubelet",
            version,
            {
                "usr/bin/kubelet": programs / "kubelet",
                f"{UNITS}/kubelet.service": packaging / "kubelet.service",
                "etc/default/kubelet": packaging / "kubelet.env",
                "etc/kubernetes/manifests/.kubelet-keep": KEEP,
                "var/lib/kubelet/.kubelet-keep": KEEP,
            },
            depends="iptables (>= 1.4.21), kubernetes-cni (>= 1.2.0), iproute2, mount, socat,"
            " util-linux, ethtool, ebtables, conntrack",
            settings=("/etc/default/kubelet",),
            scripts=HERE / "files/kubelet",
            also=also,
        ),
        Deb(
            "kubeadm",
            version,
            {
                "usr/bin/kubeadm": programs / "kubeadm",
                f"{UNITS}/kubelet.service.d/10-kubeadm.conf": drop_in.replace(
                    "/etc/sysconfig/", "/etc/default/"
                ).encode(),
            },
            depends=f"cri-tools (>= {crictl.version})",
            also=also,
        ),
        Deb("kubectl", version, {"usr/bin/kubectl": programs / "kubectl"}, also=also),
        Deb("cri-tools", crictl.version, {"usr/bin/crictl": built(crictl) / "crictl"}),
        Deb(
            "kubernetes-cni",
            CNI.version,
            {
                "etc/cni/net.d/.kubernetes-cni-keep": KEEP,
                **{f"opt/cni/bin/{path.name}": path for path in sorted(built(CNI).iterdir())},
            },
        ),
    ]


def _pack(tree: Path, deb: Deb, version: str, architecture: str, work: Path, base: Path) -> None:
    shutil.rmtree(work, ignore_errors=True)
    contents = work / deb.name
    (contents / "DEBIAN").mkdir(parents=True)
    contents.chmod(0o755)
    for name, content in deb.files.items():
        target = contents / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, bytes):
            target.write_bytes(content)
        else:
            os.link(content, target)
    (contents / "DEBIAN/control").write_text(control(deb, version, architecture))
    if deb.settings:
        (contents / "DEBIAN/conffiles").write_text("".join(f"{path}\n" for path in deb.settings))
    for script in sorted(deb.scripts.iterdir()) if deb.scripts else ():
        shutil.copyfile(script, contents / "DEBIAN" / script.name)
        (contents / "DEBIAN" / script.name).chmod(0o755)
    name = f"{deb.name}_{version}_{architecture}.deb"
    binds = {"work": work, "www": base / architecture}
    command = (*PACK, f"{WORK}/{deb.name}", f"{root.HOME}/www/{name}")
    root.build_with(tree, *command, binds=binds)


def control(deb: Deb, version: str, architecture: str) -> str:
    """The package's control file."""
    fields = {
        "Package": deb.name,
        "Version": version,
        "Architecture": architecture,
        "Maintainer": "lab of this checkout <root@mirror.lab>",
        "Section": "admin",
        "Priority": "optional",
        "Homepage": "https://kubernetes.io",
        **({"Depends": deb.depends} if deb.depends else {}),
        "Description": f"{deb.name} as {UPSTREAM} has it\n Compiled from upstream's source.",
    }
    return "".join(f"{name}: {value}\n" for name, value in fields.items())
