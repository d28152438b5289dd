"""What somebody has in a checkout, or in the environment, says nothing to these tests."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spec import Secrets
from tests.unit.doubles import CHECKOUT

# A few of each kind: pyinfra by itself, settings, secrets, what reads a kubeconfig, the lab's.
A_FEW = (
    "test_plan.py::test_only_the_docker_host_gets_docker",
    "test_spec.py::test_what_these_tests_read_is_what_pyinfra_reads",
    "test_spec.py::test_the_shipped_settings_are_accepted",
    "test_secrets.py::test_made_secrets_are_private_and_accepted",
    *("test_migrate.py", "test_mirror_bases.py", "test_application_layer.py"),
)
NOT_ITS_OWN = shutil.ignore_patterns(
    *(".git", ".venv", ".lab", "real", ".*_cache", "__pycache__"),
    *("secrets.env", "kubeconfig", "kubeconfig-ci"),
)


@pytest.fixture
def somebodys(tmp_path: Path) -> Path:
    """A checkout in which every file that git does not see is of no use to anybody."""
    checkout = tmp_path / "somebodys"
    shutil.copytree(CHECKOUT, checkout, ignore=NOT_ITS_OWN)
    for name in ("secrets.env", "kubeconfig", "kubeconfig-ci", ".lab/mirror.json", "lab/real/no"):
        path = checkout / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("harbor_admin_pasword=no use\n")
        path.chmod(0o644)
    return checkout


def test_what_somebody_has_is_not_looked_at(somebodys: Path) -> None:
    names = (*Secrets.model_fields, "lab", "lab_by_hand", "workers", "worker_suite", "kubeconfig")
    environment = {name.upper(): "no use" for name in (*names, "fake_fault")}
    environment["THREEBODY_SECRETS"] = str(somebodys / "secrets.env")
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *(f"tests/unit/{name}" for name in A_FEW)],
        cwd=somebodys,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_git_sees_no_secret_whatever_a_killed_run_has_left_of_it(tmp_path: Path) -> None:
    shutil.copy(CHECKOUT / ".gitignore", tmp_path)
    names = [f"{name}{kind}" for name in ("", "mine/") for kind in ("kubeconfig", "kubeconfig-ci")]
    names += ["mine/.kubeconfig.new", ".kubeconfig-ci.new", "secrets.env", ".secrets.env.new"]
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    done = subprocess.run(
        ["git", "check-ignore", *names], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.stdout.splitlines() == names
