"""app-database: what it prints is a whole dump, and what it puts back is compared."""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.backups import SQL
from tests.unit.doubles import CHECKOUT, tool

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
SCRIPT = CHECKOUT / "files/k8s_worker/usr/local/sbin/app-database"
ROWS = hashlib.sha256(b"INSERT INTO `t` VALUES (1);\n").hexdigest()
# A container of a machine: what runs in it runs here.
CRICTL = """case $1 in
  ps) [ -e {root}/up ] && echo 1a2b || :;;
  exec) shift 3; exec "$@";;
esac"""
MYSQL = """[ "$MYSQL_PWD" = secret ] || exit 1
case "$*" in *COUNT*) echo 3; exit;; esac
cat >>{root}/told
[ ! -e {root}/broken ] || ! grep -q CREATE {root}/told"""


KUBECTL = """[ -n "$STORED" ] && printf %s "$STORED" | base64"""


class Worker:
    """A worker whose container of MySQL is a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.data = root / "data"
        self.data.mkdir()
        (self.data / "ibdata1").touch()
        (root / "up").touch()
        (root / "dump").write_bytes(SQL)
        tool(root / "bin", "crictl", CRICTL.format(root=root))
        tool(root / "bin", "mysql", MYSQL.format(root=root))
        tool(root / "bin", "mysqldump", f'[ "$MYSQL_PWD" = secret ] && cat {root}/dump')
        tool(root / "bin", "kubectl", KUBECTL)
        tool(root / "bin", "sleep", "exit 0")

    def run(
        self,
        verb: str,
        *words: str,
        stdin: bytes = b"",
        stored: str = "",
        started_with: str = "secret",
    ) -> subprocess.CompletedProcess[bytes]:
        secrets = {"MYSQL_ROOT_PASSWORD": started_with, "MYSQL_DATABASE": "shop"}
        secrets["STORED"] = stored
        path = f"{self.root / 'bin'}:{os.environ['PATH']}"
        return subprocess.run(
            ["bash", "-c", SCRIPT.read_text(), SCRIPT.name, verb, "prod", self.data, *words],
            env={"PATH": path, **secrets},
            input=stdin,
            capture_output=True,
            timeout=120,
            check=False,
        )

    def told(self) -> list[str]:
        """What the database was told, a line each."""
        path = self.root / "told"
        return path.read_text().splitlines() if path.exists() else []


@pytest.fixture
def worker(tmp_path: Path) -> Worker:
    return Worker(tmp_path)


def test_a_dump_is_all_that_the_database_gives(worker: Worker) -> None:
    done = worker.run("dump")
    assert (done.returncode, gzip.decompress(done.stdout)) == (0, SQL)
    assert worker.run("tables").stdout == b"3\n"


def test_how_it_is_comes_as_mysqld_exporter_tells_it(worker: Worker) -> None:
    says = """case $(cat) in
      *"GLOBAL STATUS"*) printf 'Threads_connected\\t3\\nUptime\\t70\\n';;
      *"GLOBAL VARIABLES"*) printf 'max_connections\\t151\\n';;
    esac"""
    tool(worker.root / "bin", "mysql", says)
    assert worker.run("figures").stdout.decode().splitlines() == [
        "mysql_global_status_threads_connected 3",
        "mysql_global_status_uptime 70",
        "mysql_global_variables_max_connections 151",
    ]


def test_a_dump_has_the_accounts_that_an_empty_database_would_lack(worker: Worker) -> None:
    says = """statement=$(cat); case $statement in
      *"SELECT CONCAT('SHOW CREATE USER "*) echo "SHOW CREATE USER 'shop'@'%';";;
      *"SELECT CONCAT('SHOW GRANTS FOR "*) echo "SHOW GRANTS FOR 'shop'@'%';";;
      *"SHOW CREATE USER 'shop'"*) echo "CREATE USER \\`shop\\` IDENTIFIED BY PASSWORD '*1A'";;
      *"SHOW GRANTS FOR 'shop'"*) echo "GRANT ALL ON x TO y IDENTIFIED BY PASSWORD '*1A'";;
    esac"""
    tool(worker.root / "bin", "mysql", says)
    assert gzip.decompress(worker.run("dump").stdout).decode().splitlines()[-2:] == [
        "CREATE USER IF NOT EXISTS `shop` IDENTIFIED BY PASSWORD '*1A';",
        "GRANT ALL ON x TO y;",
    ]


def test_a_dump_without_the_accounts_is_half_a_dump(worker: Worker) -> None:
    tool(worker.root / "bin", "mysql", "! grep -q mysql.user")
    assert worker.run("dump").returncode != 0


@pytest.mark.parametrize("stored", ["", "secret"])
def test_its_password_is_the_clusters_and_where_that_gives_none_the_pods(
    worker: Worker, stored: str
) -> None:
    assert (
        worker.run("tables", stored=stored, started_with="old" if stored else "secret").returncode
        == 0
    )
    assert worker.run("tables", started_with="old").returncode == 1


def test_no_database_yet_is_nothing(worker: Worker) -> None:
    (worker.data / "ibdata1").unlink()
    (worker.root / "up").unlink()
    for verb in ("dump", "figures", "tables"):
        done = worker.run(verb)
        assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


def test_a_database_that_has_data_and_does_not_answer_is_no_empty_one(worker: Worker) -> None:
    (worker.root / "up").unlink()
    done = worker.run("dump")
    assert (done.returncode, done.stdout) == (1, b"")
    assert b"no container mysql of the namespace prod answers here" in done.stderr


def test_half_a_dump_fails(worker: Worker) -> None:
    tool(worker.root / "bin", "mysqldump", "echo half; exit 3")
    assert worker.run("dump").returncode != 0


def test_what_is_put_back_is_compared_and_nobody_writes_meanwhile(worker: Worker) -> None:
    done = worker.run("restore", ROWS, stdin=gzip.compress(SQL))
    assert (done.returncode, done.stderr) == (0, b"")
    first, *_, last = [line for line in worker.told() if line != "SELECT 1"]
    assert first == "SET GLOBAL read_only = ON"
    assert last == "SET GLOBAL read_only = OFF"
    assert "INSERT INTO `t` VALUES (1);" in worker.told()


def test_other_rows_than_were_backed_up_fail_the_restore(worker: Worker) -> None:
    (worker.root / "dump").write_bytes(SQL.replace(b"(1)", b"(2)"))
    done = worker.run("restore", ROWS, stdin=gzip.compress(SQL))
    assert done.returncode == 1
    assert b"the database has other rows now than the backup" in done.stderr
    assert worker.told()[-1] == "SET GLOBAL read_only = OFF"


def test_a_database_that_does_not_take_it_says_that_it_is_half(worker: Worker) -> None:
    (worker.root / "broken").touch()
    done = worker.run("restore", ROWS, stdin=gzip.compress(SQL))
    assert done.returncode == 1
    assert b"is half of what it was: run this again" in done.stderr
