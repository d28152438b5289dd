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
    page = {"alertname": "TargetGone", "severity": "page", "instance": "vm-docker"}
    webhook.takes = mailbox.takes = False
    alerted(worker, {"alertname": "Watchdog", "severity": "none"}, page)
    theirs = {MAIL_GATE, WEBHOOK_GATE}
    await_shut(*theirs, ask=partial(shut, watched))
    webhook.takes = mailbox.takes = True
    until(lambda: webhook.told == [("TargetGone", "firing")], "somebody is told")
    until(lambda: len(mailbox.letters) == 1, "and gets a letter")
    await_shut(ask=partial(shut, watched))
    alerted(worker, page, endsAt=datetime.now(UTC).isoformat())
    resolved = ("TargetGone", "resolved")
    until(lambda: resolved in webhook.told, "somebody is told that it is over")
    until(lambda: "RESOLVED" in mailbox.subjects[-1], "and gets a letter of that")
    assert {name for name, _ in webhook.told} == {"TargetGone"}
    first = mailbox.letters[0]
    assert (first["From"], first["To"]) == (
        "platform@example.org",
        "team@example.org, night@example.org",
    )
    assert "[FIRING:1] TargetGone" in str(first["Subject"])
    assert not any("Watchdog" in letter.as_string() for letter in mailbox.letters)
