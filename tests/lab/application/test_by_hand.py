"""The shop by its scripts, as a person runs them: again, broken, migrated.

A commit that is taken back: test_push.py.
"""

from __future__ import annotations

import shlex
from pathlib import Path

import pytest

from lab.machines import Machine
from spec import Platform
from tests.lab import shop
from tests.lab.cluster import KUBERNETES, NAMESPACE, told
from tests.lab.deploying import Run, deploy, planned
from tests.lab.soaked import cases

APPS = (*shop.TIERS, "mysql")
MIGRATIONS = "laravel/database/migrations"
# A table that is there cannot be made again.
BROKEN = f"cp {MIGRATIONS}/*_create_products_table.php {MIGRATIONS}/2026_01_01_000000_again.php"
ASK = "while :; do curl -sk -o /dev/null -w '%{http_code}\\n' https://hit.local/; sleep 0.2; done"


@pytest.fixture(scope="module", autouse=True)
def prepared(docker: Machine, platform: Platform) -> None:
    """The variables and the kubeconfig, for a person on vm-docker."""
    shop.prepare(docker, platform)


def test_the_edge_shows_the_products_of_both_backends(docker: Machine) -> None:
    page = docker.ssh(f"curl -fsSk {shop.EDGE}/")
    assert '<div id="root">' in page
    assert len(shop.products(docker, "go")) > 0
    assert shop.products(docker, "go") == shop.products(docker, "laravel")
    assert shop.runs() == shop.images(shop.tag(docker))


def test_the_platform_finds_nothing_to_do_after_it() -> None:
    assert planned() == {}


def test_make_smoke_says_what_answers_and_what_does_not() -> None:
    assert shop.smoke() == (0, [])
    shop.scale(0, "go")
    try:
        status, failed = shop.smoke()
    finally:
        shop.scale(2, "go")
    assert status == 1
    assert failed == ["https://hit.local/go/api/products", "http://vm-worker:30081/api/products"]


def test_no_stranger_among_the_pods_reaches_the_database(control: Machine, worker: Machine) -> None:
    database = told("-n", NAMESPACE, "get", "pod", "mysql-0", "-o", "jsonpath={.status.podIP}")
    ask = f"echo | timeout 5 nc -w 2 {database} 3306 >/dev/null && echo yes || echo no"
    for node in (control, worker):
        assert node.ssh(f"sudo probe-asks '{ask}'").strip() == "no"


def test_the_same_commit_again_changes_nothing(docker: Machine) -> None:
    before = shop.pods(*APPS)
    for script in ("push.sh", "deploy.sh"):
        well, output = shop.step(docker, script)
        assert well, output[-6000:]
        assert "docker build" not in output
    assert shop.pods(*APPS) == before


BROKEN_TESTS = {
    "frontend": (
        "tests/broken.test.js",
        "import { it } from 'vitest'; it('is', () => { throw 7 })",
    ),
    "go": (
        "broken_test.go",
        'package main; import "testing"; func TestIs(t *testing.T) { t.Fatal(7) }',
    ),
    "laravel": (
        "tests/Feature/BrokenTest.php",
        "<?php class BrokenTest extends Tests\\TestCase { function test_is() { $this->fail(); } }",
    ),
}


@pytest.mark.parametrize(
    "part", cases(BROKEN_TESTS, {"frontend"}, "the other two are in every run")
)
def test_a_part_whose_tests_fail_is_not_built(docker: Machine, part: str) -> None:
    path, text = BROKEN_TESTS[part]
    docker.ssh(f"cd {shop.FOLDER}/{part} && printf '%s\\n' {shlex.quote(text)} >{path}")
    well, output = shop.step(docker, "build.sh")
    docker.ssh(f"rm {shop.FOLDER}/{part}/{path}")
    assert not well
    assert f"gate stayed shut: tests of {part}" in output, output[-4000:]
    assert f"== an image of {part}\n" not in output


def test_a_broken_migration_leaves_what_runs_and_costs_no_request(
    docker: Machine, platform: Platform, request: pytest.FixtureRequest
) -> None:
    good = shop.tag(docker)
    before = shop.pods(*APPS)
    shop.commit(docker, BROKEN)
    request.addfinalizer(lambda: docker.ssh(f"cd {shop.FOLDER} && git reset -q --hard HEAD^"))
    docker.ssh(f"nohup sh -c {shlex.quote(ASK)} >/tmp/asked 2>&1 & echo $! >/tmp/asking")
    assert shop.step(docker, "push.sh")[0]
    well, output = shop.step(docker, "deploy.sh")
    docker.ssh("kill $(cat /tmp/asking)")
    asked = docker.ssh("cat /tmp/asked; rm /tmp/asked /tmp/asking").split()
    assert not well
    assert "gate stayed shut: the database is migrated" in output
    assert "already exists" in output
    secrets = [one.value.get_secret_value() for one in platform.pipeline_secrets]
    assert not any(secret in output for secret in secrets)
    assert len(asked) > 20
    assert set(asked) == {"200"}
    assert shop.pods(*APPS) == before
    assert shop.runs() == shop.images(good)


def migrate(seed: str = "") -> Run:
    """`make migrate` as a person types it."""
    run = deploy("-y", script="operate/migrate.py", env={"SEED": seed})
    assert run.status == 0, run.reason
    return run


def test_a_migration_by_hand_seeds_an_empty_shop_once(docker: Machine) -> None:
    before = shop.products(docker, "laravel")
    output = migrate(seed="1").said
    assert "== the database is migrated to " in output
    assert shop.products(docker, "laravel") == before
    shop.sql("DELETE FROM products")
    assert shop.products(docker, "laravel") == []
    migrate()
    assert shop.products(docker, "laravel") == []
    migrate(seed="1")
    assert shop.products(docker, "laravel") == before
    assert shop.products(docker, "go") == before
    assert docker.ssh("ls /tmp/tmp.* 2>/dev/null || :") == ""


def test_a_migration_by_hand_that_fails_shows_the_gate_that_stayed_shut(tmp_path: Path) -> None:
    (tmp_path / "docker_host.py").write_text("pipeline_variables = {}\n")  # so kubectl is far away
    run = deploy("-y", "--group-data", str(tmp_path), script="operate/migrate.py")
    assert run.status != 0
    assert f"gate stayed shut: kubectl {KUBERNETES} is here" in run.said
    assert "look whether this machine reaches that address" in run.said
