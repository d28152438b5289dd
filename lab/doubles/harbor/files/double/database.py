"""The database container: SQLite behind a port, with the password of its first start."""

from __future__ import annotations

import json
import os
import re
import socketserver
import sqlite3
import threading
from contextlib import suppress
from pathlib import Path

from .passwords import hashed, matches

PORT = 5432
FILE = Path("/var/lib/postgresql/data/registry.sqlite")
SCHEMA = """
CREATE TABLE role (name TEXT PRIMARY KEY, password TEXT NOT NULL);
CREATE TABLE users (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, password TEXT, created TEXT, updated TEXT);
CREATE TABLE project (
  id INTEGER PRIMARY KEY, name TEXT UNIQUE NOT NULL, metadata TEXT, created TEXT, updated TEXT);
CREATE TABLE robots (
  id INTEGER PRIMARY KEY, project INTEGER NOT NULL, name TEXT NOT NULL, secret TEXT NOT NULL,
  description TEXT, duration INTEGER, expires INTEGER, disabled INTEGER, access TEXT,
  created TEXT, updated TEXT, UNIQUE (project, name));
CREATE TABLE retention (id INTEGER PRIMARY KEY, body TEXT NOT NULL);
CREATE TABLE schedule (kind TEXT PRIMARY KEY, body TEXT NOT NULL, created TEXT, updated TEXT);
CREATE TABLE sequences (name TEXT PRIMARY KEY, last INTEGER NOT NULL);
INSERT INTO sequences VALUES ('projects', 1), ('robots', 0), ('retention', 0);
INSERT INTO users VALUES (1, 'admin', NULL, NOW, NOW);
INSERT INTO project VALUES (1, 'library', '{"public": "true"}', NOW, NOW);
"""
NOW = "strftime('%Y-%m-%dT%H:%M:%fZ')"
DUMP = "dump"
ABOUT = re.compile(r'^(?:CREATE TABLE|INSERT INTO) "?(\w+)')
ALTER = re.compile(
    r"""\s*ALTER\s+(?:USER|ROLE)\s+"?(\w+)"?\s+(?:WITH\s+)?(?:ENCRYPTED\s+)?PASSWORD\s+"""
    r"""'((?:[^']|'')*)'\s*;?\s*""",
    re.IGNORECASE,
)


class Database:
    """One connection, one statement at a time, each of them durable."""

    def __init__(self, file: Path, password: str):
        self._lock = threading.Lock()
        is_new = not file.exists()
        unfinished = file.with_suffix(".new")
        unfinished.unlink(missing_ok=True)
        if is_new:
            _create(unfinished, password)
            unfinished.rename(file)
        self._connection = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
        self._connection.execute("PRAGMA synchronous=FULL")

    def lets_in(self, role: str, password: str) -> bool:
        """Whether that is the role's password."""
        rows = self.run("SELECT password FROM role WHERE name = ?", [role])
        return bool(rows) and matches(password, str(rows[0][0]))

    def dump(self) -> list[list[object]]:
        """All but the roles, as statements that make it again where another one is."""
        with self._lock:
            _, *lines, _ = self._connection.iterdump()  # of one transaction
        found = [(ABOUT.findall(line)[0], line) for line in lines]
        tables = dict.fromkeys(table for table, _ in found if table != "role")
        dropped = [f"DROP TABLE IF EXISTS {table};" for table in tables]
        return [[line] for line in (*dropped, *(line for table, line in found if table in tables))]

    def run_all(self, script: str) -> list[list[object]]:
        """Run many statements, or none of them."""
        with self._lock:
            try:
                self._connection.executescript(f"BEGIN;{script}\nCOMMIT;")
            except sqlite3.Error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise
        return []

    def run(self, statement: str, values: list[object]) -> list[list[object]]:
        """The rows of one statement; a change of a role's password is PostgreSQL's words."""
        altered = ALTER.fullmatch(statement)
        if altered:
            stored = hashed(altered[2].replace("''", "'"))
            statement = "UPDATE role SET password = ? WHERE name = ? RETURNING name"
            values = [stored, altered[1]]
        with self._lock:
            rows = [list(row) for row in self._connection.execute(statement, values)]
        if altered and not rows:
            raise ValueError(f'role "{altered[1]}" does not exist')
        return [] if altered else rows


def _create(file: Path, password: str) -> None:
    connection = sqlite3.connect(file)
    connection.executescript("BEGIN;" + SCHEMA.replace("NOW", NOW) + "COMMIT;")
    connection.execute("INSERT INTO role VALUES ('postgres', ?)", [hashed(password)])
    connection.commit()
    connection.close()
    file.chmod(0o600)


def answer(database: Database, line: bytes, is_local: bool) -> dict[str, object]:
    """The reply to one line; who is inside the container needs no password."""
    try:
        asked = json.loads(line)
        if not is_local and not database.lets_in("postgres", asked["password"]):
            return {"error": 'password authentication failed for user "postgres"'}
        if asked["sql"] == DUMP:
            return {"rows": database.dump()}
        if asked.get("script"):
            return {"rows": database.run_all(asked["sql"])}
        return {"rows": database.run(asked["sql"], asked["values"])}
    except sqlite3.IntegrityError as error:
        return {"error": str(error), "conflict": True}
    except (KeyError, ValueError, sqlite3.Error) as error:
        return {"error": str(error)}


def main() -> None:
    """Open or create the data, answer for ever."""
    database = Database(FILE, os.environ["POSTGRES_PASSWORD"])

    class Session(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            is_local = self.client_address[0] == "127.0.0.1"
            for line in self.rfile:
                self.wfile.write(json.dumps(answer(database, line, is_local)).encode() + b"\n")

    socketserver.ThreadingTCPServer.daemon_threads = True
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    server = socketserver.ThreadingTCPServer(("", PORT), Session)
    with suppress(KeyboardInterrupt):  # how a container is stopped
        server.serve_forever()


if __name__ == "__main__":
    main()
