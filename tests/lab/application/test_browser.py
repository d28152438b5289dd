"""What a visitor sees at https://hit.local, in a real browser, on a good and on a bad day."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Error, Locator, Page, expect

from lab.machines import Machine
from tests.lab import shop
from tests.lab.browser import PHONE, SHOP, chromium, keep, launch, visit
from tests.lab.deploying import await_shut

GO = "**/go/api/products"
FINGER = 44  # pixels that one needs
SEEN = """() => {
  const at = document.activeElement, box = at.getBoundingClientRect();
  return getComputedStyle(at).outlineStyle !== 'none' && box.top >= 0 && box.bottom <= innerHeight;
}"""


@pytest.fixture(scope="module")
def browser(docker: Machine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    with chromium(docker, tmp_path_factory.mktemp("home")) as opened:
        yield opened


def shelf(page: Page, backend: str) -> list[str]:
    """The products on a backend's shelf, when it is filled."""
    present = page.get_by_role("region", name=backend)
    expect(present.get_by_role("status")).to_contain_text("products")
    return present.get_by_role("heading", level=3).all_inner_texts()


def go_fails(page: Page) -> Locator:
    """The shop while Go gives this visitor no answer; the button that asks it again."""
    page.route(GO, lambda route: route.abort())
    page.goto(SHOP)
    again = page.get_by_role("button", name="Try Go API again")
    expect(again).to_be_visible()
    return again


def too_wide(page: Page) -> int:
    """By how many pixels a page is wider than a phone."""
    return max(0, int(page.evaluate("document.documentElement.scrollWidth")) - PHONE[0])


@pytest.fixture
def without(request: pytest.FixtureRequest) -> Iterator[None]:
    """Without these apps meanwhile."""
    apps: tuple[str, ...] = request.param
    before = {app: len(shop.pods(app)) for app in apps}
    try:
        shop.scale(0, *apps, within=120)
        yield
    finally:
        for app, replicas in before.items():
            shop.scale(replicas, app, within=120)
    assert shop.smoke() == (0, [])


def test_both_backends_fill_their_shelves_and_nothing_is_wrong(
    browser: Browser, docker: Machine
) -> None:
    with visit(browser) as visitor:
        visitor.page.goto(SHOP)
        found = {name: shelf(visitor.page, f"{name} API") for name in ("Go", "Laravel")}
        keep(visitor.page, "shop")
        assert found["Go"] == shop.products(docker, "go")
        assert found["Laravel"] == shop.products(docker, "laravel")
        assert visitor.wrong == []


def test_a_browser_that_does_not_know_the_certificate_refuses_it(
    browser: Browser, docker: Machine, tmp_path: Path
) -> None:
    stranger = launch(browser.browser_type, docker, tmp_path)
    try:
        with visit(stranger) as visitor, pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            visitor.page.goto(SHOP)
    finally:
        stranger.close()


@pytest.mark.parametrize("without", [("go",)], indirect=True)
@pytest.mark.usefixtures("without")
def test_a_backend_that_is_down_is_named_and_the_other_one_still_sells(browser: Browser) -> None:
    with visit(browser) as visitor:
        visitor.page.goto(SHOP)
        assert shelf(visitor.page, "Laravel API") != []
        failed = visitor.page.get_by_role("region", name="Go API")
        expect(failed.get_by_role("status")).to_contain_text("Go API fails")
        expect(failed.get_by_role("button")).to_have_text("Try Go API again")
        keep(visitor.page, "go-is-down")


@pytest.mark.parametrize("without", [("frontend", "go", "laravel")], indirect=True)
@pytest.mark.usefixtures("without")
def test_when_all_is_down_the_edge_itself_says_so(browser: Browser) -> None:
    with visit(browser) as visitor:
        answer = visitor.page.goto(SHOP)
        assert answer is not None
        assert answer.status == 503
        assert answer.headers["retry-after"] == "10"
        expect(visitor.page.get_by_role("heading")).to_have_text("Not available right now")
        keep(visitor.page, "all-is-down")
    with visit(browser, PHONE) as visitor:
        visitor.page.goto(SHOP)
        assert too_wide(visitor.page) == 0
    await_shut("vm-docker: the application answers at https://hit.local")


def test_a_phone_shows_all_of_it_without_scrolling_sideways(browser: Browser) -> None:
    with visit(browser, PHONE) as visitor:
        page = visitor.page
        again = go_fails(page)
        shelf(page, "Laravel API")
        keep(page, "phone-go-is-down")
        assert too_wide(page) == 0
        box = again.bounding_box()
        assert box is not None
        assert box["height"] >= FINGER
        page.unroute(GO)
        again.tap()
        shelf(page, "Go API")
        keep(page, "phone")
        assert too_wide(page) == 0


def test_the_keyboard_reaches_everything_and_shows_where_it_is(browser: Browser) -> None:
    with visit(browser) as visitor:
        page = visitor.page
        again = go_fails(page)
        page.keyboard.press("Tab")
        expect(page.get_by_role("link", name="Skip to the products")).to_be_focused()
        assert page.evaluate(SEEN)
        page.keyboard.press("Enter")
        page.keyboard.press("Tab")
        expect(again).to_be_focused()
        assert page.evaluate(SEEN)
        page.unroute(GO)
        page.keyboard.press("Enter")
        assert shelf(page, "Go API") != []
        expect(page.get_by_role("heading", name="Go API")).to_be_focused()
