"""Chromium as a visitor of hit.local has it: its CA is trusted, nothing is waived."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Browser, BrowserType, Page, expect, sync_playwright

from lab import CHECKOUT
from lab.machines import Machine
from spec.certificate import CA

SHOP = "https://hit.local/"
DESKTOP, PHONE = (1280, 860), (360, 740)
SCREENS = CHECKOUT / ".lab" / "screenshots"
expect.set_options(timeout=30_000)  # a machine that has much to do shows a page later


@dataclass
class Visit:
    """A page, and everything that went wrong on it."""

    page: Page
    wrong: list[str] = field(default_factory=list)

    def watch(self) -> None:
        """Take down what a person would find in the browser's console."""
        self.page.on("console", lambda output: self._said(output.type, output.text))
        self.page.on("pageerror", lambda error: self.wrong.append(f"error: {error}"))
        self.page.on("requestfailed", lambda asked: self.wrong.append(f"failed: {asked.url}"))

    def _said(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.wrong.append(f"{kind}: {text}")


@contextmanager
def chromium(docker: Machine, home: Path) -> Iterator[Browser]:
    """Debian's Chromium without a window, with the platform's own CA among those it trusts."""
    store = home / ".pki/nssdb"
    store.mkdir(parents=True)
    certificate = home / "ca.crt"
    certificate.write_text(docker.ssh(f"cat {CA}"))
    trust = ("-A", "-n", "hit.local", "-t", "C,,", "-i", str(certificate))
    for words in (("-N", "--empty-password"), trust):
        subprocess.run(["certutil", "-d", f"sql:{store}", *words], check=True, capture_output=True)
    with sync_playwright() as playwright:
        browser = launch(playwright.chromium, docker, home)
        try:
            yield browser
        finally:
            browser.close()


def launch(kind: BrowserType, docker: Machine, home: Path) -> Browser:
    """The same for any home: without a store of certificates there it trusts what Debian does."""
    program = shutil.which("chromium")
    assert program, "chromium is missing: `make test` installs it, apt-get install chromium does"
    return kind.launch(
        executable_path=program,
        env={"HOME": str(home)},
        # As root in a container Chromium has no sandbox; what it visits is the lab's alone.
        args=["--no-sandbox", f"--host-resolver-rules=MAP hit.local {docker.address}"],
    )


@contextmanager
def visit(browser: Browser, size: tuple[int, int] = DESKTOP) -> Iterator[Visit]:
    """A visitor who has never been there, with a screen of this many pixels."""
    width, height = size
    # A phone lays a page out 980 pixels wide unless the page says otherwise, and has fingers.
    phone = size == PHONE
    context = browser.new_context(
        viewport={"width": width, "height": height}, is_mobile=phone, has_touch=phone
    )
    try:
        visitor = Visit(context.new_page())
        visitor.watch()
        yield visitor
    finally:
        context.close()


def keep(page: Page, name: str) -> None:
    """A screenshot of all of a page, for a person to look at."""
    SCREENS.mkdir(parents=True, exist_ok=True)
    screen = SCREENS / f"{name}.png"
    page.screenshot(path=screen, full_page=True)
    print(f"screenshot: {screen}")
