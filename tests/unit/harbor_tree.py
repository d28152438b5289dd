"""A machine that is a folder: Harbor's scripts run on it with Docker as a double."""

from __future__ import annotations

import os
import re
import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

from tests.unit.doubles import CHECKOUT, tool

URL = "http://harbor.local:8080"
WELL = """{"components":[{"name":"core","status":"healthy"}],"status":"healthy"}"""
LOCAL = CHECKOUT / "files/docker_host/usr/local"
SCRIPTS = (
    *("harbor-install", "harbor-back", "harbor-certificate", "harbor-start", "harbor-stop"),
    *("harbor-backup", "harbor-restore"),
)
# Counts the commands of a script, and kills it before one of them.
TRAP = """set -o functrace
n=0
trap '[ $BASHPID != $$ ] || [ $((n += 1)) -lt {command} ] || kill -KILL $$' DEBUG
"""
CONFIG = """hostname: harbor.local
http:
  port: 8080
database:
  password: {password}
  max_idle_conns: 100
log:
  level: info
_version: {format}
"""
INSTALL = """#!/bin/sh
ls .installed 2>/dev/null
[ ! -s {root}/starts-with ] || {{
  mkdir -p {root}/data/harbor/database
  cp {root}/starts-with {root}/data/harbor/database/content
}}
echo "install.sh $(cat .version)" >>{root}/trace
[ ! -e {root}/broken ] || {{ echo 'something broke'; exit 1; }}
mkdir -p common/config
echo "made by $(cat .version)" >common/config/app.conf
echo "services: $(cat .version)" >docker-compose.yml
touch {root}/up
"""
DOCKER = """echo "docker $*" >>{root}/trace
case "$*" in
  *" down"|"compose stop"*) rm -f {root}/up;;
  ps*) cat {root}/ports;;
  "container ls"*) [ ! -e {root}/names ] || cat {root}/names;;
  info*) echo {root}/var/lib/docker;;
  exec*pg_dump*) [ ! -e {root}/no-database ] && echo "DROP TABLE IF EXISTS project;";;
  exec*) cat >>{root}/sql; [ ! -e {root}/no-database ];;
  "image inspect"*) [ ! -e {root}/no-image ];;
  run*migrate*) sed -i 's/^_version:.*/_version: 2.14.0/' {root}/opt/harbor/harbor.yml;;
  *"config --services") printf 'core\\nlog\\nproxy\\n';;
  "compose kill log") [ ! -e {root}/no-log ];;
  "compose up "*orphans) [ ! -s {root}/slow ] || {{ sed -i 1d {root}/slow; exit 1; }};;
esac"""


class Tree:
    """Folders in place of /opt, /etc/harbor, /var/log, /run and /data; a trace of what was run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.bin = root / "bin"
        self.home = root / "opt/harbor"
        self.data = root / "data/harbor"
        for folder in ("opt", "etc/harbor", "var/log", "run", "cache"):
            (root / folder).mkdir(parents=True)
        for folder in ("var/lib/docker", "var/tmp", "usr/local/lib"):
            (root / folder).mkdir(parents=True)
        self.bin.mkdir()
        for name in SCRIPTS:
            self._script(LOCAL / "sbin" / name, self.bin / name)
        self._script(LOCAL / "lib/harbor.sh", root / "usr/local/lib/harbor.sh")
        tool(self.bin, "docker", DOCKER.format(root=root))
        # No unit runs: it is a first installation.
        told = f'[ $1 != is-active ] && echo "systemctl $*" >>{root}/trace && touch {root}/up'
        tool(self.bin, "systemctl", told)
        tool(self.bin, "curl", f"[ -e {root}/up ] && cat {root}/health")
        (root / "health").write_text(WELL)
        tool(self.bin, "ss", f"cat {root}/listening")
        tool(self.bin, "df", f"printf ' Avail\\n'; cat {root}/free")
        tool(self.bin, "sleep", "exit 0")
        tool(self.bin, "sync", "exit 0")
        (root / "ports").touch()
        (root / "listening").touch()
        (root / "free").write_text("9999M\n")
        self.configure()

    def _script(self, source: Path, path: Path) -> None:
        text = source.read_text()
        folders = "opt|etc/harbor|var/log|var/tmp|run|usr/local/lib"
        moved = re.sub(rf"(?<![\w/.}}])/({folders})\b", rf"{self.root}/\1", text)
        assert moved != text
        path.write_text(moved)
        path.chmod(0o755)

    def configure(self, password: str = "old", format: str = "2.14.0") -> None:
        """Write harbor.yml as the deploy does."""
        text = CONFIG.format(password=password, format=format)
        (self.root / "etc/harbor/harbor.yml").write_text(text)

    def bundle(self, version: str, format: str = "2.14.0") -> Path:
        """An offline installer of that version, where the deploy fetches it to."""
        path = self.root / f"cache/harbor-offline-installer-v{version}.tgz"
        files = {
            "install.sh": INSTALL.format(root=self.root),
            "prepare": "#!/bin/sh\n",
            "harbor.yml.tmpl": f"hostname: x\n_version: {format}\n",
            f"harbor.v{version}.tar.gz": "images",
        }
        with tarfile.open(path, "w:gz") as packed:
            for name, content in files.items():
                info = tarfile.TarInfo(f"harbor/{name}")
                info.size, info.mode = len(content), 0o755
                packed.addfile(info, BytesIO(content.encode()))
        return path

    def run(self, *arguments: str, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
        """Call one of the scripts; it is killed before the command of that number."""
        trap = self.root / "trap"
        trap.write_text(TRAP.format(command=killed_at) if killed_at else "")
        path = f"{self.bin}:{os.environ['PATH']}"
        return subprocess.run(
            [self.bin / arguments[0], *arguments[1:]],
            env={**os.environ, "PATH": path, "LC_ALL": "C", "BASH_ENV": str(trap)},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def install(
        self, version: str, sum_: str = "abc", killed_at: int = 0
    ) -> subprocess.CompletedProcess[str]:
        """Install a version as the deploy does; there must be a bundle of it."""
        bundle = self.root / f"cache/harbor-offline-installer-v{version}.tgz"
        data = str(self.data)
        given = (version, data, URL, sum_, str(bundle))
        return self.run("harbor-install", *given, killed_at=killed_at)

    def starts_with(self, content: str) -> None:
        """What a Harbor that starts makes of its database; nothing for ""."""
        (self.root / "starts-with").write_text(content)

    def hurry(self) -> None:
        """Let a minute pass each time that somebody looks at the clock."""
        clock = f"echo x >>{self.root}/clock; echo $((60 * $(wc -l <{self.root}/clock)))"
        tool(self.bin, "date", f'case $1 in +%s) {clock};; *) exec /bin/date "$@";; esac')

    def back(self, killed_at: int = 0) -> subprocess.CompletedProcess[str]:
        """Undo the last upgrade."""
        return self.run("harbor-back", str(self.data), killed_at=killed_at)

    def trace(self, word: str = "") -> list[str]:
        """What was run since the last look, of what matters here."""
        path = self.root / "trace"
        lines = path.read_text().splitlines() if path.exists() else []
        path.unlink(missing_ok=True)
        return [line for line in lines if word in line]

    def fill(self, content: str) -> None:
        """What the running Harbor would write into its data."""
        for name in ("database", "secret", "registry"):
            (self.data / name).mkdir(parents=True, exist_ok=True)
            (self.data / name / "content").write_text(content)

    def filled(self) -> dict[str, str]:
        """What is in its data, by folder."""
        return {p.parent.name: p.read_text() for p in sorted(self.data.glob("*/content"))}

    @property
    def installed(self) -> str:
        """The version and sum that were installed to the end, or nothing."""
        path = self.home / ".installed"
        return path.read_text().splitlines()[0] if path.exists() else ""

    def kept(self) -> set[str]:
        """Copies for a way back, and whatever else should not be there."""
        found = [*(self.root / "opt").iterdir(), *(self.root / "data").iterdir()]
        return {path.name for path in found} - {"harbor"}
