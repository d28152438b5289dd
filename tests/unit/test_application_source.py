"""An application of one's own: read from a folder or an archive, refused where it lacks a file."""

from __future__ import annotations

import io
import shutil
import tarfile
from pathlib import Path

import pytest

import spec
from spec.application import CONTRACT, FILE, LINK, PROGRAM, is_address, read
from spec.errors import Refused
from spec.inventory import HostData
from tests.unit.doubles import changed

CONTENTS = {
    **{path: (PROGRAM if path.endswith(".sh") else FILE, path.encode()) for path in CONTRACT},
    "logo.png": (FILE, bytes(range(256))),
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An application as its owner has it, a repository already."""
    folder = tmp_path / "shop-1.0"
    for name, (mode, content) in {**CONTENTS, ".git/HEAD": (FILE, b"ref")}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        path.chmod(int(mode[-3:], 8))
    return folder


def test_a_folder_is_read_without_what_git_keeps(folder: Path) -> None:
    assert read(str(folder)) == CONTENTS
    (folder / "link").symlink_to("logo.png")
    assert read(str(folder))["link"] == (LINK, b"logo.png")


@pytest.mark.parametrize("kind", ["zip", "gztar", "tar"])
@pytest.mark.parametrize("inside", [True, False])
def test_an_archive_is_read_with_and_without_a_folder_around_it(
    folder: Path, tmp_path: Path, kind: str, inside: bool
) -> None:
    shutil.rmtree(folder / ".git")
    where = {"root_dir": tmp_path, "base_dir": folder.name} if inside else {"root_dir": folder}
    archive = shutil.make_archive(str(tmp_path / "packed"), kind, **where)
    assert read(archive) == CONTENTS


@pytest.mark.parametrize("name", ["../outside", "/etc/passwd", "a/.git/hooks/pre-commit"])
def test_an_archive_that_reaches_out_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "evil.tar"
    with tarfile.open(path, "w") as tar:
        tar.addfile(tarfile.TarInfo(name), io.BytesIO())
    with pytest.raises(ValueError, match="does not belong into a repository"):
        read(str(path))


def refused(hosts: list[HostData], source: object) -> str:
    with pytest.raises(Refused) as told:
        spec.load(changed(hosts, "docker_host", application_source=source))
    return str(told.value)


def test_one_that_lacks_a_file_is_refused_before_anything_is_touched(
    hosts: list[HostData], folder: Path
) -> None:
    spec.load(changed(hosts, "docker_host", application_source=str(folder)))
    (folder / "deploy/ci/rollback.sh").unlink()
    (folder / ".gitlab-ci.yml").unlink()
    assert "lacks .gitlab-ci.yml, deploy/ci/rollback.sh" in refused(hosts, str(folder))


@pytest.mark.parametrize(
    ("source", "output"),
    [
        ("/nowhere/at/all", "cannot be read: /nowhere/at/all: No such file"),
        (__file__, "neither a folder nor a tar or zip archive"),
        ("shop", "not an absolute path"),
        ("https://me:secret@gitlab.com/a/b.git", "it may hold no password"),
    ],
)
def test_what_is_no_source_is_refused(hosts: list[HostData], source: str, output: str) -> None:
    assert output in refused(hosts, source)


@pytest.mark.parametrize(
    "source", ["git@gitlab-443:a/b.git", "https://gitlab.com/a/b.git", "ssh://git@x/a", "file:///x"]
)
def test_an_address_is_for_the_machine_to_clone(hosts: list[HostData], source: str) -> None:
    assert is_address(source)
    assert spec.load(changed(hosts, "docker_host", application_source=source))


@pytest.mark.parametrize("project", ["name", "group/", "group/na me", "https://gitlab.com/a/b"])
def test_a_project_of_gitlab_is_a_group_and_a_name(hosts: list[HostData], project: str) -> None:
    with pytest.raises(Refused, match="gitlab_project"):
        spec.load(changed(hosts, "docker_host", gitlab_project=project))
