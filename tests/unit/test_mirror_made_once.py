"""The mirror's cache, with makers that cost nothing: whatever happens, no half product is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Barrier

import pytest

from lab import CHECKOUT, progress
from lab.mirror import store
from lab.mirror.store import DiskFull, made_once, missing
from lab.shell import CommandFailed, run
from lab.together import together

# Another lab: it makes what it is told, and says so; `slow` writes half of it and waits.
OTHER = """
import os
import sys
from pathlib import Path
from lab.mirror.store import made_once
from lab.shell import run
from lab.together import together

def make(folder):
    (folder / "half").write_text("x")
    os.write(1, b"begun\\n")  # in one piece, as two threads do it
    run("sleep", sys.argv[1])

try:
    together(*(lambda n=n: made_once("kind", n, f"Make {n}", make) for n in sys.argv[2:]))
except KeyboardInterrupt:
    print("interrupted")
"""


@pytest.fixture(autouse=True)
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "threebody/mirror/kind"


@contextmanager
def other_lab(seconds: str, *products: str) -> Iterator[subprocess.Popen[str]]:
    """A process of its own, which has begun to make these."""
    words = [sys.executable, "-c", OTHER, seconds, *products]
    with subprocess.Popen(
        words, cwd=CHECKOUT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        try:
            for _ in products:
                assert process.stdout and process.stdout.readline() == "begun\n"
            yield process
        finally:
            process.kill()


def making(content: str, made: list[str]) -> Callable[[Path], None]:
    def make(folder: Path) -> None:
        assert [*folder.iterdir()] == [], "begun with what another has left"
        made.append(content)
        (folder / "file").write_text(content)

    return make


def names(kept: Path) -> list[str]:
    """What is in the cache, without the locks."""
    return sorted(path.name for path in kept.iterdir() if path.suffix != ".lock")


def children_of(process: int) -> list[str]:
    listed = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True)
    return listed.stdout.split()


def test_a_product_is_made_once_and_again_when_its_inputs_change(kept: Path) -> None:
    made: list[str] = []
    first = made_once("kind", "a", "Make a", making("a", made))
    assert made_once("kind", "a", "Make a", making("a", made)) == first
    second = made_once("kind", "b", "Make b", making("b", made))
    assert made == ["a", "b"]
    assert names(kept) == sorted([first.name, second.name])
    assert (first / "file").read_text() == "a"


def test_it_has_its_name_only_when_it_is_whole(kept: Path) -> None:
    seen: list[list[str]] = []

    def make(folder: Path) -> None:
        (folder / "first").write_text("x")
        seen.append([name for name in names(kept) if not name.endswith(store.UNFINISHED)])

    made_once("kind", "a", "Make a", make)
    assert seen == [[]]


def test_different_products_of_one_kind_are_made_side_by_side() -> None:
    both = Barrier(2, timeout=120)

    def make(folder: Path) -> None:
        both.wait()

    made = together(
        lambda: made_once("kind", "a", "Make a", make),
        lambda: made_once("kind", "b", "Make b", make),
    )
    assert all(path.is_dir() for path in made)


def test_what_two_ask_for_at_once_is_made_once() -> None:
    made: list[str] = []

    def make(folder: Path) -> None:
        time.sleep(0.2)
        made.append("a")

    one, other = together(*[lambda: made_once("kind", "a", "Make a", make)] * 2)
    assert one == other
    assert made == ["a"]


def test_two_labs_wait_for_each_other(kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    output: list[str] = []
    monkeypatch.setattr(progress.console, "print", lambda text: output.append(str(text)))
    made: list[str] = []
    with other_lab("0.5", "a"):
        made_once("kind", "a", "Make a", making("a", made))
    assert made == [], "the other lab has made it"
    assert "  … Wait for another command, which has begun to: Make a" in output


def test_a_lab_does_not_wait_for_another_product(kept: Path) -> None:
    made: list[str] = []
    with other_lab("60", "a"):
        made_once("kind", "b", "Make b", making("b", made))
        assert any(name.endswith(store.UNFINISHED) for name in names(kept)), "the other goes on"
    assert made == ["b"]


@pytest.mark.parametrize("then", ["a", "b"])
def test_what_was_killed_is_made_anew(kept: Path, then: str) -> None:
    """Also when it is not asked for again: the next product of its kind clears it away."""
    with other_lab("60", "a") as process:
        left = children_of(process.pid)
        process.kill()
        process.wait()
    for child in left:
        os.kill(int(child), signal.SIGKILL)
    (unfinished,) = names(kept)
    assert unfinished.endswith(store.UNFINISHED)
    made: list[str] = []
    product = made_once("kind", then, f"Make {then}", making(then, made))
    assert made == [then]
    assert names(kept) == [product.name]


def test_ctrl_c_ends_all_that_runs_and_leaves_nothing_half(kept: Path) -> None:
    with other_lab("60", "a", "b") as process:
        while len(children := children_of(process.pid)) < 2:
            time.sleep(0.05)
        process.send_signal(signal.SIGINT)
        output, complained = process.communicate(timeout=120)
    assert output.endswith("interrupted\n")
    assert "Traceback" not in complained
    assert not [child for child in children if Path("/proc", child).exists()]
    assert names(kept) == []
    made: list[str] = []
    made_once("kind", "a", "Make a", making("a", made))
    assert made == ["a"]


def test_what_fails_ends_what_is_made_beside_it(kept: Path) -> None:
    def wait(folder: Path) -> None:
        run("sleep", "60")

    def fail(folder: Path) -> None:
        run("sh", "-c", "sleep 0.2; echo why >&2; exit 3")

    began = time.monotonic()
    with pytest.raises(CommandFailed, match=r"exit status 3\nwhy$"):
        together(
            lambda: made_once("kind", "a", "Make a", wait),
            lambda: made_once("kind", "b", "Make b", fail),
        )
    assert time.monotonic() - began < 30
    assert names(kept) == []


def writes(folder: Path) -> None:
    with Path("/dev/full").open("w") as full:
        full.write("x")


def runs(folder: Path) -> None:
    (folder / "half").write_text("x")
    run("sh", "-c", "head -c 1 /dev/zero > /dev/full")


@pytest.mark.parametrize("make", [writes, runs])
def test_a_full_disk_is_told_as_such(kept: Path, make: Callable[[Path], None]) -> None:
    with pytest.raises(DiskFull) as failed:
        made_once("kind", "a", "Make a", make)
    sentence = rf"Make a: the disk is full, \d+ MB are free in {kept}; make room, then"
    assert str(failed.value).startswith("Make a: the disk is full, ")
    assert f" MB are free in {kept}; make room, then the same goes on" in str(failed.value), (
        sentence
    )
    assert names(kept) == []


def test_another_failure_is_told_as_it_is() -> None:
    def make(folder: Path) -> None:
        raise PermissionError("not yours")

    with pytest.raises(PermissionError, match="not yours"):
        made_once("kind", "a", "Make a", make)


def test_what_is_missing_is_known_before_anything_is_made(kept: Path) -> None:
    made: list[str] = []
    made_once("kind", "b", "Make b", making("b", made))

    def everything() -> None:
        together(*(lambda n=n: made_once("kind", n, f"Make {n}", making(n, made)) for n in "abcb"))

    assert sorted(missing(everything)) == ["Make a", "Make c"]
    assert made == ["b"]
    everything()
    assert missing(everything) == []
