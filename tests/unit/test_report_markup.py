"""The page of `make report`: its picture, its markup, its colours."""

from __future__ import annotations

import re
from dataclasses import replace
from itertools import pairwise

import pytest

from operate.page import rendered
from operate.picture import picture
from operate.reported import Report
from spec import Platform
from tests.unit.doubles import CHECKOUT
from tests.unit.html_read import Page
from tests.unit.reported import a_report, with_faults


@pytest.fixture
def well(platform: Platform) -> Report:
    return a_report(platform)


@pytest.fixture
def bad(well: Report) -> Report:
    return with_faults(well)


def test_the_platform_is_drawn_with_its_roles(well: Report, wide: Platform) -> None:
    text = Page(rendered(well)).text
    for words in (
        "visitors https://hit.local gitlab.com",
        "registry: Harbor, harbor.local:8080",
        "Kubernetes API, 6443",
        "30082 laravel",
        "database, on its disk",
    ):
        assert words in text, words
    extra = replace(wide.machines[-1], name="vm-worker-3")
    wide = replace(wide, machines=(*wide.machines, extra))
    boxes = picture(wide).boxes
    assert [box.machine.name for box in boxes] == [
        *("vm-docker", "vm-k8s", "vm-worker", "vm-worker-2", "vm-worker-3")
    ]
    for one in boxes:
        for other in boxes:
            apart = (
                one.x + one.width <= other.x
                or other.x + other.width <= one.x
                or one.y + one.height + 10 <= other.y
                or other.y + other.height + 10 <= one.y
            )
            assert apart or one is other, (one, other)
    assert picture(wide).height >= max(box.y + box.height for box in boxes)


@pytest.mark.parametrize("day", ["well", "bad"])
def test_it_is_valid_and_tables_and_headings_say_what_they_are(
    day: str, request: pytest.FixtureRequest
) -> None:
    html = rendered(request.getfixturevalue(day))
    found = Page(html)
    assert html.startswith("<!doctype html>")
    tags = [tag for tag, _ in found.elements]
    ids = list(found.every("id"))
    assert len(ids) == len(set(ids))
    inner = [link[1:] for link in found.every("href") if link.startswith("#")]
    assert len(inner) >= 8
    named = [word for value in found.every("aria-labelledby") for word in value.split()]
    assert {*inner, *named} <= set(ids)
    assert tags.count("caption") == tags.count("table") >= 6
    assert all(
        attributes.get("scope") in ("col", "row")
        for tag, attributes in found.elements
        if tag == "th"
    )
    levels = [int(tag[1]) for tag in tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    assert {"main", "nav", "header", "footer", "title"} <= set(tags)


def test_it_needs_nothing_from_anywhere(bad: Report) -> None:
    html = rendered(bad)
    found = Page(html)
    assert {"script", "link", "img", "iframe", "object", "base", "form"}.isdisjoint(
        tag for tag, _ in found.elements
    )
    assert list(found.every("src")) == []
    assert not re.search(r"url\((?!#)|@import", html)
    assert "default-src 'none'" in html


@pytest.mark.parametrize("scheme", ["light", "dark", "print"])
def test_every_colour_of_letters_stands_out_from_what_is_behind_it(scheme: str) -> None:
    """By WCAG 2.2: 4.5 to 1."""
    css = (CHECKOUT / "operate/report.css").read_text()
    light, dark, paper = (
        dict(re.findall(r"--([\w-]+): (#\w+);", block))
        for block in re.findall(r":root \{[^}]*\}", css)
    )
    colours = light | {"light": {}, "dark": dark, "print": paper}[scheme]
    for ink in ("ink", "quiet", "well", "soon", "bad", "link"):
        for paper_ in ("page", "sheet"):
            assert contrast(colours[ink], colours[paper_]) >= 4.5, (ink, paper_)
    for tone in ("well", "soon", "bad"):
        assert contrast(colours[tone], colours[f"{tone}-tint"]) >= 4.5, tone


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    digits = colour[1:] if len(colour) == 7 else "".join(2 * digit for digit in colour[1:])
    parts = [int(digits[n : n + 2], 16) / 255 for n in (0, 2, 4)]
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
