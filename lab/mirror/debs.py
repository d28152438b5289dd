"""Packages with an upstream's names and versions, holding Debian's build of the same software.

Debian's own packages conflict with upstream's names, so these cannot merely depend on them: they
hold the same files and the same maintainer scripts under another control file.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from email.parser import Parser
from pathlib import Path

from lab import debian
from lab.mirror import root
from lab.mirror.upstreams import DEBIAN_RELEASE, Package
from lab.shell import CommandFailed

# What comes without a pin: it differs in nothing but the version.
NEWER = "99.0.0"
WORK = f"{root.HOME}/work"  # as seen from inside the tree
APT = f"""
apt() {{
  apt-get -q -o Dir::State::Lists={WORK}/lists -o Dir::Cache={WORK} \\
    -o Dir::Etc::SourceList={WORK}/sources -o Dir::Etc::SourceParts=/dev/null "$@"
}}
"""
DOWNLOAD = f"""
{APT}
mkdir -p {WORK}/lists/partial {WORK}/archives/partial
cd {WORK}
apt update
apt -o APT::Sandbox::User=root download "$@"
"""
# Whether the machines' apt would take what is there, with what their own release has beside it.
FITS = f"{APT} apt -s install {WORK}/later/pool/*.deb"


@dataclass(frozen=True)
class Versions:
    """What a repository has of a package."""

    usual: str  # what is deployed
    later: str = ""  # what an update by its setting goes to; none of a real one


def following(version: str) -> str:
    """The number of the patch release after this one."""
    line, _, patch = version.rpartition(".")
    return f"{line}.{int(patch) + 1}"


def make(tree: Path, packages: Sequence[Package], work: Path) -> dict[str, Versions]:
    """Write each package in three versions into `work`/pool; returns which."""
    _download(tree, packages, work, debian.sources())
    later = _of_later_release(tree, packages, work)

    def others(usual: str) -> Sequence[str]:
        return (NEWER,) if later else (following(usual), NEWER)

    usual = _make_all(tree, packages, work, others)
    return {name: Versions(it, later.get(name) or following(it)) for name, it in usual.items()}


def _of_later_release(tree: Path, packages: Sequence[Package], work: Path) -> dict[str, str]:
    """The same of Debian's next release, where the machines can take it; which versions they are.

    That one changes every day. What it lacks, or builds for a C library that is not there yet,
    leaves the usual files under the next number.
    """
    place = work / "later"
    # What it said some weeks ago, signed, is as good here as what it says today.
    source = f"deb [check-valid-until=no] {debian.archive()} {debian.LATER_SUITE} main"
    (place / "pool").mkdir(parents=True)
    try:
        _download(tree, packages, place, [source])
        made = _make_all(tree, packages, place, lambda _: ())
        _inside(tree, work, "sh", "-ec", FITS)
    except CommandFailed:
        return {}
    for deb in (place / "pool").iterdir():
        deb.rename(work / "pool" / deb.name)
    return made


def _download(tree: Path, packages: Sequence[Package], work: Path, sources: Sequence[str]) -> None:
    (work / "sources").write_text("".join(f"{line}\n" for line in sources))
    names = [name for package in packages for name in package.made_of]
    _inside(tree, work, "sh", "-ec", DOWNLOAD, "sh", *names)


def _make_all(
    tree: Path, packages: Sequence[Package], work: Path, others: Callable[[str], Sequence[str]]
) -> dict[str, str]:
    """Pack each as its own version and as `others` of it; returns the own ones."""
    with ThreadPoolExecutor(max_workers=4) as workers:
        made = workers.map(lambda package: _make_one(tree, package, work, others), packages)
        return {package.name: version for package, version in zip(packages, made, strict=True)}


def _inside(tree: Path, work: Path, *command: str) -> None:
    root.build_with(tree, *command, binds={"work": work})


def _make_one(
    tree: Path, package: Package, work: Path, others: Callable[[str], Sequence[str]]
) -> str:
    contents = work / package.name
    fields, libraries, sums = _unpack(tree, package, work)
    for path in package.without:
        (contents / path).unlink()
    for path, text in package.instead:
        (contents / path).write_text(text)
    changed = {*package.without, *(path for path, _ in package.instead)}
    kept = [line for line in sums if line.split(maxsplit=1)[1] not in changed]
    (contents / "DEBIAN/md5sums").write_text("".join(f"{line}\n" for line in kept))
    _restart_on_upgrade(contents / "DEBIAN/postinst")

    upstream = re.match(r"(?:\d+:)?(\d+(?:\.\d+)+)", fields["Version"])
    if not upstream:
        raise ValueError(f"{package.made_of[0]}: no upstream version in {fields['Version']!r}")
    for version in (upstream[1], *others(upstream[1])):
        full = package.version.format(
            version=version, suite=debian.SUITE, release=DEBIAN_RELEASE[debian.SUITE]
        )
        control = _control(package, full, fields, libraries)
        (contents / "DEBIAN/control").write_text(control)
        name = f"{package.name}_{full.split(':')[-1]}_{fields['Architecture']}.deb"
        how = ("--root-owner-group", "-Zzstd", "-z1")  # quick: nobody downloads these from afar
        _inside(
            tree, work, "dpkg-deb", *how, "--build", f"{WORK}/{package.name}", f"{WORK}/pool/{name}"
        )
    return upstream[1]


def _unpack(
    tree: Path, package: Package, work: Path
) -> tuple[dict[str, str], list[str], list[str]]:
    """Lay Debian's packages over each other; returns the first's fields, all libraries and sums."""
    contents = work / package.name
    libraries: list[str] = []
    sums: list[str] = []
    fields: dict[str, str] = {}
    for name in reversed(package.made_of):  # so that the first one's scripts are those that stay
        shutil.rmtree(contents / "DEBIAN", ignore_errors=True)
        (deb,) = work.glob(f"{name}_*.deb")
        _inside(tree, work, "dpkg-deb", "-R", f"{WORK}/{deb.name}", f"{WORK}/{package.name}")
        fields = dict(Parser().parsestr((contents / "DEBIAN/control").read_text()).items())
        needed = re.split(r",\s*", fields.get("Depends", ""))
        libraries += [entry for entry in needed if entry.startswith("lib")]
        sums += (contents / "DEBIAN/md5sums").read_text().splitlines()
    return fields, libraries, sums


def _control(
    package: Package, version: str, debian_fields: dict[str, str], libraries: list[str]
) -> str:
    fields = {
        "Package": package.name,
        "Version": version,
        "Architecture": debian_fields["Architecture"],
        "Maintainer": "lab of this checkout <root@mirror.lab>",
        "Installed-Size": debian_fields["Installed-Size"],
        "Section": "admin",
        "Priority": "optional",
        **dict(package.fields),
    }
    own = fields.get("Depends")
    fields["Depends"] = ", ".join([*([own] if own else []), *dict.fromkeys(libraries)])
    fields["Description"] = (
        f"stand-in for {package.name}\n Debian's {', '.join(package.made_of)} under upstream's name"
    )
    return "".join(f"{name}: {value}\n" for name, value in fields.items())


def _restart_on_upgrade(postinst: Path) -> None:
    """Upstream's packages restart their service at an upgrade; Debian's Docker does not."""
    if postinst.exists():
        started = "deb-systemd-invoke start "
        text = postinst.read_text().replace(started, "deb-systemd-invoke ${2:+re}start ")
        postinst.write_text(text)
