"""Who is told of alerts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lab.machines import Machine
from tests.lab.cluster import until
from tests.lab.monitored import WEBHOOK_GATE, alerted, shut
from tests.lab.webhook import Webhook

pytestmark = pytest.mark.usefixtures("converged")


def test_alerts_of_ours_are_posted_to_the_webhook_and_others_are_not(
    installed: None, webhook: Webhook, worker: Machine, watched: tuple[str, ...]
) -> None:
    page = {"alertname": "TargetGone", "severity": "page", "instance": "vm-docker"}
    webhook.takes = False
    alerted(worker, {"alertname": "Watchdog", "severity": "none"}, page)
    until(lambda: shut(watched) == {WEBHOOK_GATE}, 60, "the gate of a webhook that fails shuts")
    webhook.takes = True
    until(lambda: webhook.told == [("TargetGone", "firing")], 60, "somebody is told")
    until(lambda: shut(watched) == set(), 30, "the gate opens")
    alerted(worker, page, endsAt=datetime.now(UTC).isoformat())
    resolved = ("TargetGone", "resolved")
    until(lambda: resolved in webhook.told, 90, "somebody is told that it is over")
    assert {name for name, _ in webhook.told} == {"TargetGone"}
