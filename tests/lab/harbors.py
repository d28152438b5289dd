"""A Harbor of its own on vm-docker: installed by its bundle, beside the platform's, and removed."""

from __future__ import annotations

import base64
import http.client
import json
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lab import CHECKOUT
from lab.machines import Machine
from lab.mirror import root

VERSION = "2.14.1"
NAME = f"harbor-offline-installer-v{VERSION}.tgz"
REAL = CHECKOUT / "lab/real" / NAME
HOME = "/opt/contract/harbor"
DATA = "/data/contract"
PORT = 18080  # here, as it was when the contract was recorded; on the machine it is 8080
ADDRESS = f"127.0.0.1:{PORT}"
PASSWORD = "Harbor12345"
SETTINGS = f"""\
hostname: harbor.local
http: {{port: 8080}}
harbor_admin_password: {PASSWORD}
database:
  password: root123
data_volume: {DATA}
jobservice: {{max_job_workers: 2, job_loggers: [FILE], logger_sweeper_duration: 1}}
notification: {{webhook_job_max_retry: 1, webhook_job_http_client_timeout: 3}}
log: {{level: info, local: {{rotate_count: 2, rotate_size: 10M, location: /var/log/contract}}}}
_version: 2.14.0
"""
# The platform's own Harbor has the same container names and the same port.
STOP = """
systemctl stop harbor-compose 2>/dev/null
[ ! -f /opt/harbor/docker-compose.yml ] || docker compose -f /opt/harbor/docker-compose.yml down
"""
REMOVE = f"""
[ ! -f {HOME}/docker-compose.yml ] || docker compose -f {HOME}/docker-compose.yml down -t 5
rm -rf {DATA} /opt/contract /var/log/contract /var/tmp/{NAME}
"""
# Double and real one have the same names of images: the platform's own are loaded anew.
START = """
systemctl cat harbor-compose >/dev/null 2>&1 || exit 0
docker load --quiet --input /opt/harbor/harbor.*.tar.gz
systemctl start harbor-compose
"""


@dataclass(frozen=True)
class Reply:
    """What Harbor answered."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True)
class Harbor:
    """One that is installed and can be asked."""

    kind: str
    machine: Machine

    def sh(self, command: str, check: bool = True) -> str:
        """Run a command as root where it is installed; what it printed, errors as well."""
        return self.machine.ssh(f"cd {HOME} && sudo sh -c '{command}' 2>&1", check)

    def ask(
        self, method: str, path: str, user: str = "", password: str = PASSWORD, body: object = None
    ) -> Reply:
        """One request, as a user or as nobody."""
        headers = {"Content-Type": "application/json"} if body is not None else {}
        if user:
            word = base64.b64encode(f"{user}:{password}".encode()).decode()
            headers["Authorization"] = f"Basic {word}"
        connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=90)
        try:
            sent = None if body is None else json.dumps(body)
            connection.request(method, path, sent, headers)
            answer = connection.getresponse()
            text = answer.read().decode()
        finally:
            connection.close()
        kind = answer.headers.get("Content-Type", "")
        told = json.loads(text) if text and kind.startswith("application/json") else text.strip()
        return Reply(answer.status, dict(answer.headers.items()), told)

    def health(self) -> dict[str, str]:
        """The status of each part; of nothing while there is no answer."""
        try:
            told = self.ask("GET", "/api/v2.0/health").body
        except (OSError, http.client.HTTPException):
            return {}
        if not isinstance(told, dict):
            return {}
        return {part["name"]: part["status"] for part in told["components"]}

    def wait(self, healthy: bool = True, within: int = 120) -> dict[str, str]:
        """Ask for its health until it is as wanted; the last answer."""
        end = time.monotonic() + within
        while True:
            known = self.health()
            is_healthy = bool(known) and set(known.values()) == {"healthy"}
            if (known and is_healthy == healthy) or time.monotonic() > end:
                return known
            time.sleep(1)

    def settings(self, text: str) -> None:
        """Write harbor.yml."""
        (self.machine.root / HOME.lstrip("/") / "harbor.yml").write_text(text)

    def install(self) -> None:
        """Run the bundle's install.sh and wait until every part is healthy."""
        self.sh("./install.sh")
        assert set(self.wait().values()) == {"healthy"}


def bundle(kind: str, folder: Path) -> Path:
    """The installer of the real one, or the double's, made now."""
    if kind == "real":
        return REAL
    from lab.doubles import harbor as double

    made = folder / NAME
    double.build(root.tree(), VERSION, made)
    return made


@contextmanager
def installed(kind: str, machine: Machine, package: Path) -> Iterator[Harbor]:
    """A fresh one on the machine, at its own address here; afterwards all is as it was."""
    machine.ssh(f"sudo sh -c '{STOP} {REMOVE}'")
    shutil.copyfile(package, machine.root / "var/tmp" / NAME)
    harbor = Harbor(kind, machine)
    try:
        machine.ssh(f"sudo mkdir -p {Path(HOME).parent}")
        machine.ssh(f"sudo tar -xzf /var/tmp/{NAME} -C {Path(HOME).parent}")
        harbor.settings(SETTINGS)
        with _tunnel(machine):
            harbor.install()
            yield harbor
    finally:
        machine.ssh(f"sudo sh -c '{REMOVE}'")
        machine.ssh(f"sudo sh -c '{START}'")


@contextmanager
def _tunnel(machine: Machine) -> Iterator[None]:
    """From PORT here to Harbor's port on the machine: no firewall has a say in the contract."""
    forward = ("-N", "-o", "ExitOnForwardFailure=yes", "-L", f"{PORT}:127.0.0.1:8080")
    tunnel = subprocess.Popen(machine.ssh_command(*forward))
    try:
        yield
    finally:
        tunnel.terminate()
        tunnel.wait()


@dataclass(frozen=True)
class Skopeo:
    """The mirror's skopeo, with a folder that it shares with the test."""

    work: Path

    def __call__(self, *words: str) -> tuple[int, str]:
        """Exit status and the last line of what it said."""
        command = root.inside(root.tree(), "skopeo", *words, binds={"work": self.work})
        done = subprocess.run(command, capture_output=True, text=True, timeout=120)
        output = (done.stdout + done.stderr).strip().splitlines() or [""]
        return done.returncode, output[-1]
