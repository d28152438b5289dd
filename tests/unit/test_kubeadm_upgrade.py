"""kubeadm-upgrade: what it asks kubeadm for, and what it says when that fails."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT

NEW = "1.36.3"
SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/kubeadm-upgrade"
KUBEADM = """#!/bin/sh
echo "$@" >{folder}/asked
[ ! -e {folder}/fails ] || { echo '[ERROR CreateJob]: Job "upgrade-1" not complete'; exit 1; }
"""


def run_script(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    program = folder / "kubeadm"
    program.write_text(KUBEADM.replace("{folder}", str(folder)))
    program.chmod(0o755)
    text = SCRIPT.read_text().replace("/run/", f"{folder}/").replace("/var/log/", f"{folder}/")
    return subprocess.run(
        ["bash", "-s", "--", *words],
        input=text,
        env={"PATH": f"{folder}:/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize(
    ("words", "asked"),
    [
        (("apply", NEW), f"upgrade apply v{NEW} --yes"),
        (("apply", NEW, "A", "B"), f"upgrade apply v{NEW} --yes --ignore-preflight-errors=A,B"),
        (("node",), "upgrade node"),
        (("node", "A"), "upgrade node --ignore-preflight-errors=A"),
    ],
)
def test_kubeadm_is_asked_for(tmp_path: Path, words: tuple[str, ...], asked: str) -> None:
    done = run_script(tmp_path, *words)
    assert (done.returncode, done.stderr) == (0, "")
    assert (tmp_path / "asked").read_text().strip() == asked


def test_what_kubeadm_says_against_it_is_said(tmp_path: Path) -> None:
    (tmp_path / "fails").touch()
    done = run_script(tmp_path, "apply", NEW)
    assert done.returncode == 1
    assert 'kubeadm upgrade apply failed: [ERROR CreateJob]: Job "upgrade' in done.stderr
