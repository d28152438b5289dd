"""Helm: a program of ours alone, and what it has released in the cluster."""

from __future__ import annotations

import hashlib
import shlex
from collections.abc import Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.files import Paths, PathState
from facts.helm import SUM, Release, Releases
from facts.kubernetes import ADMIN, KUBECTL
from operations import Commands, operation
from operations.downloads import fetch
from operations.kubernetes import APPLY
from spec.charts import Chart

HOME = "/opt/monitoring"  # the program and the charts; nothing of it is in anybody's home
HELM = (
    f"env HELM_CACHE_HOME={HOME}/helm HELM_CONFIG_HOME={HOME}/helm HELM_DATA_HOME={HOME}/helm"
    f" {HOME}/linux-amd64/helm --kubeconfig {ADMIN}"
)
WITHIN = "10m"  # until all of a release is ready, with the images that it pulls
LENGTH = 40  # of a sum, since a label holds 63 characters


@operation()
def install(version: str, releases: str, sha256: str) -> Commands:
    """Have Helm of this version, from an archive of this sum, for root's programs."""
    archive = f"{HOME}/helm-v{version}-linux-amd64.tar.gz"
    if not _has(archive, sha256):
        url = f"{releases}/helm-v{version}-linux-amd64.tar.gz"
        yield StringCommand(
            f"rm -rf {HOME}/linux-amd64 {HOME}/helm-v*.tar.gz && "
            f"( {fetch(f'Helm {version}', url, archive, sha256)} )"
        )
    if not _is_here(f"{HOME}/linux-amd64/helm"):
        yield StringCommand(
            f"new=$(mktemp -d {HOME}/new.XXXXXX) && trap 'rm -rf \"$new\"' EXIT && "
            f'tar --extract --gzip --no-same-owner --file {archive} --directory "$new" && '
            f'mv -T "$new/linux-amd64" {HOME}/linux-amd64'
        )


@operation()
def release(release: str, namespace: str, chart: str, pin: Chart, values: str) -> Commands:
    """Have a release of this chart with these values, all of it ready; else Helm is not run.

    One that was cut off half-way, which Helm itself would refuse for ever, is taken up again.
    """
    wanted = _sum(pin, values)
    found = ask(host, Releases, namespace=namespace).get(release)
    if found and (found.status, found.sum) == ("deployed", wanted):
        return
    archive = f"{HOME}/{pin.archive(chart)}"
    if not _has(archive, pin.sha256):
        what = f"chart {chart} {pin.version}"
        yield StringCommand(f"( {fetch(what, pin.url(chart), archive, pin.sha256)} )")
    if found and found.pending:
        yield StringCommand(f"{KUBECTL} -n {namespace} delete {_record(release, found)} >/dev/null")
    # Helm installs definitions once and never updates them; they are too large for an annotation.
    yield StringCommand(
        f'new=$(mktemp) && trap \'rm -f "$new"\' EXIT && {HELM} show crds {archive} >"$new" && '
        f'{{ ! grep -q . "$new" || {APPLY} -f "$new" >/dev/null; }}'
    )
    yield StringCommand(
        f"{HELM} upgrade --install {release} {archive} --namespace {namespace} --values -"
        f" --skip-crds --labels {SUM}={wanted} --history-max 3 --wait"
        f" --timeout {WITHIN} >/dev/null",
        _stdin=values,
    )


@operation()
def uninstall(releases: Sequence[str], namespace: str) -> Commands:
    """Have none of these releases."""
    found = ask(host, Releases, namespace=namespace)
    for release in releases:
        if release in found:
            yield StringCommand(
                f"{HELM} uninstall {release} --namespace {namespace} --wait --timeout {WITHIN}"
                " >/dev/null"
            )


def _sum(pin: Chart, values: str) -> str:
    return hashlib.sha256(f"{pin.sha256}{values}".encode()).hexdigest()[:LENGTH]


def _record(release: str, found: Release) -> str:
    return shlex.quote(f"secret/sh.helm.release.v1.{release}.v{found.revision}")


def _has(path: str, sha256: str) -> bool:
    return ask(host, Paths, paths=[path]).get(path, PathState()).content == sha256


def _is_here(path: str) -> bool:
    return ask(host, Paths, paths=[path]).get(path, PathState()).kind == "file"
