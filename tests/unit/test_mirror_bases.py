"""The application's base images: each that it names, under exactly that name."""

from __future__ import annotations

from pathlib import Path

from lab.mirror import bases, images
from lab.mirror.oci import Entry


def test_every_image_that_the_application_names_is_built() -> None:
    made = {bases.NODE.name, bases.PHP.name, bases.MYSQL.name, *images.TAGS}
    made |= {"library/golang", "library/composer", "distroless/static-debian12"}
    assert set(bases.tags()) <= made
    assert len(bases.tags()) == 7
    assert set(bases.tags()["library/nginx"]) <= set(images.TAGS["library/nginx"])


def test_an_image_of_a_tree_leaves_out_what_belongs_to_a_machine(tmp_path: Path) -> None:
    for path in ("usr/bin/php", "usr/share/doc/php/changelog", "dev/null", "mirror/out/x", "run/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text("x")
    (tmp_path / "usr/bin/php").chmod(0o4755)
    (tmp_path / "bin").symlink_to("usr/bin")
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp").chmod(0o1777)
    found = {entry.path: entry for entry in bases.whole(tmp_path)}
    assert sorted(found) == ["bin", "dev", "run", "tmp", "usr", "usr/bin", "usr/bin/php",
                             "usr/share", "usr/share/doc"]  # fmt: skip
    assert found["usr/bin/php"] == Entry("usr/bin/php", None, 0o4755, file=tmp_path / "usr/bin/php")
    assert found["bin"].link == "usr/bin"
    assert found["tmp"].mode == 0o1777


def test_a_cache_stands_where_the_image_looks_for_it(tmp_path: Path) -> None:
    (tmp_path / "mirror").write_text("x")  # of no machine here
    paths = [entry.path for entry in bases.whole(tmp_path, at="opt/npm")]
    assert paths == ["opt", "opt/npm", "opt/npm/mirror"]
