"""A platform of which something may be turned over."""

from __future__ import annotations

from dataclasses import replace

import pytest

from spec import Platform
from spec.secrets import MADE


def whole(platform: Platform) -> frozenset[str]:
    return frozenset(it.name for it in platform.machines)


@pytest.fixture
def filed(platform: Platform, monkeypatch: pytest.MonkeyPatch) -> Platform:
    """A platform whose secrets are in a file, as nobody's environment has them."""
    for name in MADE:
        monkeypatch.delenv(name.upper())
    return platform


def watching(platform: Platform) -> Platform:
    settings = platform.k8s_worker.model_copy(update={"monitoring_enabled": True})
    return replace(platform, k8s_worker=settings)
