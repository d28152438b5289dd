"""What the outside looks like from inside a lab: names that resolve, repositories that answer."""

from __future__ import annotations

from dataclasses import dataclass

# Hosts that the runbook, or what it installs, asks by name. Each resolves to the mirror; any other
# name does not exist.
NAMES = (
    "altssh.gitlab.com",
    "auth.docker.io",
    "dl.k8s.io",
    "download.docker.com",
    "gcr.io",
    "get.docker.com",
    "get.helm.sh",
    "github.com",
    "gitlab.com",
    "keyserver.ubuntu.com",
    "packages.gitlab.com",
    "pkgs.k8s.io",
    "production.cloudflare.docker.com",
    "raw.githubusercontent.com",
    "registry-1.docker.io",
    "registry.gitlab.com",
    "registry.k8s.io",
)
MIRROR_NAME = "mirror.lab"


@dataclass(frozen=True)
class Package:
    """A package of an upstream, made of Debian's packages of the same software."""

    name: str
    made_of: tuple[str, ...]  # Debian packages; the first one gives version and maintainer scripts
    version: str  # of upstream, with {version} and {suite}
    fields: tuple[tuple[str, str], ...] = ()  # of the control file; libraries come from made_of
    without: tuple[str, ...] = ()  # files that upstream's package does not have
    instead: tuple[tuple[str, str], ...] = ()  # path and content where upstream's differs


@dataclass(frozen=True)
class Repository:
    """An apt repository of an upstream: where it is, whose name it bears, what is in it."""

    upstream: str  # host name, which is the first directory under the mirror's address
    base: str  # path that a source entry names
    key: str  # path of the signing key
    origin: str
    label: str
    component: str
    pool: str  # below the base, with {suite} and {architecture}
    packages: tuple[Package, ...] = ()  # made of Debian's
    ready: tuple[str, ...] = ()  # from lab/real/, or from lab/doubles/


def _replaces(*names: str) -> tuple[tuple[str, str], ...]:
    return (("Conflicts", ", ".join(names)), ("Replaces", ", ".join(names)))


DEBIAN_RELEASE = {"bookworm": "12", "trixie": "13"}
DOCKER = Repository(
    upstream="download.docker.com",
    base="linux/debian",
    key="linux/debian/gpg",
    origin="Docker",
    label="Docker CE",
    component="stable",
    pool="dists/{suite}/pool/stable/{architecture}",
    packages=(
        Package(
            "docker-ce",
            ("docker.io",),
            "5:{version}-1~debian.{release}~{suite}",
            (
                ("Depends", "containerd.io, docker-ce-cli, iptables, tini"),
                ("Recommends", "apparmor, ca-certificates, git, procps, xz-utils"),
                *_replaces("docker.io"),
            ),
        ),
        Package(
            "docker-ce-cli",
            ("docker-cli",),
            "5:{version}-1~debian.{release}~{suite}",
            (
                ("Recommends", "docker-buildx-plugin, docker-compose-plugin"),
                ("Conflicts", "docker-cli, docker.io (<< 26)"),
                # Its manual pages were in Debian's docker.io before.
                ("Replaces", "docker-cli, docker.io (<< 26), docker-ce (<< 5:27.5.1)"),
            ),
        ),
        Package(
            "containerd.io",
            ("containerd", "runc"),
            "{version}-1~debian.{release}~{suite}",
            (("Provides", "containerd, runc"), *_replaces("containerd", "runc")),
            instead=(
                (
                    "etc/containerd/config.toml",
                    'disabled_plugins = ["cri"]\n',
                ),  # as upstream ships it
            ),
        ),
        Package(
            "docker-buildx-plugin",
            ("docker-buildx",),
            "{version}-1~debian.{release}~{suite}",
            _replaces("docker-buildx"),
        ),
        Package(
            "docker-compose-plugin",
            ("docker-compose",),
            "{version}-1~debian.{release}~{suite}",
            _replaces("docker-compose"),
            without=("usr/bin/docker-compose",),
        ),
    ),
)
RUNNER = Repository(
    upstream="packages.gitlab.com",
    base="runner/gitlab-runner/debian",
    key="runner/gitlab-runner/gpgkey",
    origin="packages.gitlab.com/runner/gitlab-runner",
    label="gitlab-runner",
    component="main",
    pool="pool/{suite}/main/g/gitlab-runner",
    ready=("gitlab-runner",),
)
REPOSITORIES = (DOCKER, RUNNER)
