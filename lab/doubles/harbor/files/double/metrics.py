"""What a program of Harbor tells Prometheus of itself, on a port of its own."""

from __future__ import annotations

import os
import threading
from collections import Counter
from collections.abc import Callable, Iterator

from .web import Answer, Request, serve

TEXT = "text/plain; version=0.0.4; charset=utf-8"
Labels = dict[str, str]
Figure = tuple[str, Labels, float]


class Answers:
    """How many requests core has answered, by method and status."""

    def __init__(self) -> None:
        self._counted: Counter[tuple[str, int]] = Counter()

    def add(self, method: str, status: int) -> None:
        """One more."""
        self._counted[method, status] += 1

    def figures(self) -> Iterator[Figure]:
        """As the real core counts them; the double names no operation of the API."""
        yield "harbor_core_http_inflight_requests", {}, 0
        for (method, status), times in sorted(self._counted.items()):
            labels = {"method": method, "code": str(status), "operation": "unknown"}
            yield "harbor_core_http_request_total", labels, times


def text(figures: Iterator[Figure]) -> str:
    """Lines as Prometheus reads them."""
    lines = []
    for name, labels, value in figures:
        told = ",".join(f'{label}="{word}"' for label, word in labels.items())
        lines.append(f"{name}{{{told}}} {value:g}\n" if told else f"{name} {value:g}\n")
    return "".join(lines)


def tell(port: int, path: str, figures: Callable[[], Iterator[Figure]]) -> None:
    """Answer for ever."""

    def shown(_request: Request) -> Answer:
        return Answer(body=text(figures()), content_type=TEXT)

    serve(port, [("GET", path, shown)])


def tell_beside(figures: Callable[[], Iterator[Figure]]) -> None:
    """The same beside what a program does, where harbor.yml has metrics."""
    if port := os.environ.get("METRIC_PORT"):
        words = int(port), os.environ["METRIC_PATH"], figures
        threading.Thread(target=tell, args=words, daemon=True).start()
