"""etcd-restore: no data is moved while nobody knows whether etcd still runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, tool

SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/etcd-restore"


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
@pytest.mark.parametrize(
    ("crictl", "goes_on", "told"),
    [
        ("true", True, ""),
        ("exit 1", False, "nobody says whether etcd runs: crictl pods; run this again"),
        ('[ "$1" = pods ] && echo 1a2b', False, "etcd cannot be stopped: crictl pods"),
    ],
    ids=["nothing runs", "no answer", "it does not stop"],
)
def test_the_data_waits_for_the_end_of_what_writes_it(
    tmp_path: Path, crictl: str, goes_on: bool, told: str
) -> None:
    tool(tmp_path, "systemctl", "true")
    tool(tmp_path, "crictl", crictl)
    # All of the script but its last line, which begins it.
    functions = SCRIPT.read_text().removesuffix('main "$@"\n')
    done = subprocess.run(
        ["bash", "-c", f"{functions}\nstop && echo moved"],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.stdout == "moved\n") is goes_on
    assert told in done.stderr
