"""Facts that meet what they do not know: one sentence for that machine, never another exception."""

from __future__ import annotations

from typing import Any

import pytest
from pyinfra import host
from pyinfra.api.exceptions import FactProcessError
from pyinfra.api.facts import FactBase

from facts import Fact, asking
from facts.files import Content
from facts.side_by_side import Answer, Answers
from facts.users import Members
from operations import noting, users
from tests.unit.conftest import OnHost
from tests.unit.harbor_recorded import PAGE
from tests.unit.test_facts import RECORDED, by_name, every_fact

# The text of a file is whatever it is.
READ = [row for row in RECORDED if row[0] is not Content and row[2].strip()]
GREETING = "Welcome to Debian GNU/Linux 13, the system of vm-docker"
NONE = object()


def read(fact: type[FactBase[Any]], arguments: dict[str, Any], lines: list[str]) -> Any:
    """What a fact makes of these lines; NONE when it refuses them in a sentence."""
    asked = fact()
    asked.command(**arguments)
    try:
        return asked.process(lines)
    except FactProcessError as refused:
        assert " of this machine cannot be read from line " in str(refused)
        return NONE


def test_every_fact_is_one_that_refuses() -> None:
    assert [fact for fact in every_fact() if not issubclass(fact, Fact)] == []


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), READ, ids=by_name)
def test_a_greeting_is_refused_or_changes_nothing(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    lines = output.splitlines()
    for greeted in ([GREETING, *lines], [*lines, GREETING], [GREETING, "", *lines]):
        assert read(fact, arguments, greeted) in (NONE, says)


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), READ, ids=by_name)
def test_a_page_in_place_of_an_answer_is_refused_or_says_nothing(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    page = [*PAGE.replace("><", ">\n<").splitlines(), "nginx 1.27 = fine"]
    assert read(fact, arguments, page) in (NONE, fact.default())


@pytest.mark.parametrize(("fact", "arguments", "output", "says"), READ, ids=by_name)
def test_an_answer_that_is_cut_off_anywhere_ends_no_other_machine(
    fact: type[FactBase[Any]], arguments: dict[str, Any], output: str, says: Any
) -> None:
    for length in range(1, len(output)):
        read(fact, arguments, output[:length].splitlines())


def test_the_sentence_names_the_line_and_what_usually_prints_it() -> None:
    with pytest.raises(FactProcessError) as refused:
        Answers().process(["0 fine", "0.ended 0", GREETING * 3])
    assert str(refused.value) == (
        f"Answers of this machine cannot be read from line 3 of 3 on: {(GREETING * 3)[:80]!r}."
        " Usually the login shell there prints something of its own (.bashrc, .profile): let it do"
        " so only at a terminal"
    )


def test_what_cannot_be_read_among_others_is_asked_by_itself(on_host: OnHost) -> None:
    lines = (Answer(0, (GREETING, "admin")), Answer(0, ("admin",)))
    machine = on_host({Answers: lines, Members: ("deploy",)})
    with noting() as noted:
        for group in ("docker", "sudo"):
            users.join(name="Let a user in", user="admin", group=group)
    asking.ask_together(noted)
    assert asking.ask(host, Members, group="sudo") == ("admin",)
    assert asking.ask(host, Members, group="docker") == ("deploy",)
    assert [fact for fact, _ in machine.asked] == [Answers, Members]
