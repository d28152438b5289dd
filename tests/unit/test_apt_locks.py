"""Locks of apt's and dpkg's, which are waited for; what else goes wrong is said at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from operations.apt import UPDATE
from tests.unit.doubles import sh, tool

HELD = (
    "E: Could not get lock /var/lib/apt/lists/lock. It is held by process 12 (apt-get)",
    "dpkg: error: dpkg frontend lock was locked by another process with pid 12",
)


@pytest.mark.parametrize("output", HELD)
def test_a_lock_is_waited_for(tmp_path: Path, output: str) -> None:
    tools, tried = tmp_path / "bin", tmp_path / "tried"
    held = f'echo >>{tried}; [ "$(wc -l <{tried})" -ge 3 ] || {{ echo "{output}" >&2; exit 100; }}'
    tool(tools, "apt-get", held)
    tool(tools, "sleep", "")
    done = sh(UPDATE, tools=tools)
    assert (done.returncode, done.stderr) == (0, "")
    assert tried.read_text() == "\n" * 3


def test_a_lock_that_is_never_let_go_of_is_told_with_its_holder(tmp_path: Path) -> None:
    tools = tmp_path / "bin"
    tool(tools, "apt-get", f"echo '{HELD[0]}' >&2; exit 100")
    tool(tools, "sleep", "")
    clock = tmp_path / "clock"
    tool(tools, "date", f"echo x >>{clock}; echo $((100 * $(wc -l <{clock})))")
    done = sh(UPDATE, tools=tools)
    assert done.returncode == 1
    assert "held by process 12 (apt-get)" in done.stderr


def test_another_error_is_told_at_once(tmp_path: Path) -> None:
    wrong = "E: Failed to fetch http://block.example/Release 404"
    tool(tmp_path / "bin", "apt-get", f"echo '{wrong}' >&2; exit 100")
    tool(tmp_path / "bin", "sleep", "exit 9")
    done = sh(UPDATE, tools=tmp_path / "bin")
    assert (done.returncode, done.stderr) == (1, f"{wrong}\n")


def test_what_dpkg_could_not_do_is_told_with_its_reason(tmp_path: Path) -> None:
    failed = "dpkg: error processing archive /b.deb (--unpack):"
    reason = " trying to overwrite '/m.gz', which is also in package a (1)"
    last = "E: Sub-process /usr/bin/dpkg returned an error code (1)"
    output = f"Unpacking b (2) ...\n{failed}\n{reason}\nUnpacking c (2) ...\n{last}"
    tool(tmp_path / "bin", "apt-get", f'echo "{output}" >&2; exit 100')
    done = sh(UPDATE, tools=tmp_path / "bin")
    assert (done.returncode, done.stderr) == (1, f"{failed}\n{reason}\n{last}\n")


def test_a_unit_that_somebody_wrote_is_set_aside_and_masked(tmp_path: Path) -> None:
    from operations.systemd import masking

    units = tmp_path / "units"
    units.mkdir()
    (units / "swap.img.swap").write_text("[Swap]\nWhat=/swap.img\n")
    (units / "linked.timer").symlink_to("/dev/null")
    output = tmp_path / "said"
    tool(tmp_path / "bin", "systemctl", f'echo "$*" >>{output}')
    names = ["swap.img.swap", "linked.timer", "gone.service"]
    shell = masking(names).replace("/etc/systemd/system", str(units))
    assert sh(shell, tools=tmp_path / "bin").returncode == 0
    assert sorted(path.name for path in units.iterdir()) == [
        "linked.timer",
        "swap.img.swap.set-aside",
    ]
    assert output.read_text().splitlines()[-1] == f"mask --now {' '.join(names)}"
