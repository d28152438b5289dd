"""Charts that are not what they should be, and a Helm that is killed at work."""

from __future__ import annotations

import os
import subprocess

import pytest

from lab import CHECKOUT
from lab.machines import Machine
from spec import Platform
from spec.secrets import strong
from tests.lab.cluster import until
from tests.lab.deploying import PYINFRA, SETTINGS
from tests.lab.monitored import another_loki, changes, monitoring, records
from tests.lab.pages import GRAFANA, asked

pytestmark = pytest.mark.usefixtures("converged")


def test_a_chart_of_another_sum_or_that_does_not_exist_is_not_installed(
    installed: None, watched: tuple[str, ...], platform: Platform
) -> None:
    run = monitoring("-y", *watched, *another_loki(platform, sha256="0" * 64))
    assert run.status != 0
    assert "chart loki 18.11.0 at http://" in run.said
    assert f"expected {'0' * 64}" in run.said
    run = monitoring("-y", *watched, *another_loki(platform, version="8.2.0", sha256="1" * 64))
    assert run.status != 0
    assert "chart loki 8.2.0 cannot be fetched whole" in run.said


@pytest.mark.soak(reason="another installation of all charts")
def test_helm_that_was_killed_is_taken_up_again_with_the_new_password(
    installed: None,
    control: Machine,
    worker: Machine,
    watched: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    new = strong()
    words = [PYINFRA, "inventory.py", "operate/monitoring.py", *SETTINGS, *watched, "-y"]
    with subprocess.Popen(
        words,
        cwd=CHECKOUT,
        env={**os.environ, "GRAFANA_PASSWORD": new},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as run:
        until(lambda: "pending-upgrade" in records(), "helm is at work")
        control.ssh("sudo pkill -9 -x helm")
        assert run.wait() != 0
    assert "pending-upgrade" in records()
    assert changes(*watched, GRAFANA_PASSWORD=new) >= {"Install chart kube-prometheus-stack 88.5.3"}
    assert asked(worker, GRAFANA, "/api/org", f"admin:{new}") == 200
    assert changes(*watched, GRAFANA_PASSWORD=new) == set()
    monkeypatch.delenv("ALERT_WEBHOOK")
    silent = monitoring("-y", *watched, "--data", "monitoring_mail=null")
    assert "nobody is told of alerts: set alert_webhook" in silent.said
