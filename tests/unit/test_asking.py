"""Questions that are asked together, and again only when something was changed."""

from __future__ import annotations

from typing import Any

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts import asking
from facts.docker import Compose
from facts.machine import MachineFact, MachineState
from facts.side_by_side import Answer, Answers
from facts.users import Members
from operations import Commands, noting, operation, users
from tests.unit.conftest import OnHost

DOCKER = {"group": "docker"}


def asked(machine: Any) -> list[type]:
    return [fact for fact, _ in machine.asked]


def planned(group: str = "docker", user: str = "admin") -> list[asking.Planned]:
    with noting() as noted:
        users.joined(name="Let a user in", user=user, group=group)
    return noted


def test_a_question_is_asked_once(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asking.ask(host, Members, group="sudo") == ("admin",)
    assert machine.asked == [(Members, DOCKER), (Members, {"group": "sudo"})]


def test_what_one_machine_says_is_not_what_another_says(on_host: OnHost) -> None:
    on_host({Members: ("admin",)})
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    on_host({Members: ()})
    assert asking.ask(host, Members, **DOCKER) == ()


def test_a_command_of_an_operation_is_a_reason_to_ask_every_machine_anew(on_host: OnHost) -> None:
    elsewhere = on_host({Members: ("admin",)}, "vm-k8s")
    asking.ask(host, Members, **DOCKER)
    here = on_host({Members: ()})
    assert len(list(users.joined._inner(user="admin", group="docker"))) == 1
    asking.ask(host, Members, **DOCKER)
    assert asked(here) == [Members, Members]
    asking.ask(elsewhere, Members, **DOCKER)  # type: ignore[arg-type]
    assert asked(elsewhere) == [Members, Members]


def test_an_operation_that_changes_nothing_leaves_what_is_known(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    for _ in range(2):
        assert list(users.joined._inner(user="admin", group="docker")) == []
    assert asked(machine) == [Members]


def test_within_an_operation_what_is_asked_after_a_command_is_asked_anew(on_host: OnHost) -> None:
    @operation()
    def twice() -> Commands:
        asking.ask(host, MachineFact)
        yield StringCommand("true")
        asking.ask(host, MachineFact)

    machine = on_host()
    list(twice._inner())
    assert asked(machine) == [MachineFact, MachineFact]


def test_what_operations_will_ask_is_asked_in_one_command(on_host: OnHost) -> None:
    lines = (Answer(0, ("admin",)), Answer(0, ()))
    machine = on_host({Answers: lines})
    asking.ask_together([*planned(), *planned("sudo"), *planned()])
    ((fact, given),) = machine.asked
    assert fact is Answers
    assert [command.split()[2] for command in given["commands"]] == ["docker", "sudo"]
    assert list(users.joined._inner(user="admin", group="docker")) == []
    assert asking.ask(host, Members, group="sudo") == (), "nothing was said: the fact's default"
    assert asked(machine) == [Answers]


def test_a_question_that_went_wrong_is_asked_by_itself(on_host: OnHost) -> None:
    machine = on_host({Answers: (Answer(1, ("nonsense",)),), Members: ("admin",)})
    asking.ask_together(planned())
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asked(machine)[-1] is Members


def test_an_operation_that_is_noted_runs_no_command_and_says_nothing(on_host: OnHost) -> None:
    said: list[bool] = []

    @operation()
    def speaks() -> Commands:
        said.append(asking.rehearsing())
        asking.ask(host, Compose, project="/opt/x")
        yield StringCommand("false")
        said.append(False)

    on_host({Answers: (Answer(0, ()),)})
    with noting() as noted:
        speaks(name="Speak up")
    asking.ask_together(noted)
    assert said == [True, True], "up to its question, then up to its command"


def test_an_answer_from_before_a_change_is_not_kept(on_host: OnHost, monkeypatch: Any) -> None:
    machine = on_host({MachineFact: MachineState("debian")})
    answers = machine.get_fact

    def late(fact: Any, **arguments: Any) -> Any:
        answer = answers(fact, **arguments)
        asking.forget()  # another machine's operation, while this answer was on its way
        return answer

    monkeypatch.setattr(machine, "get_fact", late)
    asking.ask(host, MachineFact)
    asking.ask(host, MachineFact)
    assert asked(machine) == [MachineFact, MachineFact]
