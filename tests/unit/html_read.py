"""A page of HTML, read as strictly as its makers were careful."""

from __future__ import annotations

from collections.abc import Iterator
from html.parser import HTMLParser

EMPTY = {"meta", "br"}  # elements without an end


class Page(HTMLParser):
    """A page, read strictly: every element is closed where it was opened."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.inside: list[tuple[str, str]] = []  # what text stands in which element
        self.feed(html)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and self.open[-1] != "style":
            self.inside.append((self.open[-1], " ".join(data.split())))

    @property
    def text(self) -> str:
        """All that a person reads."""
        return " ".join(text for _, text in self.inside)

    def every(self, name: str) -> Iterator[str]:
        """The values of an attribute, wherever it stands."""
        yield from (found[name] for _, found in self.elements if name in found)
