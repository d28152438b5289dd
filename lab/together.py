"""Several things at once; what goes wrong with one of them ends the others.

Who is ended is known by a scope that threads inherit: a command that is started within one is
killed when the scope ends early, and nothing more is started there. Ctrl-C comes to the main thread
alone, and reaches the commands of all others so.
"""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from contextlib import contextmanager
from contextvars import ContextVar, copy_context
from threading import Lock
from typing import TypeVar

Result = TypeVar("Result")


class Ended(Exception):
    """Not wanted any more, because something beside it failed or was interrupted."""


class _Scope:
    """The commands of some threads, and whether they are still wanted."""

    def __init__(self, around: _Scope | None) -> None:
        self.around = around
        self.ended = False
        self.running: set[subprocess.Popen[str]] = set()

    def is_over(self) -> bool:
        return self.ended or bool(self.around and self.around.is_over())


_scope: ContextVar[_Scope | None] = ContextVar("scope", default=None)
_lock = Lock()  # of every scope's commands


def together(*actions: Callable[[], Result]) -> list[Result]:
    """Do all at once, and return what each returned; raises the first error, the others ended."""
    scope = _Scope(_scope.get())
    with ThreadPoolExecutor(max_workers=len(actions)) as pool:
        doing = []
        try:
            for action in actions:
                context = copy_context()
                context.run(_scope.set, scope)
                doing.append(pool.submit(context.run, action))
            done, _ = wait(doing, return_when=FIRST_EXCEPTION)
            for one in done:
                one.result()
        except BaseException:
            _end(scope)
            raise
    return [one.result() for one in doing]


def check() -> None:
    """Raise Ended when what runs here is not wanted any more."""
    scope = _scope.get()
    if scope and scope.is_over():
        raise Ended("ended, because something beside it failed")


@contextmanager
def mortal(start: Callable[[], subprocess.Popen[str]]) -> Iterator[subprocess.Popen[str]]:
    """A command that `start` starts, killed when it is not wanted any more, or the body raises."""
    check()
    with start() as process:
        scopes = list(_scopes())
        try:
            with _lock:
                for scope in scopes:
                    scope.running.add(process)
            check()  # the scope may have ended while the command was started
            yield process
        except BaseException:
            process.kill()  # or leaving would wait for its end
            raise
        finally:
            with _lock:
                for scope in scopes:
                    scope.running.discard(process)
    if process.returncode:
        check()  # a command that was killed so has not failed


def _scopes() -> Iterator[_Scope]:
    scope = _scope.get()
    while scope:
        yield scope
        scope = scope.around


def _end(scope: _Scope) -> None:
    with _lock:
        scope.ended = True
        for process in scope.running:
            process.kill()
