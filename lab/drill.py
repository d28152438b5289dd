"""A backup put back on three bare machines of a lab of its own, compared and timed (`make drill`).

What runs is what a person runs after the worst day: `restore-secrets`, `restore`, which waits at
every gate, and `smoke`. Then the platform that came back is backed up, and both backups have to say
the same of themselves.
"""

from __future__ import annotations

import os
import runpy
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from lab import BY_HAND, CHECKOUT, Lab, outer, verbs
from lab.mirror.kubernetes import wanted
from lab.network import NotOurs
from lab.shell import CommandFailed
from operations import backup_archive
from operations.backup_archive import Backup, Manifest
from operations.kept import Unusable
from spec.errors import Refused

NAME = "drill"
FOLDER = "drilled"  # where the platform that came back is backed up to: below the lab's own folder
WITHIN = 180  # seconds until the shop serves
NOT_OURS = "gitlab"  # GitLab is not on these machines
KEPT = "drills.txt"  # beside the backups: a line for each drill


def main(words: Sequence[str]) -> int:
    """0 when all of the backup FROM, or of the newest, came back by the key KEY; 2 if it could not
    begin. Further words are pyinfra's."""
    if not os.environ.get("KEY"):
        print("KEY is empty: write KEY=, with the file of the private key.", file=sys.stderr)
        return 2
    try:
        outer.check()
        archive = Path(os.environ.get("FROM") or _newest()).resolve()
        key = Path(os.environ["KEY"]).expanduser().resolve(strict=True)
        found = backup_archive.read(archive)
        lab, seconds = Lab(NAME), dict[str, float]()
        verbs.clean(lab, ())  # what one that was killed has left
    except Unusable as refused:
        print(f"{archive} {refused}.", file=sys.stderr)
        return 2
    except (outer.NoLabHere, CommandFailed, NotOurs, OSError) as refused:
        print(refused, file=sys.stderr)
        return 2
    os.environ |= {"FROM": str(archive), "KEY": str(key), "ONLY": "", "CONFIRM": "", BY_HAND: "1"}
    if any(part.name == "etcd" for part in found.manifest.parts):
        os.environ[wanted.WANTED] = found.part("etcd").about["kubernetes"]
    try:
        after = _put_back(lab, found, key, words, seconds)
    except (CommandFailed, Refused, Unusable, OSError, ValueError) as failed:
        print(f"{failed}: the backup did not come back", file=sys.stderr)
        return _ended(found, seconds, "failed")
    except KeyboardInterrupt:
        return verbs.INTERRUPTED
    finally:
        verbs.clean(lab, ())
    rows = dict(compared(found.manifest, after))
    for part, says in rows.items():
        print(f"{part:<14}{says}")
    differ = [part for part, says in rows.items() if not says.startswith("the same")]
    return _ended(found, seconds, f"{', '.join(differ)} differ" if differ else "all the same")


def _newest() -> Path:
    settings = runpy.run_path(str(CHECKOUT / "group_data" / "all.py"))
    folder = Path(CHECKOUT, settings["operator_folder"], settings["backup_folder"])
    found = sorted(folder.glob("platform-*.tar"), key=lambda path: path.stat().st_mtime)
    if not found:
        raise FileNotFoundError(f"{folder} has no backup yet: make backup, or write FROM=")
    return found[-1]


def _put_back(
    lab: Lab, found: Backup, key: Path, words: Sequence[str], seconds: dict[str, float]
) -> Manifest:
    """Have the platform of a backup in the lab; what a backup of that says of itself."""
    inventory, *settings = verbs.lab_settings()
    extra = ("--data", f"backup_folder={FOLDER}", *words)

    def run(*command: str) -> None:
        status = verbs.execute(lab, command)
        if status == verbs.INTERRUPTED:
            raise KeyboardInterrupt
        if status:
            raise CommandFailed(f"{' '.join(command[:3])} ended with {status}")

    def pyinfra(script: str) -> None:
        run("pyinfra", inventory, script, "-y", *settings, *extra)

    with _timed(seconds, "machines"):
        verbs.up(lab, ())
    lab.secrets.unlink()  # which it has made up
    run("python", "-m", "operate.restore_secrets", str(found.path), str(key))
    with _timed(seconds, "restore"):
        pyinfra("operate/restore.py")
    if any(part.name == "mysql" for part in found.manifest.parts):
        with _timed(seconds, "shop"):
            _await(lambda: run("python", "-m", "operate.smoke", inventory, *settings))
    with _timed(seconds, "backup"):
        pyinfra("operate/backup.py")
    (made,) = (lab.fetched / FOLDER).glob("platform-*.tar")
    return backup_archive.read(made).manifest


def _await(answer: Callable[[], None]) -> None:
    """Pods notice within seconds that their database is there again."""
    end = time.monotonic() + WITHIN
    while True:
        try:
            return answer()
        except CommandFailed:
            if time.monotonic() > end:
                raise
        time.sleep(3)


@contextmanager
def _timed(seconds: dict[str, float], what: str) -> Iterator[None]:
    began = time.monotonic()
    yield
    seconds[what] = time.monotonic() - began


def compared(before: Manifest, after: Manifest) -> Iterator[tuple[str, str]]:
    """What has become of each part."""
    now = {part.name: part.about for part in after.parts}
    for part in before.parts:
        if part.name == NOT_OURS:
            continue
        if part.name not in now:
            yield part.name, "is not there any more"
        elif now[part.name] == part.about:
            yield part.name, f"the same{_told(part.about)}"
        else:
            yield part.name, f"was{_told(part.about)}; is{_told(now[part.name])}"


def _told(about: Mapping[str, str]) -> str:
    words = ", ".join(f"{name} {value[:12]}" for name, value in about.items())
    return f" {words}" if words else ""


def _ended(found: Backup, seconds: Mapping[str, float], result: str) -> int:
    """Say how it went, and keep it beside the backup."""
    now, taken = datetime.now(UTC), found.manifest.taken
    age = int((now - datetime.fromisoformat(taken)).total_seconds()) // 60
    took = ", ".join(f"{what} {value:.0f} s" for what, value in seconds.items())
    print(f"lost          what came after {taken}: {age // 60} h {age % 60} min until now")
    print(f"took          {sum(seconds.values()):.0f} s ({took})")
    line = f"{now:%Y-%m-%dT%H:%M:%SZ} {found.path.name}: {result}, {sum(seconds.values()):.0f} s"
    print(line)
    with found.path.with_name(KEPT).open("a") as kept:
        kept.write(f"{line}\n")
    return 0 if result == "all the same" else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
