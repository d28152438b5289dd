"""Who is told of alerts."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import partial

import pytest

from lab.machines import Machine
from tests.lab.cluster import until
from tests.lab.deploying import await_shut
from tests.lab.mailbox import Mailbox
from tests.lab.monitored import MAIL_GATE, WEBHOOK_GATE, alerted, shut
from tests.lab.webhook import Webhook

pytestmark = pytest.mark.usefixtures("converged")


def test_alerts_of_ours_are_posted_and_sent_and_others_are_not(
    installed: None,
    webhook: Webhook,
    mailbox: Mailbox,
    worker: Machine,
    watched: tuple[str, ...],
) -> None:
    # A name of its own: on a busy machine alerts of the platform's may be among what comes.
    page = {"alertname": "Drill", "severity": "page", "instance": "vm-docker"}
    webhook.takes = mailbox.takes = False
    alerted(worker, {"alertname": "Watchdog", "severity": "none"}, page)
    theirs = {MAIL_GATE, WEBHOOK_GATE}
    await_shut(*theirs, ask=partial(shut, watched))
    webhook.takes = mailbox.takes = True
    until(lambda: ("Drill", "firing") in webhook.told, "somebody is told")
    until(lambda: bool(mailbox.about("[FIRING:1] Drill")), "and gets a letter")
    await_shut(ask=partial(shut, watched))
    alerted(worker, page, endsAt=datetime.now(UTC).isoformat())
    until(lambda: ("Drill", "resolved") in webhook.told, "somebody is told that it is over")
    until(lambda: bool(mailbox.about("[RESOLVED] Drill")), "and gets a letter of that")
    letter = mailbox.about("[FIRING:1] Drill")[0]
    assert (letter["From"], letter["To"]) == (
        "platform@example.org",
        "team@example.org, night@example.org",
    )
    assert "Watchdog" not in {name for name, _ in webhook.told}
    assert not any("Watchdog" in it.as_string() for it in mailbox.letters)
