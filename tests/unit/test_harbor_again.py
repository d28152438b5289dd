"""What Harbor leaves without an answer: asked or sent once more, where that is safe."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.harbor import Answer, HarborApi
from operations import harbor_api
from tests.unit.doubles import sh, stdin_of, tool
from tests.unit.harbor_recorded import URL

# A curl that keeps what it was sent, counts, and gives the answer of its turn.
COUNTS = """cat >>{0}/sent; echo x >>{0}/asked
sed -n "$(wc -l <{0}/asked)p" {0}/answers
test "$(sed -n "$(wc -l <{0}/asked)p" {0}/answers)" != 000"""


@pytest.mark.parametrize(
    ("method", "answers", "asked", "status"),
    [
        ("PUT", ["000", "200"], 2, 0),
        ("PATCH", ["000", "000", "200"], 2, 1),
        ("PUT", ["500", "200"], 1, 1),
        ("PUT", ["200"], 1, 0),
        ("POST", ["000", "201"], 1, 1),
    ],
)
def test_what_may_be_sent_twice_is_sent_once_more_where_no_answer_came(
    tmp_path: Path, method: str, answers: list[str], asked: int, status: int
) -> None:
    (tmp_path / "answers").write_text("\n".join(answers) + "\n")
    tool(tmp_path / "bin", "curl", COUNTS.format(tmp_path))
    command = harbor_api.Api(URL, "").send(method, "/robots/7", {"secret": "a 'b' $c"})
    done = sh(command.get_raw_value(), stdin=stdin_of(command), tools=tmp_path / "bin")
    assert done.returncode == status
    assert (tmp_path / "asked").read_text().count("x") == asked
    assert (tmp_path / "sent").read_text() == stdin_of(command) * asked


@pytest.mark.parametrize(("answers", "asked"), [(["000", "200 "], 2), (["200 "], 1)])
def test_a_question_without_an_answer_is_asked_once_more(
    tmp_path: Path, answers: list[str], asked: int
) -> None:
    (tmp_path / "answers").write_text("\n".join(answers) + "\n")
    tool(tmp_path / "bin", "curl", COUNTS.format(tmp_path))
    fact = HarborApi()
    done = sh(fact.command(url=URL, ca="", path="/v2/"), tools=tmp_path / "bin")
    assert fact.process(done.stdout.splitlines()) == Answer(200)
    assert (tmp_path / "asked").read_text().count("x") == asked


def test_a_machine_that_cannot_ask_yet_says_nothing(tmp_path: Path) -> None:
    """A bare one has no curl; a plan asks it all the same."""
    fact = HarborApi()
    tool(tmp_path / "bin", "curl", "exit 127")
    done = sh(fact.command(url=URL, ca="", path="/v2/"), tools=tmp_path / "bin")
    assert (done.returncode, done.stdout) == (0, "")
