"""What gets no security fixes any more, or soon none: of settings, the application, machines."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import pytest

from facts.probe import Probe
from spec import Platform
from spec.end_of_life import PRODUCTS, Part, ended, part, parts
from spec.lines import SOON
from tasks.preflight import system
from tasks.preflight.finding import Note

PHP_ENDS = date(2028, 12, 31)


def with_docker(platform: Platform, **settings: object) -> Platform:
    return replace(platform, docker_host=platform.docker_host.model_copy(update=settings))


@pytest.mark.parametrize(
    ("product", "version", "end"),
    [
        ("docker", "28.5.1", date(2026, 5, 13)),
        ("docker", "26.1.5", date(2025, 2, 17)),
        ("harbor", "2.14.1", None),
        ("golang", "1.2.3", None),
        ("debian", "13", date(2030, 6, 30)),
        ("ubuntu", "24.04", date(2029, 5, 31)),
    ],
)
def test_a_version_has_the_end_of_its_line(product: str, version: str, end: date | None) -> None:
    assert part(product, version, "there").end == end


def test_every_date_is_one_and_has_a_public_source() -> None:
    for product in PRODUCTS.values():
        assert product.source.startswith("https://")
        assert all(date.fromisoformat(end) for end in product.ends.values())


def test_every_part_with_a_version_is_named_once_the_applications_too(platform: Platform) -> None:
    where = {it.where: it.name for it in parts(platform)}
    assert len(where) == len(list(parts(platform)))
    assert where == {
        "kubernetes_version": "Kubernetes",
        "calico_version": "Calico",
        "docker_version": "Docker",
        "harbor_version": "Harbor",
        "runner_version": "GitLab Runner",
        "edge_image": "nginx",
        "NODE_IMAGE": "Node.js",
        "NGINX_IMAGE": "nginx",
        "GO_IMAGE": "Go",
        "PHP_IMAGE": "PHP",
        "10-mysql.yaml": "MySQL",
    }


def test_a_variable_of_the_pipeline_counts_and_an_application_of_ones_own_is_its_own(
    platform: Platform,
) -> None:
    chosen = {"PHP_IMAGE": "registry:5000/php:8.4.2-fpm", "GO_IMAGE": "golang:bookworm"}
    versions = {
        it.name: it.version for it in parts(with_docker(platform, pipeline_variables=chosen))
    }
    assert versions["PHP"] == "8.4.2"
    assert "Go" not in versions
    own = with_docker(platform, application_source="/srv/mine")
    assert {"PHP", "MySQL"}.isdisjoint(it.name for it in parts(own))


@pytest.mark.parametrize(
    ("today", "told"),
    [
        (PHP_ENDS - SOON, ""),
        (PHP_ENDS - SOON + timedelta(1), "PHP 8.4.26 after 2028-12-31 (PHP_IMAGE)"),
        (PHP_ENDS, "PHP 8.4.26 after 2028-12-31 (PHP_IMAGE)"),
        (PHP_ENDS + timedelta(1), "PHP 8.4.26 since 2028-12-31 (PHP_IMAGE)"),
    ],
)
def test_90_days_before_its_end_a_run_names_it(platform: Platform, today: date, told: str) -> None:
    output = ended(platform, today)
    assert ("PHP" in output) is bool(told)
    assert told in output
    assert "\n" not in output
    assert "Kubernetes" not in output, "it has its own sentence"


def test_a_platform_whose_parts_all_live_says_nothing(platform: Platform) -> None:
    assert ended(platform, date(2020, 1, 1)) == ""


def test_a_machine_with_an_old_release_is_noted_and_not_refused(
    platform: Platform, monkeypatch: pytest.MonkeyPatch
) -> None:
    machine = platform.docker
    assert list(system.findings(platform, machine, Probe())) == []
    monkeypatch.setattr(
        system, "part", lambda *_: Part("Debian", "13", "", "https://x", date(2026, 1, 1))
    )
    (note,) = system.findings(platform, machine, Probe())
    assert isinstance(note, Note)
    assert "runs Debian 13, whose security fixes end on 2026-01-01" in str(note)
