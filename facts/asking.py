"""Asking machines: many questions in one command, and none twice while nothing changes.

A fact that was asked is known until a command of ours has changed something, on whichever machine.
What the operations of a layer will ask is found by running each up to its first question that has
no answer yet, and is asked side by side, in one command a machine.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import gevent
from gevent.lock import RLock
from pyinfra.api.exceptions import FactProcessError
from pyinfra.api.host import Host
from pyinfra.context import ctx_host

from facts import Fact
from facts.side_by_side import Answers

T = TypeVar("T")
Planned = tuple[Callable[..., Iterable[object]], Mapping[str, Any]]
# A question that depends on the answer to another one waits for it; few wait twice.
ROUNDS = 4


@dataclass(frozen=True)
class Question:
    """A fact, and what it is asked about, of one machine."""

    host: Host
    fact: type[Fact[Any]]
    arguments: Mapping[str, Any] = field(compare=False)
    words: str  # the arguments, to be compared by

    @classmethod
    def of(cls, host: Host, fact: type[Fact[Any]], arguments: Mapping[str, Any]) -> Question:
        """The same question for the same arguments."""
        return cls(host, fact, arguments, repr(sorted(arguments.items())))


class _Unanswered(BaseException):
    """What ends an operation that is only run for its questions."""

    def __init__(self, questions: list[Question]) -> None:
        self.questions = questions


_known: WeakKeyDictionary[Host, dict[Question, Any]] = WeakKeyDictionary()
_turns: WeakKeyDictionary[Host, RLock] = WeakKeyDictionary()
_changes = 0  # what was asked before the last one may be wrong by now
_carried_out: object = None  # the last run that went from its plan to work
_rehearsing: ContextVar[bool] = ContextVar("rehearsing", default=False)


def ask(host: Host, fact: type[Fact[T]], **arguments: Any) -> T:
    """What a machine answers, asked anew only when something was changed since it was asked."""
    host = _machine(host)
    question = Question.of(host, fact, arguments)
    known = _known.setdefault(host, {})
    if question in known:
        answer: T = known[question]
        return answer
    if _rehearsing.get():
        raise _Unanswered([question])
    with _turn(host):
        if question in known:
            answer = known[question]
            return answer
        before = _changes
        answer = host.get_fact(fact, **arguments)
        _keep(question, answer, before)
    return answer


def expect(host: Host, fact: type[Fact[Any]], arguments: Iterable[Mapping[str, Any]]) -> None:
    """Ask in one command what will be asked next, whatever the answers."""
    host = _machine(host)
    known = _known.setdefault(host, {})
    questions = [Question.of(host, fact, one) for one in arguments]
    if unknown := [question for question in questions if question not in known]:
        if _rehearsing.get():
            raise _Unanswered(unknown)
        _ask_all(host, unknown, _changes)


def _machine(host: Host) -> Host:
    """Itself, where pyinfra's name for whichever machine's turn it is was given."""
    return ctx_host.get() if host is ctx_host.context else host  # type: ignore[no-untyped-call]


def on_each(hosts: Sequence[Host], ask: Callable[[Host], T]) -> dict[Host, T]:
    """The answer of each host, all of them asked at once."""

    def one(host: Host) -> T:
        with ctx_host.use(host):
            return ask(host)

    running = {host: gevent.spawn(one, host) for host in hosts}
    gevent.joinall(running.values(), raise_error=True)
    return {host: greenlet.value for host, greenlet in running.items()}


def forget() -> None:
    """Something was changed: every machine is asked anew."""
    global _changes
    _changes += 1
    _known.clear()


def forget_plan(run: object) -> None:
    """What a plan was made of is asked anew: a person may have thought about it for long.

    Once a run, whichever machine comes first: what the others were asked since is not lost.
    """
    global _carried_out
    if _carried_out is not run:
        _carried_out = run
        forget()


def rehearsing() -> bool:
    """Whether an operation is run for its questions only, and has nothing to say to anybody."""
    return _rehearsing.get()


def ask_together(planned: Iterable[Planned]) -> None:
    """Ask what these operations will ask, in one command a machine."""
    planned = list(planned)
    asked: set[Question] = set()
    for _ in range(ROUNDS):
        before = _changes
        needed = (question for one in planned for question in _next(*one))
        questions = [question for question in dict.fromkeys(needed) if question not in asked]
        if not questions:
            return
        asked.update(questions)
        for host in dict.fromkeys(question.host for question in questions):
            _ask_all(host, [q for q in questions if q.host is host], before)


def _next(change: Callable[..., Iterable[object]], arguments: Mapping[str, Any]) -> list[Question]:
    """The first questions of an operation that nobody has answered yet."""
    with _rehearsal():
        try:
            for _ in change(**arguments):
                return []
        except _Unanswered as unanswered:
            return unanswered.questions
    return []


def would_change(planned: Planned) -> bool:
    """Whether an operation has a command for its machine, as far as that is known."""
    change, arguments = planned
    with _rehearsal():
        try:
            return any(True for _ in change(**arguments))
        except _Unanswered:
            return True


@contextmanager
def _rehearsal() -> Iterator[None]:
    before = _rehearsing.set(True)
    try:
        yield
    finally:
        _rehearsing.reset(before)


def _ask_all(host: Host, questions: list[Question], before: int) -> None:
    with _turn(host):
        known = _known.setdefault(host, {})
        merged = _merged(question for question in questions if question not in known)
        facts = [one.fact() for one in merged]
        commands = [
            str(fact.command(**one.arguments)) for fact, one in zip(facts, merged, strict=True)
        ]
        answers = host.get_fact(Answers, commands=commands) if commands else ()
        for one, fact, answer in zip(merged, facts, answers, strict=False):
            # One that went wrong is asked again by itself, and pyinfra says what is wrong.
            with suppress(FactProcessError):
                if answer.status == 0:
                    lines = list(answer.lines)
                    whole = fact.process(lines) if lines else fact.default()
                    for question in merged[one]:
                        _keep(question, _part(question, whole), before)


def _merged(questions: Iterable[Question]) -> dict[Question, list[Question]]:
    """What to ask, and which questions each of it answers: lists of one fact's become one list."""
    alike: dict[object, list[Question]] = {}
    for question in questions:
        alike.setdefault(question.fact if question.fact.listed else question, []).append(question)
    merged = {}
    for group in alike.values():
        first = group[0]
        if listed := first.fact.listed:
            items = dict.fromkeys(item for one in group for item in one.arguments[listed])
            first = Question.of(first.host, first.fact, {listed: list(items)})
        merged[first] = group
    return merged


def _part(question: Question, whole: Any) -> Any:
    """What an answer has of the items that a question is about; all where it has no list."""
    if not (listed := question.fact.listed):
        return whole
    return {item: whole[item] for item in question.arguments[listed] if item in whole}


def _turn(host: Host) -> RLock:
    """Who asks a machine: ten workers that ask the control plane the same at once ask it once."""
    return _turns.setdefault(host, RLock())


def _keep(question: Question, answer: Any, before: int) -> None:
    if before == _changes:
        _known.setdefault(question.host, {})[question] = answer
