"""What a person sees while something takes longer than a glance."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

console = Console(stderr=True, highlight=False)
# How to tell of the innermost step under way; a thread has steps of its own.
shown: ContextVar[Callable[[str], None] | None] = ContextVar("shown", default=None)


@contextmanager
def step(title: str) -> Iterator[None]:
    """Show `title` with its elapsed time while the body runs, and one line of it afterwards."""
    began = time.monotonic()
    if not console.is_terminal:
        console.print(f"  … {title}")
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(
        *columns, console=console, transient=True, disable=not console.is_terminal
    ) as bar:
        task = bar.add_task(title)
        outer = shown.set(lambda how_far: bar.update(task, description=f"{title}, {how_far}"))
        try:
            yield
        except BaseException:
            console.print(f"  [red]✗[/red] {title} [dim]({time.monotonic() - began:.1f} s)[/dim]")
            raise
        finally:
            shown.reset(outer)
    console.print(f"  [green]✓[/green] {title} [dim]({time.monotonic() - began:.1f} s)[/dim]")


def tell(how_far: str) -> None:
    """Show how far the step under way has come, on a terminal."""
    show = shown.get()
    if show:
        show(how_far)
