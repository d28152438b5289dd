"""What a person sees in a browser: Prometheus' own pages, as Debian's Prometheus has them."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import expect

from lab.machines import Machine
from spec import Platform
from tests.lab.browser import chromium, keep, visit
from tests.lab.pages import PROMETHEUS
from tests.lab.test_alerts import ALERTS

pytestmark = pytest.mark.usefixtures("installed")


def test_targets_and_alerts_are_pages_that_a_person_reads(
    docker: Machine, worker: Machine, platform: Platform, tmp_path: Path
) -> None:
    # Some of Debian's scripts on them are modules, which a browser says; what is read needs none.
    at = f"http://{worker.address}:{PROMETHEUS}/classic"
    with chromium(docker, tmp_path) as browser, visit(browser) as visitor:
        page = visitor.page
        page.goto(f"{at}/targets")
        expect(page.locator("#job-machines")).to_contain_text(
            f"({len(platform.machines)}/{len(platform.machines)} up)"
        )
        keep(page, "prometheus-targets")
        page.goto(f"{at}/alerts")
        names = page.locator(".alert_header b").all_inner_texts()
        assert set(names) == set(ALERTS)
        keep(page, "prometheus-alerts")
