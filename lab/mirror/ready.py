"""Packages that come ready: the real one from lab/real/, or the double in lab/doubles/, packed."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from lab.mirror import root
from lab.mirror.debs import NEWER, Versions, following
from lab.mirror.real import DOUBLES, found
from lab.mirror.store import fingerprint

WORK = f"{root.HOME}/work"  # as seen from inside the tree
PACK = ("dpkg-deb", "--root-owner-group", "-Zzstd", "-z1", "--build")


def inputs(name: str) -> str:
    """What decides what comes out, as one word."""
    return fingerprint(found(f"{name}_*.deb") or double(name), Path(__file__))


def double(name: str) -> Path:
    """Where the double of a package is: its control files in debian/, all else beside it."""
    return DOUBLES / name.replace("-", "_")


def make(tree: Path, name: str, work: Path) -> Versions:
    """Write the package into `work`/pool, and as later ones; returns which.

    A double says which version it is. A real one says its own whatever it is packed as, so of that
    there is no later one to deploy.
    """
    contents = work / name
    real = found(f"{name}_*.deb")
    if real:
        shutil.copyfile(real, work / "real.deb")
        _inside(tree, work, "dpkg-deb", "-R", f"{WORK}/real.deb", f"{WORK}/{name}")
    else:
        _lay_out(double(name), contents)
    control = (contents / "DEBIAN/control").read_text()
    version = str(re.findall(r"^Version: (.+)$", control, re.MULTILINE)[0])
    usual = version.partition("-")[0]
    later = "" if real else following(usual)
    for number in filter(None, (usual, later, NEWER)):
        packed = version if number == usual else f"{number}-1"
        text = control.replace(f"Version: {version}\n", f"Version: {packed}\n")
        (contents / "DEBIAN/control").write_text(text)
        if not real:
            _tell(contents, double(name).name, number)
        deb = f"{WORK}/pool/{name}_{packed}_{root.architecture(tree)}.deb"
        _inside(tree, work, *PACK, f"{WORK}/{name}", deb)
    if real:  # byte for byte
        shutil.copyfile(real, work / "pool" / f"{name}_{version}_{root.architecture(tree)}.deb")
    return Versions(usual, later)


def _tell(contents: Path, module: str, version: str) -> None:
    """Have the double say that it is this version."""
    known = contents / "usr/lib" / contents.name / module / "__init__.py"
    known.write_text(
        re.sub('^VERSION = ".*"', f'VERSION = "{version}"', known.read_text(), flags=re.M)
    )


def _lay_out(source: Path, contents: Path) -> None:
    """A double as its package: a program in /usr/bin that runs the modules in /usr/lib."""
    name = contents.name
    shutil.copytree(source / "debian", contents / "DEBIAN")
    for script in contents.glob("DEBIAN/p*"):
        script.chmod(0o755)
    library = contents / "usr/lib" / name
    shutil.copytree(
        source, library / source.name, ignore=shutil.ignore_patterns("debian", "__pycache__")
    )
    program = contents / "usr/bin" / name
    program.parent.mkdir(parents=True)
    program.write_text(
        "#!/usr/bin/python3 -B\nimport runpy, sys\n"
        f'sys.path.insert(0, "/usr/lib/{name}")\nrunpy.run_module("{source.name}", '
        'run_name="__main__")\n'
    )
    program.chmod(0o755)
    contents.chmod(0o755)


def _inside(tree: Path, work: Path, *command: str) -> None:
    root.build_with(tree, *command, binds={"work": work})
