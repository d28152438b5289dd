"""What pyinfra lacks, or does in more round trips than needed: one subject a module."""

import shlex
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from typing import Any, ParamSpec

from pyinfra import api, host, logger, state
from pyinfra.api.arguments_typed import PyinfraOperation
from pyinfra.api.command import FunctionCommand, StringCommand
from pyinfra.api.host import Host
from pyinfra.context import ctx_state

from facts import asking

Commands = Generator[StringCommand | FunctionCommand, None, None]
P = ParamSpec("P")

_noted: ContextVar[list[asking.Planned] | None] = ContextVar("noted", default=None)


def operation() -> Callable[[Callable[P, Commands]], PyinfraOperation[P]]:
    """pyinfra's operation, after each command of which every machine is asked anew."""

    def decorate(change: Callable[P, Commands]) -> PyinfraOperation[P]:
        @wraps(change)
        def forgetting(*args: P.args, **arguments: P.kwargs) -> Commands:
            for command in change(*args, **arguments):
                yield command
                asking.forget()

        made = api.operation()(forgetting)

        @wraps(made)
        def call(**arguments: Any) -> Any:
            noted = _noted.get()
            if noted is None:
                return made(**arguments)  # type: ignore[call-arg]
            own = {n: value for n, value in arguments.items() if n != "name" and n[0] != "_"}
            noted.append((forgetting, own))
            return None

        return call  # type: ignore[return-value]

    return decorate


@contextmanager
def noting() -> Iterator[list[asking.Planned]]:
    """Operations that are called here are noted down, and become no part of the plan."""
    noted: list[asking.Planned] = []
    before = _noted.set(noted)
    try:
        yield noted
    finally:
        _noted.reset(before)


@operation()
def look(planned: Sequence[asking.Planned], gates: Sequence[asking.Planned] = ()) -> Commands:
    """Ask what these operations will compare with, in one command a machine; changes nothing.

    Where none of them would change anything the answers of the gates are asked for as well.
    """
    if gates and state.is_executing:
        asking.forget_plan(ctx_state.get())  # type: ignore[no-untyped-call]
    asking.ask_together(planned)
    if not any(map(asking.would_change, planned)):
        asking.ask_together(gates)
    yield from ()


def tell(sentence: str) -> None:
    """To a person: what this machine's operation has to say."""
    if not asking.rehearsing():
        logger.info(f"{host.print_prefix}{sentence}")


def failed(machine: Host, sentence: str) -> bool:
    """Say why what a function did on a machine went wrong; what the function then returns."""
    logger.error(f"{machine.print_prefix}{sentence}")
    return False


def run(machine: Host, command: str, **how: Any) -> bool:
    """Run a command at once, as those of an operation are: as root, in the run's environment."""
    went, _ = machine.run_shell_command(
        StringCommand(command),
        _sudo=machine.data.get("_sudo", True),
        _env=machine.data.get("_env", {}),
        **how,
    )
    return bool(went)


def refuse(sentence: str) -> StringCommand:
    """A command that changes nothing, says why, and stops the run; a plan says it as well."""
    if not (state.is_executing or asking.rehearsing()):
        logger.warning(f"{host.print_prefix}{sentence}")
    return StringCommand(f"echo {shlex.quote(sentence)} >&2; exit 1")


def until(condition: str, within: int) -> str:
    """Shell that succeeds as soon as `condition` does; it is tried once more after so many seconds,
    and then fails."""
    return (
        f"{{ late=; end=$(($(date +%s) + {within})); until {condition}; do"
        ' [ "$(date +%s)" -lt $end ] || { late=1; break; }; sleep 1; done; [ -z "$late" ]; }'
    )
