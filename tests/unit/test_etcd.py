"""etcd's backups: whole and the operator's own, or not there; put back only where they belong."""

from __future__ import annotations

import runpy
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

import pytest
from pyinfra.api.command import FunctionCommand

import spec
from facts.kubernetes import ControlPlane, ControlPlaneState, Kubelet, KubeletState
from operations import etcd, etcd_archive, streams
from operations.kept import Unusable
from spec import Platform, Refused
from spec.inventory import HostData
from tests.unit.archives import PIN, contents, write
from tests.unit.conftest import OnHost
from tests.unit.doubles import CHECKOUT, StubHost, changed, commands


@pytest.fixture
def here(hosts: list[HostData], tmp_path: Path) -> Platform:
    """The shipped platform, which keeps two backups in a folder of its own."""
    extra: dict[str, Any] = {"operator_folder": str(tmp_path), "backup_keep": 2}
    return spec.load(changed(hosts, "all", **extra))


@pytest.fixture
def whole(here: Platform, tmp_path: Path) -> Path:
    return write(tmp_path / "whole.tar.gz", contents(here))


def test_an_archive_says_of_which_cluster_it_is(here: Platform, whole: Path) -> None:
    archive = etcd_archive.read(whole)
    assert (archive.host, archive.ca) == ("vm-k8s", PIN)
    assert archive.encryption_key == here.encryption_key


def cut(path: Path, here: Platform) -> None:
    path.write_bytes(path.read_bytes()[:-40])


def cut_in_half(path: Path, here: Platform) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path: Path, here: Platform) -> None:
    path.write_bytes(b"")


def changed_inside(path: Path, here: Platform) -> None:
    write(path, {**contents(here), "etcd.db": b"y"}, sums=contents(here))


def one_more(path: Path, here: Platform) -> None:
    write(path, {**contents(here), "kubernetes/manifests/mine.yaml": b"y"}, sums=contents(here))


def one_less(path: Path, here: Platform) -> None:
    files = contents(here)
    del files["kubernetes/pki/sa.key"]
    write(path, files)


def another_place(path: Path, here: Platform) -> None:
    write(path, {**contents(here), "../../root/.ssh/authorized_keys": b"y"})


def something_else(path: Path, here: Platform) -> None:
    path.write_text("a snapshot, truly")


@pytest.mark.parametrize(
    ("damage", "reason"),
    [
        (cut, "cannot be read, or was cut off"),
        (cut_in_half, "cannot be read, or was cut off"),
        (empty, "cannot be read, or was cut off"),
        (something_else, "cannot be read, or was cut off"),
        (changed_inside, "was changed: etcd.db is not what its SHA256SUMS says"),
        (one_more, "was changed: kubernetes/manifests/mine.yaml is not"),
        (one_less, "is no archive of etcd-backup: kubernetes/pki/sa.key is missing"),
        (another_place, "is no archive of etcd-backup: it has ./../../root/.ssh"),
    ],
)
def test_a_damaged_archive_is_refused_before_a_machine_is_told_of_it(
    here: Platform, whole: Path, damage: Callable[[Path, Platform], None], reason: str
) -> None:
    damage(whole, here)
    with pytest.raises(Refused) as refused:
        etcd.fitting(here, whole)
    assert reason in str(refused.value)
    assert str(refused.value).endswith("Nothing was touched.")


@pytest.mark.parametrize(
    ("about", "reason"),
    [
        ({"host": "vm-other"}, "another platform, whose control plane is vm-other at https://192"),
        ({"server": "https://10.1.2.3:6443"}, "is of another platform"),
        ({"kubernetes": "1.29.0"}, "is of Kubernetes 1.29.0, and kubernetes_version is 1.36.3"),
    ],
)
def test_an_archive_of_another_platform_is_refused(
    here: Platform, tmp_path: Path, on_host: OnHost, about: dict[str, str], reason: str
) -> None:
    on_host()
    with pytest.raises(Refused, match=reason):
        etcd.fitting(here, write(tmp_path / "x.tar.gz", contents(here, **about)))


def test_an_archive_whose_secrets_nobody_could_read_is_refused(
    here: Platform, hosts: list[HostData], whole: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBERNETES_ENCRYPTION_KEY", "another0another0another0another0")
    with pytest.raises(Refused, match="with another kubernetes_encryption_key than"):
        etcd.fitting(spec.load(hosts), whole)


@pytest.mark.parametrize(
    ("facts", "who"),
    [
        ({ControlPlane: ControlPlaneState(ca="c0ffee")}, "vm-k8s"),
        ({Kubelet: KubeletState(ca="c0ffee")}, "vm-worker"),
    ],
)
def test_an_archive_of_another_cluster_is_refused(
    here: Platform, whole: Path, on_host: OnHost, facts: dict[Any, Any], who: str
) -> None:
    on_host(facts)
    with pytest.raises(Refused, match=f"its authority is not the one of {who}"):
        etcd.fitting(here, whole)


def test_half_a_control_plane_as_a_restore_that_was_cut_off_leaves_it_is_no_other_cluster(
    here: Platform, whole: Path, on_host: OnHost
) -> None:
    on_host({ControlPlane: ControlPlaneState(unfinished=True, ca="half a certificate")})
    assert etcd.fitting(here, whole).host == "vm-k8s"


@pytest.mark.parametrize("ca", ["", PIN], ids=["reset", "its own"])
def test_one_of_this_cluster_may_be_put_back_also_where_its_machine_was_reset(
    here: Platform, whole: Path, on_host: OnHost, ca: str
) -> None:
    on_host({ControlPlane: ControlPlaneState(ca=ca), Kubelet: KubeletState(ca=PIN)})
    assert etcd.fitting(here, whole).taken == "2026-11-29T08:00:00Z"


Backup = Callable[..., bool]


@pytest.fixture
def back_up(here: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Backup:
    """Back up from a machine that answers with these bytes, and then breaks or not."""
    on_host({}, "vm-k8s")

    def run(sent: bytes, breaks: Exception | None = None) -> bool:
        def receive(host: Any, words: list[str], target: BinaryIO) -> None:
            assert words[:2] == ["bash", "-c"]
            target.write(sent)
            if breaks:
                raise breaks

        monkeypatch.setattr(streams, "receive", receive)
        (command,) = commands(etcd.backup, platform=here)
        assert isinstance(command, FunctionCommand)
        return bool(command.function(None, StubHost("vm-k8s"), *command.args))

    return run


def test_a_backup_is_its_owners_only_and_the_oldest_is_forgotten(
    here: Platform, whole: Path, back_up: Backup
) -> None:
    here.backups.mkdir()
    for year in (2023, 2024):
        (here.backups / f"etcd-vm-k8s-{year}0101T000000Z.tar.gz").touch()
    (here.backups / "etcd-other-20220101T000000Z.tar.gz").touch()
    (here.backups / ".etcd-vm-k8s-20250101T000000Z.tar.gz.new").touch()  # of one that was killed
    assert back_up(whole.read_bytes())
    names = sorted(path.name for path in here.backups.iterdir())
    assert names[:2] == [
        "etcd-other-20220101T000000Z.tar.gz",
        "etcd-vm-k8s-20240101T000000Z.tar.gz",
    ]
    (new,) = names[2:]
    assert (here.backups / new).stat().st_mode & 0o777 == 0o600
    assert etcd_archive.read(here.backups / new).ca == PIN


@pytest.mark.parametrize(
    ("breaks", "keeps"),
    [
        (streams.Broken("12 MiB free on /var/tmp, 300 are needed there: make room"), 1.0),
        (OSError(28, "No space left on device"), 0.5),
        (None, 0.5),
    ],
    ids=["refused there", "no room here", "cut off without a word"],
)
def test_half_a_backup_is_none_and_the_older_ones_stay(
    here: Platform,
    whole: Path,
    back_up: Backup,
    caplog: pytest.LogCaptureFixture,
    breaks: Exception | None,
    keeps: float,
) -> None:
    here.backups.mkdir()
    old = here.backups / "etcd-vm-k8s-20240101T000000Z.tar.gz"
    old.touch()
    content = whole.read_bytes()
    assert not back_up(content[: int(len(content) * keeps)], breaks)
    assert list(here.backups.iterdir()) == [old]


def test_a_restore_wants_a_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FILE", raising=False)
    with pytest.raises(Refused, match="FILE is empty; write FILE="):
        runpy.run_path(str(CHECKOUT / "operate/etcd_restore.py"))


def test_make_hands_the_file_on() -> None:
    words = ["make", "--dry-run", "etcd-restore", "FILE=backups/x.tar.gz", "ARGS=-y"]
    output = subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=True).stdout
    assert (
        "FILE=backups/x.tar.gz .venv/bin/pyinfra inventory.py operate/etcd_restore.py -y" in output
    )


def test_an_authority_that_cannot_be_read_is_no_archive(here: Platform, tmp_path: Path) -> None:
    files = {**contents(here), "kubernetes/pki/ca.crt": b"no certificate"}
    with pytest.raises(Unusable, match="is no archive of etcd-backup"):
        etcd_archive.read(write(tmp_path / "x.tar.gz", files))
