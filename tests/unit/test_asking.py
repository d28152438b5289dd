"""Questions that are asked together, and again only when something was changed."""

from __future__ import annotations

from functools import partial
from types import SimpleNamespace
from typing import Any

import gevent
import pytest
from pyinfra import host
from pyinfra.api.command import StringCommand
from pyinfra.context import ctx_state

from facts import asking
from facts.apt import Packages
from facts.docker import Compose
from facts.machine import MachineFact, MachineState
from facts.side_by_side import Answer, Answers
from facts.users import Members
from gates import LAYERS, Gate
from operations import Commands, apt, look, noting, operation, users
from spec import Platform
from tasks import common, k8s_node, k8s_worker, layer
from tasks.gate import passed
from tests.unit.conftest import OnHost

DOCKER = {"group": "docker"}


def asked(machine: Any) -> list[type]:
    return [fact for fact, _ in machine.asked]


def planned(group: str = "docker", user: str = "admin") -> list[asking.Planned]:
    with noting() as noted:
        users.join(name="Let a user in", user=user, group=group)
    return noted


def test_a_question_is_asked_once(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asking.ask(host, Members, group="sudo") == ("admin",)
    assert machine.asked == [(Members, DOCKER), (Members, {"group": "sudo"})]


def test_a_question_that_many_have_at_once_is_asked_once(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    answer = machine.get_fact

    def slow(*fact: Any, **arguments: Any) -> Any:
        gevent.sleep(0)
        return answer(*fact, **arguments)

    machine.get_fact = slow  # type: ignore[method-assign]
    with_context = partial(asking.ask, asking._machine(host), Members, **DOCKER)
    running = [gevent.spawn(with_context) for _ in range(12)]
    gevent.joinall(running, raise_error=True)
    assert machine.asked == [(Members, DOCKER)]


def test_what_one_machine_says_is_not_what_another_says(on_host: OnHost) -> None:
    on_host({Members: ("admin",)})
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    on_host({Members: ()})
    assert asking.ask(host, Members, **DOCKER) == ()


def test_a_command_of_an_operation_is_a_reason_to_ask_every_machine_anew(on_host: OnHost) -> None:
    elsewhere = on_host({Members: ("admin",)}, "vm-k8s")
    asking.ask(host, Members, **DOCKER)
    here = on_host({Members: ()})
    assert len(list(users.join._inner(user="admin", group="docker"))) == 1
    asking.ask(host, Members, **DOCKER)
    assert asked(here) == [Members, Members]
    asking.ask(elsewhere, Members, **DOCKER)  # type: ignore[arg-type]
    assert asked(elsewhere) == [Members, Members]


def test_an_operation_that_changes_nothing_leaves_what_is_known(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    for _ in range(2):
        assert list(users.join._inner(user="admin", group="docker")) == []
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
    assert list(users.join._inner(user="admin", group="docker")) == []
    assert asking.ask(host, Members, group="sudo") == (), "nothing was said: the fact's default"
    assert asked(machine) == [Answers]


def test_what_several_want_to_know_of_one_kind_is_one_question(on_host: OnHost) -> None:
    machine = on_host({Answers: (Answer(0, ("b installed 2", "a installed 1")), Answer(0, ()))})
    with noting() as noted:
        apt.packages(name="Have them", versions={"a": "1", "b": "2"})
        apt.remove(name="Have others gone", packages=["b", "gone"])
        users.join(name="Let a user in", user="admin", group="docker")
    asking.ask_together(noted)
    ((_, given),) = machine.asked
    assert [command.split()[0] for command in given["commands"]] == ["dpkg-query", "getent"]
    assert " a b gone " in given["commands"][0]
    assert asking.ask(host, Packages, packages=["a", "b"]) == {"a": "1", "b": "2"}
    assert asking.ask(host, Packages, packages=["b", "gone"]) == {"b": "2"}
    assert asked(machine) == [Answers]


def test_a_question_that_went_wrong_is_asked_by_itself(on_host: OnHost) -> None:
    machine = on_host({Answers: (Answer(1, ("nonsense",)),), Members: ("admin",)})
    asking.ask_together(planned())
    assert asking.ask(host, Members, **DOCKER) == ("admin",)
    assert asked(machine)[-1] is Members


def test_an_operation_that_is_noted_runs_no_command_and_says_nothing(on_host: OnHost) -> None:
    output: list[bool] = []

    @operation()
    def speaks() -> Commands:
        output.append(asking.rehearsing())
        asking.ask(host, Compose, project="/opt/x")
        yield StringCommand("false")
        output.append(False)

    on_host({Answers: (Answer(0, ()),)})
    with noting() as noted:
        speaks(name="Speak up")
    asking.ask_together(noted)
    assert output == [True, True], "up to its question, then up to its command"


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


def gates_of(*words: str) -> list[asking.Planned]:
    gates = [Gate(awaits=word, command=f"test {word}", hint="there") for word in words]
    with noting() as noted:
        passed(name="Wait", gates=gates)
    return noted


def test_gates_are_asked_ahead_where_nothing_would_change(on_host: OnHost) -> None:
    machine = on_host({Answers: ()})
    asking._keep(asking.Question.of(machine, Members, DOCKER), ("admin",), asking._changes)  # type: ignore[arg-type]
    list(look._inner(planned=planned(), gates=gates_of("a", "b")))
    assert all("test a" in str(given) and "test b" in str(given) for _, given in machine.asked)
    assert asked(machine)[0] is Answers


def test_no_gate_is_asked_ahead_of_a_change(on_host: OnHost) -> None:
    machine = on_host({Answers: (Answer(0, ()),)})
    list(look._inner(planned=planned(), gates=gates_of("a")))
    assert len(machine.asked) == 1, "the user is in no group: something will change"


def test_what_a_plan_was_made_of_is_asked_anew_when_it_is_carried_out(on_host: OnHost) -> None:
    machine = on_host({Members: ("admin",)})
    asking.ask(host, Members, **DOCKER)
    for executing in (False, True):
        with ctx_state.use(SimpleNamespace(is_executing=executing)):
            list(look._inner(planned=[], gates=gates_of("a")))
            asking.ask(host, Members, **DOCKER)
    assert asked(machine).count(Members) == 2


def test_machines_that_begin_at_once_do_not_forget_what_the_others_were_asked(
    on_host: OnHost,
) -> None:
    run = SimpleNamespace(is_executing=True)
    answers = (Answer(0, ("docker:x:1:admin",)),)
    with ctx_state.use(run):
        first = on_host({Answers: answers, Members: ("admin",)}, "vm-docker")
        list(look._inner(planned=planned(), gates=gates_of("a")))
        on_host({Answers: answers}, "vm-k8s")
        list(look._inner(planned=planned(), gates=gates_of("a")))
    asking.ask(first, Members, **DOCKER)  # type: ignore[arg-type]
    assert Members not in asked(first)


def test_the_first_layer_looks_for_all_and_each_other_one_for_itself(
    platform: Platform, on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[tuple[int, int]] = []
    on_host({MachineFact: MachineState("debian")}, "vm-worker", ["k8s_worker", "k8s_node"])
    monkeypatch.setattr(
        layer, "look", lambda name, planned, gates: looks.append((len(planned), len(gates)))
    )
    for module in (common, k8s_node, k8s_worker):
        layer._look(module.apply.__wrapped__, platform)
    (every, gates), *later = looks
    assert every > sum(number for number, _ in later) > 0
    assert gates == len(layer._layers) <= len(LAYERS)
    assert all(number and not none for number, none in later)
