"""disks-fill: which disks will be full soon, by how they filled in the last days."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, sh, tool

SCRIPT = CHECKOUT / "files/common/usr/local/sbin/disks-fill"
TODAY = int(time.time()) // 86400
GIB = 1048576  # in KiB


def asked(folder: Path, days: Sequence[float], left: float, words: str) -> tuple[int, str]:
    """How it ends and what it says when so many GiB were used on each of the last days."""
    first = TODAY - len(days) + 1
    history = folder / "history"
    lines = [f"{first + n} {int(used * GIB)} {int(left * GIB)} /" for n, used in enumerate(days)]
    history.write_text("".join(f"{line}\n" for line in lines))
    used = int(days[-1] * GIB) if days else GIB
    rows = f"Used Avail Mounted\\n {used} {int(left * GIB)} /\\n {GIB} {GIB} /srv/my data\\n"
    tool(folder, "df", f"printf '{rows}'")
    done = sh(f"DISKS_FILL_HISTORY={history} bash {SCRIPT} {words}", tools=folder)
    return done.returncode, done.stdout


@pytest.mark.parametrize(
    ("days", "left"),
    [
        ([1, 2, 3, 4, 5, 6], 30),  # room for a month
        ([1, 1, 1, 1, 1, 30], 10),  # one day brought an installation
        ([30, 20, 10, 5, 4, 3], 2),  # less and less
        ([1, 5, 9], 2),  # too few days to say
        ([], 1),
    ],
)
def test_a_disk_with_room_for_longer_is_not_named(
    tmp_path: Path, days: Sequence[float], left: float
) -> None:
    assert asked(tmp_path, days, left, "within 7") == (0, "")


@pytest.mark.parametrize("days", [[1, 3, 5, 7, 9], [1, 3, 30, 32, 34, 36]])
def test_one_that_is_full_within_a_week_is_named_with_its_rate(
    tmp_path: Path, days: Sequence[float]
) -> None:
    assert asked(tmp_path, days, 12, "within 7") == (
        1,
        "/: 12.0 GiB left, 2.0 GiB more a day: full in 6.0 days\n",
    )


def test_days_on_which_the_machine_was_off_count_as_days(tmp_path: Path) -> None:
    asked(tmp_path, [], 12, "within 7")
    days = [TODAY - ago for ago in (20, 14, 8, 4, 2, 0)]
    history = tmp_path / "history"
    history.write_text("".join(f"{day} {(day - TODAY + 99) * GIB} 0 /\n" for day in days))
    tool(tmp_path, "df", f"printf 'Used Avail Mounted\\n {99 * GIB} {5 * GIB} /\\n'")
    done = sh(f"DISKS_FILL_HISTORY={history} bash {SCRIPT} within 7", tools=tmp_path)
    assert done.stdout == "/: 5.0 GiB left, 1.0 GiB more a day: full in 5.0 days\n"


def test_a_day_is_written_once_and_old_ones_are_forgotten(tmp_path: Path) -> None:
    asked(tmp_path, range(1, 15), 5, "note")
    asked_again = sh(
        f"DISKS_FILL_HISTORY={tmp_path}/history bash {SCRIPT} note", tools=tmp_path
    ).returncode
    lines = (tmp_path / "history").read_text().splitlines()
    assert asked_again == 0
    assert [int(line.split()[0]) for line in lines] == [*range(TODAY - 8, TODAY + 1), TODAY]
    assert lines[-1] == f"{TODAY} {GIB} {GIB} /srv/my data"
