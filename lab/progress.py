"""What a person sees while something takes longer than a glance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from threading import RLock

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn

console = Console(stderr=True, highlight=False)
# How to tell of the innermost step under way; a thread has steps of its own.
shown: ContextVar[Callable[[str], None] | None] = ContextVar("shown", default=None)


class _Board:
    """A line for each step under way, whichever thread has it, and how many are still to come."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.ahead: set[str] = set()
        self.live: Progress | None = None
        self.last: TaskID | None = None  # the line that counts what is ahead

    def expect(self, titles: Iterable[str]) -> None:
        """Count the steps of these titles as still to come."""
        with self.lock:
            self.ahead = {*titles}

    def begin(self, title: str) -> TaskID:
        """Add a line, the first of which opens the board."""
        with self.lock:
            if not self.live:
                columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
                hidden = not console.is_terminal
                self.live = Progress(*columns, console=console, transient=True, disable=hidden)
                self.live.start()
            self.ahead.discard(title)
            line = self.live.add_task(title)
            if self.last is not None:
                self.live.remove_task(self.last)
            self.last = self.live.add_task(self.told()) if self.ahead else None
            return line

    def change(self, line: TaskID, text: str) -> None:
        """Say something else in a line."""
        with self.lock:
            if self.live:
                self.live.update(line, description=text)

    def end(self, line: TaskID) -> None:
        """Take a line away; the last one closes the board."""
        with self.lock:
            if not self.live:
                return
            self.live.remove_task(line)
            if not {*self.live.task_ids} - {self.last}:
                self.live.stop()
                self.live = self.last = None

    def told(self) -> str:
        """How many steps are still to come, in words."""
        return f"{len(self.ahead)} more to come" if self.ahead else ""


board = _Board()


@contextmanager
def expected(titles: Iterable[str]) -> Iterator[None]:
    """Let a person know that these steps are still to come, until the body ends."""
    board.expect(titles)
    try:
        yield
    finally:
        board.expect(())


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` with its elapsed time while the body runs, and one line of it afterwards."""
    began = time.monotonic()

    def took() -> str:
        told = "; ".join(filter(None, (f"{time.monotonic() - began:.1f} s", board.told())))
        return f"[dim]({told})[/dim]"

    if not console.is_terminal:
        console.print(f"  … {title}")
    line = board.begin(title)
    outer = shown.set(lambda how_far: board.change(line, f"{title}, {how_far}"))
    try:
        yield
    except BaseException:
        console.print(f"  [red]✗[/red] {title} {took()}")
        raise
    finally:
        shown.reset(outer)
        board.end(line)
    console.print(f"  [green]✓[/green] {title} {took()}")


def tell(how_far: str) -> None:
    """Show how far the step under way has come, on a terminal."""
    show = shown.get()
    if show:
        show(how_far)
