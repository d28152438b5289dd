"""`make report` on real machines, and its page in a real browser: phone, dark, keyboard, paper."""

from __future__ import annotations

import json
import stat
import subprocess
import sys
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

from lab import CHECKOUT
from lab.machines import Machine
from spec import Secrets
from tests.lab.browser import DESKTOP, PHONE, SCREENS, Visit, keep, launch, visit
from tests.lab.cluster import FETCHED
from tests.lab.deploying import SETTINGS

pytestmark = pytest.mark.usefixtures("converged")

COMMIT = "4f1c02ab"
APP = f"report-probe --image=harbor.local:8080/threebody/none:{COMMIT} --replicas=1"
KUBECTL = "kubectl -n threebody-prod"
FOCUSED = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  const seen = getComputedStyle(at).outlineStyle !== 'none' && box.top >= 0;
  return [at.tagName + ' ' + (at.getAttribute('href') || ''), seen && box.bottom <= innerHeight];
}"""


def run(program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    words = [sys.executable, "-m", f"operate.{program}", "inventory.py", *SETTINGS, *arguments]
    return subprocess.run(words, cwd=CHECKOUT, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def report(control: Machine) -> Iterator[Path]:
    """The page, made while something is deployed."""
    control.ssh(f"{KUBECTL} create deployment {APP}")
    try:
        control.ssh(
            f"{KUBECTL} wait --for=jsonpath='{{.status.conditions[0].type}}' --timeout=30s"
            " deployment/report-probe"
        )
        done = run("report")
    finally:
        control.ssh(f"{KUBECTL} delete deployment report-probe")
    path = FETCHED / "report.html"
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith(f"{path}: ")
    yield path


@pytest.fixture(scope="module")
def browser(docker: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        opened = launch(playwright.chromium, docker, tmp_path_factory.mktemp("home"))
        yield opened
        opened.close()


def shown(visitor: Visit, report: Path) -> Page:
    visitor.page.goto(report.as_uri())
    return visitor.page


def test_it_says_what_the_other_commands_say_and_no_secret(report: Path) -> None:
    html = report.read_text()
    text = unescape(html)
    gates: list[dict[str, Any]] = json.loads(run("status", "--json").stdout)
    ends: list[dict[str, Any]] = json.loads(run("certificates", "--json").stdout)
    assert [row["gate"] for row in gates if row["gate"] not in text] == []
    assert [row["path"] for row in ends if row["path"] not in text] == []
    assert f"{len(gates)} of {len(gates)}" in text
    assert "every node is Ready" in text
    assert COMMIT in text
    assert "0 of 1 pods ready" in text
    assert text.count(" GiB free") >= 3
    secrets = (value for _, value in Secrets() if value)
    assert [one for one in secrets if one.get_secret_value() in html] == []
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_fits_a_screen_by_day_and_by_night(
    report: Path, browser: Browser, size: tuple[int, int], scheme: Any
) -> None:
    with visit(browser, size) as visitor:
        visitor.page.emulate_media(color_scheme=scheme)
        page = shown(visitor, report)
        for layer in page.locator("summary").all():
            layer.click()
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
        background = page.evaluate("getComputedStyle(document.body).backgroundColor")
        assert (background == "rgb(17, 20, 22)") is (scheme == "dark")
        keep(page, f"report-{size[0]}-{scheme}")
        assert visitor.wrong == []


def test_it_is_read_by_keyboard(report: Path, browser: Browser) -> None:
    with visit(browser) as visitor:
        page = shown(visitor, report)
        way = []
        for _ in range(20):
            page.keyboard.press("Tab")
            where, seen = page.evaluate(FOCUSED)
            assert seen, where
            way.append(where)
        assert way[:2] == ["A #report", "A #gates"]
        first = way.index("SUMMARY ")
        assert set(way[:first]) > {f"A #{name}" for name in ("machines", "backup", "versions")}
        layers = page.locator("summary").count()
        assert way[first : first + layers] == layers * ["SUMMARY "]
        page.locator("summary").first.focus()
        assert page.locator("details[open]").count() == 0
        page.keyboard.press("Enter")
        assert page.locator("details[open]").count() == 1


def test_paper_has_what_is_folded_on_a_screen(
    report: Path, browser: Browser, tmp_path: Path
) -> None:
    with visit(browser) as visitor:
        page = shown(visitor, report)
        gate = page.locator("th", has_text="the firewall is on")
        seen = "element => element.checkVisibility()"
        assert not gate.evaluate(seen)
        page.emulate_media(media="print")
        assert gate.evaluate(seen)
        assert page.get_by_text("Skip the summary").is_hidden()
        page.pdf(path=SCREENS / "report.pdf", print_background=True)
        assert (SCREENS / "report.pdf").read_bytes().startswith(b"%PDF")
