"""What the mirror says of the Kubernetes that it compiles, before anything is compiled."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from lab.mirror import go_products, golang, kubernetes, real, root
from lab.mirror.go_products import (
    CNI,
    FLANNEL,
    HELM,
    RELEASES,
    SOURCES,
    Product,
    Release,
    linked,
)
from lab.mirror.kubernetes import calico, packages, wanted
from lab.mirror.kubernetes.images import VersionsDisagree, agree, named, tags_of
from lab.mirror.kubernetes.packages import Deb, control, newer
from lab.mirror.upstreams import NAMES
from spec import Platform

LISTED = """registry.k8s.io/kube-proxy:v1.30.0
registry.k8s.io/coredns/coredns:v1.11.1
registry.k8s.io/pause:3.9
registry.k8s.io/etcd:3.5.12-0
"""
OTHERS = [value for value in vars(go_products).values() if isinstance(value, Product)]
PRODUCTS = list(dict.fromkeys([*OTHERS, *(it for one in RELEASES for it in one.products)]))
NEWEST, OLDEST = RELEASES[0], RELEASES[-1]


@pytest.mark.parametrize("product", PRODUCTS, ids=lambda product: f"{product.name} {product.line}")
def test_a_product_has_a_version_and_the_sums_of_what_it_is_made_from(product: Product) -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", product.version)
    sums = (product.source / "go.sum").read_text()
    assert f"{product.module} v{product.version} h1:" in sums


def test_every_go_mod_is_a_product() -> None:
    assert {path.parent for path in SOURCES.rglob("go.mod")} == {p.source for p in PRODUCTS}


def test_the_platforms_own_line_is_what_the_lab_has_unless_asked(
    monkeypatch: pytest.MonkeyPatch, platform: Platform
) -> None:
    monkeypatch.delenv(wanted.WANTED, raising=False)
    (release,) = wanted.releases()
    assert release.minor == platform.k8s_node.kubernetes_minor


def test_the_lab_has_each_kubernetes_that_is_asked_for_and_refuses_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(wanted.WANTED, "1.35.4,1.36.3")
    assert [release.version for release in wanted.releases()] == ["1.35.4", "1.36.3"]
    monkeypatch.setenv(wanted.WANTED, "1.31.0")
    with pytest.raises(
        ValueError, match=r"no 1\.31\.0 here; there are 1\.36\.3, 1\.35\.4, 1\.30\.0"
    ):
        wanted.releases()


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.version)
def test_versions_are_those_that_belong_together(release: Release) -> None:
    kubernetes, etcd = release.kubernetes, release.etcd
    assert newer(release) == f"{release.minor}.99"
    assert kubernetes.line == release.minor
    assert kubernetes.version_of("k8s.io/kubelet") == f"0.{kubernetes.version.partition('.')[2]}"
    modules = {f"go.etcd.io/etcd/{part}/v3" for part in ("server", "etcdctl", "etcdutl")}
    assert {etcd.version_of(module) for module in modules} == {etcd.version}


def test_a_program_that_needs_a_newer_go_than_debians_names_it() -> None:
    assert golang.environment(OLDEST.kubernetes)["GOTOOLCHAIN"] == "local"
    assert golang.environment(NEWEST.kubernetes)["GOTOOLCHAIN"].startswith("go1.26.")


def test_programs_know_their_version() -> None:
    assert "-X k8s.io/component-base/version.gitMinor=36" in linked(NEWEST.kubernetes)
    assert "pkg/chartutil.k8sVersionMinor=29" in linked(HELM)
    assert linked(FLANNEL).endswith("-s -w -extldflags -static")
    assert "{" not in "".join(map(linked, PRODUCTS))


def test_a_compiler_is_told_how_to_reach_the_proxy_and_nothing_else_of_this_machines_go(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("GOPROXY", "http://proxy.here")
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    monkeypatch.setenv("GOROOT", "/usr/local/go")
    told = root.known(golang.environment(FLANNEL))
    assert told["GOPROXY"] == "http://proxy.here"
    assert told["GOFLAGS"] == "-mod=readonly -tags=netgo,osusergo,providerless"
    assert "GOROOT" not in told
    assert (told["CGO_ENABLED"], golang.environment(CNI)["CGO_ENABLED"]) == ("1", "0")


def test_progress_counts_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []
    monkeypatch.setattr(golang.progress, "tell", told.append)
    follow = golang.Followed(250)
    for line in ("go: downloading x v1", "runtime", "go: downloading y v2", "fmt"):
        follow(line)
    assert told[::2] == ["downloading x v1", "downloading y v2"]
    assert told[1::2] == ["1 of 250 packages", "2 of 250 packages"]


def test_the_tags_are_those_that_kubeadm_and_the_manifest_ask_for() -> None:
    assert tags_of(LISTED) == {
        "kube-proxy": "v1.30.0",
        "coredns/coredns": "v1.11.1",
        "pause": "3.9",
        "etcd": "3.5.12-0",
    }
    manifest = '  - image: docker.io/flannel/flannel:v1\n    image: "docker.io/a/b:2"\n  # image\n'
    assert named(manifest) == ["docker.io/flannel/flannel:v1", "docker.io/a/b:2"]


def test_an_image_of_another_version_than_is_asked_for_is_refused() -> None:
    made = {"coredns/coredns": f"v{OLDEST.coredns.version}", "etcd": f"{OLDEST.etcd.version}-"}
    agree(tags_of(LISTED), made)
    other = LISTED.replace("3.5.12-0", "3.5.15-0").replace("v1.11.1", "v1.11.3")
    with pytest.raises(VersionsDisagree) as refused:
        agree(tags_of(other), made)
    assert "coredns/coredns: v1.11.3 is asked for, v1.11.1" in str(refused.value)
    assert "etcd: 3.5.15-0 is asked for, 3.5.12-" in str(refused.value)


def test_a_control_file_has_what_apt_needs() -> None:
    fields = control(Deb("kubelet", "1.30.0", {}, depends="mount"), "1.30.0-1.1", "amd64")
    assert fields.startswith("Package: kubelet\nVersion: 1.30.0-1.1\nArchitecture: amd64\n")
    assert "\nDepends: mount\n" in fields
    assert "Depends" not in control(Deb("kubectl", "1.30.0", {}), "1.30.0-1.1", "amd64")


def test_packages_belong_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "10-kubeadm.conf").write_text("EnvironmentFile=-/etc/sysconfig/kubelet\n")
    monkeypatch.setattr(packages, "built", lambda product: tmp_path)
    debs = {deb.name: deb for deb in packages.debs(NEWEST)}
    assert debs["kubeadm"].depends == f"cri-tools (>= {debs['cri-tools'].version})"
    drop_in = debs["kubeadm"].files[f"{packages.UNITS}/kubelet.service.d/10-kubeadm.conf"]
    assert drop_in == f"EnvironmentFile=-{debs['kubelet'].settings[0]}\n".encode()
    twice = {name for name, deb in debs.items() if newer(NEWEST) in deb.also}
    assert twice == {"kubelet", "kubeadm", "kubectl"}


def test_calico_is_real_or_not_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(real, "REAL", tmp_path)
    monkeypatch.setattr(real, "CHECKOUT", tmp_path)
    assert calico.found() is None
    assert calico.described() == "Calico: none, flannel in its place"
    (tmp_path / "calico-v3.28.0.yaml").touch()
    assert calico.found() is None, "a manifest without images is no Calico"
    (tmp_path / "calico").mkdir()
    image = {"annotations": {"org.opencontainers.image.ref.name": "calico/node:v3.28.0"}}
    (tmp_path / "calico/index.json").write_text(json.dumps({"manifests": [image]}))
    present = calico.found()
    assert present
    assert (present.version, present.images) == ("3.28.0", ["calico/node:v3.28.0"])
    assert calico.described() == "Calico: the real one, calico-v3.28.0.yaml"
    (tmp_path / "calico-v3.28.0.yaml").write_text("image: docker.io/calico/node:v3.29.0\n")
    with pytest.raises(VersionsDisagree, match=r"asks for calico/node:v3\.29\.0, which calico/"):
        calico.found()


def test_the_hosts_of_what_is_served_resolve() -> None:
    assert {"dl.k8s.io", "get.helm.sh", "pkgs.k8s.io", "raw.githubusercontent.com"} <= set(NAMES)


@pytest.mark.parametrize(("names", "without"), [("1.35.4,1.36.3", set()), ("", {"flannel-later"})])
def test_everything_is_compiled_and_what_takes_longest_comes_first(
    monkeypatch: pytest.MonkeyPatch, names: str, without: set[str]
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(
        golang, "all_built", lambda products: asked.extend(product.name for product in products)
    )
    monkeypatch.setenv(wanted.WANTED, names)
    kubernetes.compile_all()
    assert set(asked) == {product.name for product in PRODUCTS} - without
    assert asked[0] == "kubernetes"
