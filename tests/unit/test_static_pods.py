"""static-pods-restart: it counts that a pod is gone, and not what each attempt came to."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from operations import control_plane
from tests.unit.doubles import CHECKOUT, sh, tool

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
Reloads = Callable[..., subprocess.CompletedProcess[str]]
# A runtime with these pods, where kubelet may come first, and calls may fail at first or for good.
CRICTL = """echo "$*" >>{root}/trace
if [ -e {root}/wrong-$1 ]; then
  [ "$(cat {root}/wrong-$1)" = always ] || rm {root}/wrong-$1
  [ ! -e {root}/first ] || rm -f {root}/pods/*
  echo "$1: DeadlineExceeded" >&2; exit 1
fi
case "$*" in
  "pods --id "*) cd {root}/pods; ls -d $3 2>/dev/null || :;;
  pods*) ls {root}/pods;;
  rmp*) rm {root}/pods/$2;;
esac"""
RESTART = CHECKOUT / "files/k8s_control/usr/local/sbin/static-pods-restart"


@pytest.fixture
def reloads(tmp_path: Path) -> Reloads:
    """Has the API server of a runtime with these pods made anew, where calls go wrong like this."""

    def run(
        pods: str, first: bool = False, within: int = 60, /, **wrong: str
    ) -> subprocess.CompletedProcess[str]:
        (tmp_path / "pods").mkdir()
        for name in pods.split():
            (tmp_path / "pods" / name).touch()
        if first:
            (tmp_path / "first").touch()
        for call, how in wrong.items():
            (tmp_path / f"wrong-{call}").write_text(how)
        tool(tmp_path / "bin", "crictl", CRICTL.format(root=tmp_path))
        tool(tmp_path / "bin", "kubectl", "exit 0")
        script = tmp_path / "bin/static-pods-restart"
        script.write_text(RESTART.read_text().replace("within=90", f"within={within}"))
        script.chmod(0o755)
        return sh(f'if [ -n "1" ]; then {control_plane.RELOAD_API}; fi', tools=tmp_path / "bin")

    return run


@pytest.mark.parametrize(
    ("first", "wrong"),
    [
        (False, {}),
        (False, {"pods": "once"}),
        (False, {"stopp": "once"}),
        (False, {"rmp": "once"}),
        (True, {"stopp": "always"}),
        (True, {"rmp": "always"}),
    ],
)
def test_an_api_server_is_made_anew_whoever_removes_its_old_pod(
    tmp_path: Path,
    reloads: Reloads,
    first: bool,
    wrong: dict[str, str],
) -> None:
    done = reloads("a b", first, **wrong)
    assert done.returncode == 0, done.stderr
    assert list((tmp_path / "pods").iterdir()) == []
    assert "stopp a" in (tmp_path / "trace").read_text()


@pytest.mark.parametrize(
    ("pods", "wrong", "error"),
    [
        ("a", "pods", "kube-apiserver was not stopped within 1 s: see crictl pods"),
        ("a b", "stopp", "kube-apiserver was not stopped within 1 s: see crictl pods"),
        ("a b", "rmp", "kube-apiserver was not stopped within 1 s: see crictl pods"),
        ("", "none", "the API server runs, and crictl knows no pod of it"),
    ],
)
def test_an_api_server_that_could_not_be_made_anew_is_told(
    reloads: Reloads, pods: str, wrong: str, error: str
) -> None:
    done = reloads(pods, False, 1, **{wrong: "always"})
    assert done.returncode != 0
    assert error in done.stderr
