"""The registry's own layer, run here without a machine: what it would do there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.tasks_run import Call, run

TLS = {"harbor_url": "https://harbor.local:8443"}
CRT, KEY = "/etc/harbor/tls/tls.crt", "/etc/harbor/tls/tls.key"
CA = "/etc/docker/certs.d/harbor.local:8443/ca.crt"
Layer = Callable[..., list[Call]]


@pytest.fixture
def layer(hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch) -> Layer:
    def calls(**settings: object) -> list[Call]:
        platform = spec.load(changed(hosts, "docker_host", **settings))
        return run("docker_host", "vm-docker", platform, on_host, monkeypatch)

    return calls


def only(calls: list[Call], operation: str) -> dict[str, Any]:
    (call,) = [call for call in calls if call.operation == operation]
    return call.arguments
