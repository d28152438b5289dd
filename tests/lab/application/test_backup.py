"""A backup while the shop serves; what is lost then is there again: rows, images, accounts."""

from __future__ import annotations

import json
import re
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lab.machines import Machine
from tests.lab import registry, shop
from tests.lab.cluster import FETCHED, until
from tests.lab.deploying import Run, deploy, planned

ROW = "INSERT INTO products (sku, name, price_cents) VALUES ('kept', 'A ''row''; with signs', 1)"
PRODUCTS = f"{shop.EDGE}/go/api/products"
IMAGES = "/data/harbor/registry/docker/registry/v2"


@dataclass(frozen=True)
class Before:
    """What the platform had when it was backed up, and the backup."""

    archive: Path
    key: Path
    rows: str
    digest: str


def rows() -> str:
    return shop.sql("SELECT * FROM products ORDER BY id")


def restore(before: Before, only: str, key: Path | None = None, confirm: str = "1") -> Run:
    """`make restore` of one part."""
    asked = {"FROM": str(before.archive), "KEY": str(key or before.key), "ONLY": only}
    return deploy("-y", script="operate/restore.py", env={**asked, "CONFIRM": confirm})


def new_key(folder: Path) -> tuple[Path, str]:
    """A pair of age's keys: the file of the private one, and the public one."""
    path = folder / "key"
    done = subprocess.run(["age-keygen", "-o", path], check=True, capture_output=True, text=True)
    return path, done.stderr.split()[-1]


@pytest.fixture(scope="module")
def before(docker: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Before]:
    """A backup of the shop with a row and an image of its own, made while visitors come."""
    key, recipient = new_key(tmp_path_factory.mktemp("age"))
    shop.sql(ROW)
    digest = registry.push(docker, "kept:1")
    visiting = docker.ssh_command(
        f"while sleep 0.3; do curl -sko /dev/null -w '%{{http_code}}\n' {PRODUCTS}; done"
    )
    visitors = subprocess.Popen(visiting, stdout=subprocess.PIPE, text=True)
    began = time.monotonic()
    run = deploy("-y", "--data", f"backup_recipient={recipient}", script="operate/backup.py")
    visitors.kill()
    answers, _ = visitors.communicate()
    assert run.status == 0, run.reason
    print(f"a backup took {time.monotonic() - began:.0f} s")
    assert set(answers.split()) == {"200"}
    archive = sorted((FETCHED / "backups").glob("platform-vm-k8s-*.tar"))[-1]
    yield Before(archive, key, rows(), digest)
    archive.unlink()
    shop.sql("DELETE FROM products WHERE sku = 'kept'")  # whoever seeds the shop does not know it


def test_a_backup_has_all_parts_and_is_its_owners_only(before: Before) -> None:
    assert before.archive.stat().st_mode & 0o777 == 0o600
    read = ["tar", "-xOf", str(before.archive), "manifest.json"]
    manifest = json.loads(subprocess.run(read, check=True, capture_output=True).stdout)
    assert {part["name"] for part in manifest["parts"]} == {
        *("mysql", "harbor", "etcd", "certificates", "repository", "secrets", "gitlab"),
    }


def test_another_key_and_what_is_in_use_are_refused_and_nothing_was_touched(
    before: Before, tmp_path: Path
) -> None:
    other, _ = new_key(tmp_path)
    for run, reason in (
        (restore(before, "mysql", key=other), "no identity matched any of the recipients"),
        (restore(before, "mysql", confirm=""), "the database's tables: say CONFIRM=1"),
        (restore(before, "harbor", confirm=""), "Harbor's images: say CONFIRM=1"),
    ):
        assert run.status != 0
        assert reason in re.sub(r"\s+", " ", run.said)
        assert "Nothing was touched." in run.said
        assert "Traceback" not in run.said
    assert rows() == before.rows


def test_a_database_without_its_tables_has_the_same_rows_again(before: Before) -> None:
    shop.sql("DROP TABLE products; CREATE TABLE later (x int)")
    began = time.monotonic()
    run = restore(before, "mysql")
    assert run.status == 0, run.reason
    print(f"the database was back after {time.monotonic() - began:.0f} s")
    assert rows() == before.rows
    assert "later" not in shop.sql("SHOW TABLES")
    assert shop.sql("SELECT @@read_only").strip() == "0"
    until(lambda: shop.smoke()[1] == [], "the shop serves")


def test_a_registry_without_an_image_has_the_same_digests_again(
    before: Before, docker: Machine
) -> None:
    blob = f"{IMAGES}/blobs/sha256/{before.digest[7:9]}/{before.digest[7:]}"
    docker.ssh(f"sudo rm -r {IMAGES}/repositories/threebody/kept {blob}")
    registry.as_admin(docker, "POST", "/projects", '{"project_name": "later"}')
    began = time.monotonic()
    run = restore(before, "harbor")
    assert run.status == 0, run.reason
    print(f"Harbor was back after {time.monotonic() - began:.0f} s")
    assert re.search(r"\d+ images, each served by its digest", run.said)
    assert before.digest in registry.pull(docker, f"kept@{before.digest}")
    assert '"later"' not in registry.as_admin(docker, "GET", "/projects")
    assert planned() == {}
