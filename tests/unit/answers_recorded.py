"""What commands that were asked side by side have printed."""

from __future__ import annotations

from typing import Any

from pyinfra.api.facts import FactBase

from facts import side_by_side
from facts.gates import Answer, GateAnswers
from facts.kept import Digests

RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Digests,
        {"commands": {"one": "echo 1", "two": "false"}, "salt": "s"},
        f"one {'a' * 64}\n",
        {"one": "a" * 64},
    ),
    (
        GateAnswers,
        {"commands": ["true", "echo 'a b'; false"]},
        "0.ended 0\n0 \n1.ended 1\n1 one\n1 two\n10.ended 124\n",
        (Answer(True, ""), Answer(False, "one / two"), Answer(False, "")),
    ),
    (
        side_by_side.Answers,
        {"commands": ["true", "printf 'a  b\\n\\nc'; false", "echo 10.ended 0"]},
        "0.ended 0\n1 a  b\n1 \n1 c\n1.ended 1\n2 10.ended 0\n2.ended 0\n",
        (
            side_by_side.Answer(0, ()),
            side_by_side.Answer(1, ("a  b", "", "c")),
            side_by_side.Answer(0, ("10.ended 0",)),
        ),
    ),
]
