"""Helm on the control plane: when it is run, with what, and what of it shows."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from facts.cluster import SecretSums
from facts.files import Paths, PathState
from facts.helm import Release, Releases
from operations import helm, kubernetes
from spec import Platform
from spec.charts import LOKI, Chart
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, commands, parses, sh, stdin_of, texts, tool

VALUES = "deploymentMode: Monolithic\n"


@pytest.fixture
def pin(platform: Platform) -> Chart:
    return platform.k8s_worker.monitoring_charts[LOKI]


def arguments(pin: Chart, values: str = VALUES) -> dict[str, Any]:
    return {
        "release": "loki",
        "namespace": "monitoring",
        "chart": LOKI,
        "pin": pin,
        "values": values,
    }


def present(pin: Chart) -> dict[str, PathState]:
    archive = f"{helm.HOME}/loki-{pin.version}.tgz"
    return {archive: PathState("file", "0644", "root", "root", pin.sha256)}


def recorded(on_host: OnHost, pin: Chart, status: str = "deployed") -> dict[type, Any]:
    """What the cluster says once a release was made of this chart and these values."""
    on_host({Paths: present(pin)})
    made = commands(helm.release, **arguments(pin))[-1].get_raw_value()
    (label,) = [word for word in made.split() if word.startswith("sum=")]
    found = {"loki": Release(3, status, label.removeprefix("sum="))}
    return {Paths: present(pin), Releases: found}


def test_a_chart_is_fetched_compared_by_its_sum_and_released_with_its_values(
    on_host: OnHost, pin: Chart
) -> None:
    on_host()
    fetched, defined, released = commands(helm.release, **arguments(pin))
    assert pin.url(LOKI) in fetched.get_raw_value()
    assert pin.sha256 in fetched.get_raw_value()
    assert "show crds" in defined.get_raw_value()
    text = released.get_raw_value()
    assert f"upgrade --install loki {helm.HOME}/loki-{pin.version}.tgz" in text
    assert {"--wait", "--skip-crds", "--values"} <= set(text.split())
    assert stdin_of(released) == VALUES
    assert all(map(parses, texts(helm.release, **arguments(pin))))


def test_helm_is_not_run_for_what_is_released_already(on_host: OnHost, pin: Chart) -> None:
    facts = recorded(on_host, pin)
    on_host(facts)
    assert commands(helm.release, **arguments(pin)) == []
    assert len(commands(helm.release, **arguments(pin, values="other: 1\n"))) == 2
    newer = pin.model_copy(update={"sha256": "0" * 64})
    assert len(commands(helm.release, **arguments(newer))) == 3


@pytest.mark.parametrize("status", ["failed", "uninstalling", "superseded"])
def test_what_helm_could_not_finish_is_tried_again(
    on_host: OnHost, pin: Chart, status: str
) -> None:
    facts = recorded(on_host, pin, status)
    on_host(facts)
    assert len(commands(helm.release, **arguments(pin))) == 2


@pytest.mark.parametrize("status", ["pending-install", "pending-upgrade", "pending-rollback"])
def test_what_was_cut_off_is_taken_up_again(on_host: OnHost, pin: Chart, status: str) -> None:
    facts = recorded(on_host, pin, status)
    on_host(facts)
    forgotten, _, released = texts(helm.release, **arguments(pin))
    assert "delete secret/sh.helm.release.v1.loki.v3" in forgotten
    assert "upgrade --install" in released


def test_charts_without_definitions_apply_none(on_host: OnHost, pin: Chart, tmp_path: Path) -> None:
    on_host({Paths: present(pin)})
    defined, _ = texts(helm.release, **arguments(pin))
    asked = tmp_path / "asked"
    tool(tmp_path / "bin", "kubectl", f"cat >>{asked} <<END\n$*\nEND")
    tool(tmp_path / "bin", "env", "echo")
    assert sh(defined, tools=tmp_path / "bin").returncode == 0
    assert not asked.exists()
    tool(tmp_path / "bin", "env", "echo kind: CustomResourceDefinition")
    assert sh(defined, tools=tmp_path / "bin").returncode == 0
    assert "apply --server-side" in asked.read_text()


def test_helm_is_fetched_once_and_unpacked_where_nobody_else_looks(on_host: OnHost) -> None:
    wanted = {"version": "3.14.4", "releases": "https://get.example", "sha256": "a" * 64}
    on_host()
    fetched, unpacked = texts(helm.install, **wanted)
    assert "https://get.example/helm-v3.14.4-linux-amd64.tar.gz" in fetched
    assert unpacked.rstrip().endswith(f"{helm.HOME}/linux-amd64")
    archive = f"{helm.HOME}/helm-v3.14.4-linux-amd64.tar.gz"
    on_host(
        {
            Paths: {
                archive: PathState("file", "0644", "root", "root", "a" * 64),
                f"{helm.HOME}/linux-amd64/helm": PathState("file", "0755", "root", "root", "b"),
            }
        }
    )
    assert texts(helm.install, **wanted) == []


def test_only_what_is_released_is_uninstalled(on_host: OnHost) -> None:
    on_host({Releases: {"kps": Release(1, "deployed")}})
    (gone,) = texts(helm.uninstall, releases=["alloy", "kps"], namespace="monitoring")
    assert "uninstall kps" in gone
    on_host()
    assert texts(helm.uninstall, releases=["alloy", "kps"], namespace="monitoring") == []


def test_a_secret_is_compared_by_sums_and_shows_in_no_command(on_host: OnHost) -> None:
    given = {"namespace": "monitoring", "secret": "s", "values": {"password": PASSWORD}}
    on_host()
    (command,) = commands(kubernetes.secret, **given)
    assert PASSWORD not in command.get_raw_value()
    assert '"kind": "Secret"' in stdin_of(command)
    sum_ = sh(f"printf %s {PASSWORD} | sha256sum").stdout.split()[0]
    host = on_host({SecretSums: {"password": sum_}})
    assert commands(kubernetes.secret, **given) == []
    assert PASSWORD not in str(host.asked)
