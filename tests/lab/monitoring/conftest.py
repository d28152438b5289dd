"""A monitoring, installed before the first of these tests, and gone after the last."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from lab import OPERATOR
from tests.lab.cluster import kubectl
from tests.lab.deploying import converge
from tests.lab.mailbox import Mailbox
from tests.lab.monitored import OPENED, TOKEN, changes, monitoring, opening
from tests.lab.webhook import Webhook


@pytest.fixture(scope="package")
def webhook() -> Iterator[Webhook]:
    """The alert_webhook of every run here that says nothing else."""
    with pytest.MonkeyPatch.context() as patch, Webhook() as server:
        patch.setenv("ALERT_WEBHOOK", f"{server.url}?token={TOKEN}")
        yield server


@pytest.fixture(scope="package")
def mailbox() -> Iterator[Mailbox]:
    """The server of monitoring_mail."""
    with Mailbox() as server:
        yield server


@pytest.fixture(scope="package")
def watched(
    converged: None,
    webhook: Webhook,
    mailbox: Mailbox,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[str, ...]:
    """Arguments of every run here."""
    mail = {
        "host": OPERATOR,
        "port": mailbox.port,
        "sender": "platform@example.org",
        "recipients": ["team@example.org", "night@example.org"],
        "user": None,
        "tls": False,
    }
    folder = tmp_path_factory.mktemp("watched")
    told = f"monitoring_enabled = True\nmonitoring_mail = {mail}\n"
    (folder / "k8s_worker.py").write_text(told)
    return ("--group-data", str(folder))


@pytest.fixture(scope="package")
def installed(watched: tuple[str, ...]) -> Iterator[None]:
    """A platform with a monitoring, which is none afterwards."""
    assert opening(converge(*watched)) == OPENED
    began = time.monotonic()
    assert {"Install chart loki 18.11.0", "Prepare the namespace"} <= changes(*watched)
    took = time.monotonic() - began
    print(f"make monitoring: {took:.0f} s")
    assert took < 300
    yield
    if kubectl("get", "namespace", "monitoring").returncode == 0:
        monitoring("-y", *watched, REMOVE="1")
        converge()
