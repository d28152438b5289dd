"""The shipped platform without a checkout's own state, and a host to run operations on."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import gitlab
import pytest
from gitlab.v4.objects import Project
from pyinfra.context import ctx_host, ctx_inventory

import spec
from lab.doubles.gitlab.store import Store
from spec import Platform
from spec.inventory import HostData
from spec.secrets import Secrets
from tests.unit.application import lay_out
from tests.unit.doubles import SECRETS, Facts, StubHost, changed, shipped
from tests.unit.gitlab_pushed import Pushed, pushed
from tests.unit.gitlab_served import a_project, client, served
from tests.unit.pipeline import Bench
from tests.unit.three import with_controls

# `spec.load` is the function; this is the module.
LOAD = importlib.import_module("spec.load")
OnHost = Callable[..., StubHost]


# What programs need of the environment; the rest is somebody's own: secrets, a lab's name.
NEEDED = ("HOME", "LANG", "LC_", "LOGNAME", "PATH", "PYTEST_", "PYTHON", "TERM", "TMPDIR", "USER")


@pytest.fixture(scope="session", autouse=True)
def nobodys_checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """An environment without what somebody works with, and no file of secrets for programs."""
    nowhere = tmp_path_factory.mktemp("nobodys") / "secrets.env"
    with pytest.MonkeyPatch.context() as patch:
        for name in os.environ:
            if not name.startswith(NEEDED):
                patch.delenv(name)
        patch.setenv("THREEBODY_SECRETS", str(nowhere))
        yield


@pytest.fixture(autouse=True)
def secrets_file(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Where secrets.env would be: a checkout's own is neither needed nor read."""
    path = tmp_path / "secrets.env"
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setitem(Secrets.model_config, "env_file", path)
    monkeypatch.setattr(LOAD, "SECRETS_FILE", path)
    monkeypatch.setattr("spec.rotation.SECRETS_FILE", path)
    monkeypatch.setattr(LOAD, "_loaded", None)
    return path


@pytest.fixture
def hosts() -> list[HostData]:
    """What the shipped inventory and group_data say of each host."""
    return shipped()


@pytest.fixture
def platform(hosts: list[HostData]) -> Platform:
    """The shipped platform, loaded as a deploy loads it."""
    return spec.load(hosts)


@pytest.fixture
def watched(hosts: list[HostData]) -> Platform:
    """The shipped platform with a monitoring."""
    return spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True))


@pytest.fixture
def wide(platform: Platform) -> Platform:
    """The shipped platform with one more worker."""
    (first,) = platform.members("k8s_worker")
    extra = replace(first, name="vm-worker-2", address=first.address + 1)
    return replace(platform, machines=(*platform.machines, extra))


@pytest.fixture
def three(hosts: list[HostData]) -> Platform:
    """The shipped platform with two more control planes, behind an address that moves."""
    return spec.load(with_controls(hosts, 3))


@pytest.fixture
def bench(platform: Platform, tmp_path: Path) -> Bench:
    """The shipped application, and doubles of all that its pipeline speaks to."""
    return Bench(lay_out(tmp_path / "app", platform))


@pytest.fixture
def on_host() -> Iterator[OnHost]:
    """Make pyinfra's `host` one that answers the given facts."""

    def use(
        facts: Facts | None = None, name: str = "vm-docker", groups: tuple[str, ...] = ()
    ) -> StubHost:
        host = StubHost(name, groups, facts)
        ctx_host.set(host)  # type: ignore[no-untyped-call]
        # Whoever asks for another machine gets one that answers the same.
        others = SimpleNamespace(get_host=lambda other: StubHost(other, (), facts))
        ctx_inventory.set(others)  # type: ignore[no-untyped-call]
        return host

    yield use
    ctx_host.reset()
    ctx_inventory.reset()


@pytest.fixture
def hosted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pushed]:
    """A project of the lab's GitLab, to push to."""
    with pushed(tmp_path, monkeypatch) as made:
        yield made


@pytest.fixture
def store(tmp_path: Path) -> Store:
    """What the lab's GitLab remembers: nothing yet."""
    return Store(tmp_path / "gitlab")


@pytest.fixture
def url(store: Store) -> Iterator[str]:
    """Where that GitLab answers."""
    with served(store) as address:
        yield address


@pytest.fixture
def api(url: str) -> gitlab.Gitlab:
    """Its API, as its user sees it."""
    return client(url)


@pytest.fixture
def shop(api: gitlab.Gitlab) -> Project:
    """A project there, which is empty."""
    return a_project(api)
