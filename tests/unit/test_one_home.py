"""A setting has one home: its value stands nowhere else in the code."""

from __future__ import annotations

import re
import runpy
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from spec.settings import GROUPS
from tests.unit.code import Module, modules
from tests.unit.doubles import CHECKOUT, shipped

# Words of the trade that happen to be a setting's value somewhere.
TOO_COMMON = {"admin", "backups", "calico", "deploy", "distribution", "vxlan"}
# What the shipped application itself serves.
TOO_COMMON |= {"/api/products", "/laravel/"}
# Written by package managers: versions of their own, and sums.
LOCKS = {"go.sum", "package-lock.json"}


def flat(value: object) -> Iterator[object]:
    if isinstance(value, list | tuple | dict):
        for one in value.values() if isinstance(value, dict) else value:
            yield from flat(one)
    else:
        yield value


def parts(value: object) -> Iterator[object]:
    """A value, and what it is made of: an address with a port tells a host and a port."""
    yield value
    if isinstance(value, str) and "://" in value:
        told = urlsplit(value)
        if told.port:
            yield from (told.hostname, told.port)


def telling(value: object) -> bool:
    """Whether finding a value elsewhere means that it was copied: 5 and 80 are found anywhere."""
    if isinstance(value, bool):
        return False
    if isinstance(value, int):
        return value > 1023
    return isinstance(value, str) and len(value) > 4 and value not in TOO_COMMON


def values() -> list[str]:
    found = {str(host.data["ssh_hostname"]) for host in shipped()}
    for path in (CHECKOUT / "group_data").glob("*.py"):
        for name, value in runpy.run_path(str(path)).items():
            if not name.startswith("__"):
                told = (part for one in flat(value) for part in parts(one))
                found |= {str(part) for part in told if telling(part)}
    return sorted(found)


def pattern() -> re.Pattern[str]:
    joined = "|".join(re.escape(value) for value in values())
    return re.compile(rf"(?<![\w.-])(?:{joined})(?![\w-]|\.\w)")


def others() -> list[Path]:
    """What is no Python and goes to machines or runs the deploy."""
    found = [path for part in ("files", "templates") for path in (CHECKOUT / part).rglob("*")]
    found += [CHECKOUT / "Makefile", CHECKOUT / "setup"]
    return [path for path in found if path.is_file() and path.name not in LOCKS]


def test_the_values_searched_for_are_those_that_matter() -> None:
    expected = {
        "192.168.56.42",
        "192.168.56.0/24",
        "harbor.local",
        "hit.local",
        "8080",
        "28.5.1",
        "30080",
        "nginx:1.30-alpine",
        "https://download.docker.com/linux",
    }
    assert expected <= set(values())


@pytest.mark.parametrize(
    "module",
    [m for m in modules() if m.part not in ("group_data", "inventory")],
    ids=lambda module: module.name,
)
def test_no_module_repeats_the_value_of_a_setting(module: Module) -> None:
    look = pattern()
    hits = [(line, value) for line, value in module.literals() if look.search(str(value))]
    assert hits == []


@pytest.mark.parametrize("path", others(), ids=lambda path: path.name)
def test_no_file_or_template_repeats_the_value_of_a_setting(path: Path) -> None:
    assert pattern().findall(path.read_text(encoding="utf-8")) == []


def test_every_setting_of_group_data_is_in_the_spec_and_the_other_way_round() -> None:
    for model in GROUPS:
        found = runpy.run_path(str(CHECKOUT / "group_data" / f"{model.group}.py"))
        names = {name for name in found if not name.startswith("_")}
        assert names == set(model.model_fields), model.group
    files = {path.stem for path in (CHECKOUT / "group_data").glob("*.py")}
    assert files == {model.group for model in GROUPS}


def test_every_setting_is_used() -> None:
    told = "\n".join(m.text for m in modules() if m.part not in ("group_data", "inventory"))
    told += "\n".join(path.read_text(encoding="utf-8") for path in others())
    for model in GROUPS:
        for name in model.model_fields:
            used = len(re.findall(rf"\.{name}\b|\"{name}\"", told))
            assert used, f"{model.group}: {name} changes nothing"


def test_a_setting_has_the_prefix_of_its_subject() -> None:
    subjects = {
        "docker_host": (
            *("docker_", "harbor_", "edge_", "gitlab_", "runner_"),
            *("application_", "pipeline_"),
        ),
        "k8s_node": ("kubernetes_", "containerd_"),
        "k8s_control": (
            *("pod_", "service_", "cni", "calico_", "flannel_", "control_plane_", "kubeadm_"),
            "probe_",
        ),
        "k8s_worker": ("app_", "monitoring_", "worker_"),
    }
    for model in GROUPS:
        for name in model.model_fields:
            assert name.startswith(subjects.get(model.group, ("",))), name
