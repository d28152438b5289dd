"""The database is stopped, and handed over: killed anywhere, the next one goes on."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from facts.database import MOVING
from tests.unit.doubles import CHECKOUT, tool

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "flock"))), reason="no bash or flock here"
)
SCRIPTS = CHECKOUT / "files/k8s_control/usr/local/sbin"
# A cluster that is files: `volume` says its node, `claim` is there, and whether `cordoned`.
KUBECTL = """echo "$*" >>{root}/trace
[ "$(grep -c . {root}/trace)" != "$(cat {root}/killed_at)" ] || kill -9 $PPID
shift 2
case "$*" in
  'get node '*) [ ! -e {root}/cordoned ] || echo true;;
  'cordon '*) touch {root}/cordoned;;
  'uncordon '*) rm -f {root}/cordoned;;
  *'get pods'*) cat {root}/pods;;
  *'delete pods'*) [ ! -e {root}/stays ];;
  'get pv '*) cat {root}/volume 2>/dev/null || :;;
  'delete pv '*) touch {root}/deleted;;
  'patch pv '*finalizers*) [ ! -e {root}/deleted ] || rm -f {root}/volume {root}/deleted;;
  'apply '*) [ ! -e {root}/volume ] && cat >{root}/volume;;
  *'get pvc '*) [ ! -e {root}/claim ] || echo uid-1;;
  'patch pv '*claimRef*) echo "$*" | grep -q uid-1 && touch {root}/bound;;
  *'wait --for=jsonpath'*) [ -e {root}/bound ];;
  *) exit 9;;
esac"""
PODS = r"""mysql-0|a|,,mysql-data,,|
mysql-1|a|,mysql-data,|
go-1|a|,,|
mysql-2|b|,mysql-data,|
"""


class Control:
    """A control plane that is a folder."""

    def __init__(self, root: Path) -> None:
        self.root, self.marker = root, root / "database-moving"
        (root / "killed_at").write_text("0\n")
        (root / "pods").write_text(PODS)
        (root / "claim").touch()
        (root / "volume").write_text("a")
        tool(root / "bin", "kubectl", KUBECTL.format(root=root))
        tool(root / "bin", "timeout", 'shift; exec "$@"')

    def run(self, script: str, *words: str, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
        (self.root / "killed_at").write_text(f"{killed_at}\n")
        (self.root / "trace").unlink(missing_ok=True)
        text = (SCRIPTS / script).read_text().replace("/run/", f"{self.root}/")
        return subprocess.run(
            ["bash", "-c", text.replace(MOVING, str(self.marker)), script, *words],
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def stop(self, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
        return self.run("database-stop", "shop", "mysql-data", "a", "b", killed_at=killed_at)

    def hand_over(self, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
        words = ("shop", "mysql-data", "shop-mysql", "b", "b")
        return self.run("database-hand-over", *words, killed_at=killed_at)

    def traced(self, words: str) -> list[str]:
        lines = (self.root / "trace").read_text().splitlines()
        return [line for line in lines if words in line]


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control(tmp_path)


def test_who_has_the_claim_on_the_old_node_ends_and_nothing_begins_there(control: Control) -> None:
    done = control.stop()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert control.marker.read_text() == "a b false\n"
    assert (control.root / "cordoned").exists()
    (deleted,) = control.traced("delete pods")
    assert deleted.endswith("mysql-0 mysql-1")


def test_a_database_that_does_not_end_is_named_with_the_way_back(control: Control) -> None:
    (control.root / "stays").touch()
    done = control.stop()
    assert done.returncode == 1
    assert done.stderr.startswith("mysql-0, mysql-1 did not end within 300 s, and no data was")
    assert "kubectl uncordon a" in done.stderr


def test_a_node_that_somebody_had_cordoned_stays_so(control: Control) -> None:
    (control.root / "cordoned").touch()
    assert control.stop().returncode == 0
    assert control.hand_over().returncode == 0
    assert (control.root / "cordoned").exists()


def test_the_volume_is_made_anew_for_the_same_claim_and_the_node_works_on(control: Control) -> None:
    assert control.stop().returncode == 0
    done = control.hand_over()
    assert done.returncode == 0, done.stderr
    assert (control.root / "volume").read_text() == "b\n"
    assert (control.root / "bound").exists()
    assert not (control.root / "cordoned").exists()
    assert control.hand_over().returncode == 0
    assert control.traced("delete pv") == []


def test_a_volume_that_nobody_claims_yet_moves_as_well(control: Control) -> None:
    (control.root / "claim").unlink()
    control.stop()
    assert control.hand_over().returncode == 0
    assert (control.root / "volume").read_text() == "b\n"


@pytest.mark.parametrize("command", range(1, 11))
def test_one_that_is_killed_anywhere_goes_on(control: Control, command: int) -> None:
    stopped = control.stop(killed_at=command)
    if stopped.returncode:
        assert control.stop().returncode == 0
    assert control.marker.read_text() == "a b false\n"
    handed = control.hand_over(killed_at=command)
    if handed.returncode:
        done = control.hand_over()
        assert done.returncode == 0, done.stderr
    assert (control.root / "volume").read_text() == "b\n"
    assert (control.root / "bound").exists()
    assert not (control.root / "cordoned").exists()
