"""database-password: both passwords count until every pod has the new one; it may be killed."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.unit.doubles import CHECKOUT, tool

pytestmark = pytest.mark.skipif(not shutil.which("bash"), reason="no bash here")
SCRIPT = CHECKOUT / "files/k8s_control/usr/local/sbin/database-password"
# A cluster that is files: `secret` is the password in app-secrets, `knows` those that the database
# takes, `apps` what each Deployment's pods have; each of its pods asks at every step.
KUBECTL = """cd {root}
[ ! -e killed_at ] || [ "$(echo >>steps; wc -l <steps)" != "$(cat killed_at)" ] || kill -9 $PPID
shift 2
[ "$*" = "-n shop exec --stdin mysql-0 --container mysql -- sh -c "* ] || echo "$*" >>trace
case "$*" in
  *'get secret app-secrets --ignore'*) [ ! -e secret ] || echo secret/app-secrets;;
  *'{{.data.MYSQL_USER}}'*) printf shop | base64;;
  *' exec '*) IFS= read -r given; told=$(cat)
    case $told in
      *"'root'@'127.0.0.1' IDENTIFIED"*) [ "$given" = old ] && echo new >root;;
      *RETAIN*) was=$(head -n 1 knows); printf 'new\\n%s\\n' "$was" >knows;;
      *DISCARD*) echo new >knows;;
      *) case $* in *' root') grep -qx "$given" root;; *) grep -qx "$given" knows;; esac;;
    esac;;
  *'patch secret'*) cat >patch; echo new >secret;;
  *'get deployments'*) printf 'go app-secrets app-secrets  \\nfrontend   \\nown  app-secrets \\n';;
  *'get pods'*) printf 'go-1 app-secrets  \\nfrontend-1   \\n';;
  *'rollout restart'*) cat secret >apps;;
  *'rollout status'*|*'wait --for delete'*) ;;
  *) exit 9;;
esac
status=$?
grep -qxf apps knows || touch lost
exit $status"""


class Control:
    """A control plane that is a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        for name in ("secret", "knows", "apps", "root"):
            (root / name).write_text("old\n")
        tool(root / "bin", "kubectl", KUBECTL.format(root=root))

    def run(
        self, killed_at: int = 0, whose: str = "application"
    ) -> subprocess.CompletedProcess[str]:
        (self.root / "killed_at").write_text(f"{killed_at}\n")
        (self.root / "steps").unlink(missing_ok=True)
        return subprocess.run(
            ["bash", "-c", SCRIPT.read_text(), SCRIPT.name, whose, "shop"],
            env={**os.environ, "PATH": f"{self.root}/bin:{os.environ['PATH']}"},
            input="old\nold\nnew" if whose == "root" else "root\nold\nnew",
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def has(self, name: str) -> str:
        return (self.root / name).read_text()

    def traced(self, words: str) -> list[str]:
        return [line for line in self.has("trace").splitlines() if words in line]

    @property
    def is_turned_and_lost_nothing(self) -> bool:
        new = {self.has(name) for name in ("secret", "knows", "apps")} == {"new\n"}
        return new and not (self.root / "lost").exists()


@pytest.fixture
def control(tmp_path: Path) -> Control:
    return Control(tmp_path)


def test_every_pod_that_reads_the_secret_has_the_new_one_before_the_old_one_ends(
    control: Control,
) -> None:
    done = control.run()
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert control.is_turned_and_lost_nothing
    assert control.has("patch") == '{"data": {"MYSQL_PASSWORD": "bmV3"}}'
    (restarted,) = control.traced("rollout restart")
    assert restarted.endswith("restart deployments/go deployments/own")
    (waited,) = control.traced("wait --for delete")
    assert "pods/go-1 --timeout" in waited


def test_no_password_is_in_a_command_line(control: Control) -> None:
    assert control.run().returncode == 0
    words = control.has("trace").split()
    assert {"root\n", "old", "new", "bmV3"} & {*words} == set()


@pytest.mark.parametrize("killed_at", range(1, 14))
def test_one_that_was_killed_goes_on_and_no_pod_was_shut_out(
    control: Control, killed_at: int
) -> None:
    control.run(killed_at)
    done = control.run()
    assert (done.returncode, done.stderr) == (0, "")
    assert control.is_turned_and_lost_nothing


@pytest.mark.parametrize("killed_at", range(6))
def test_roots_password_is_changed_without_a_pod_that_starts_anew(
    control: Control, killed_at: int
) -> None:
    control.run(killed_at, "root")
    assert control.run(whose="root").returncode == 0
    assert control.has("root") == "new\n"
    assert control.has("patch") == '{"data": {"MYSQL_ROOT_PASSWORD": "bmV3"}}'
    assert control.traced("rollout") == []


def test_a_shop_that_is_not_there_yet_is_left_to_its_first_pipeline(control: Control) -> None:
    (control.root / "secret").unlink()
    assert control.run().returncode == 0
    assert control.has("knows") == "old\n"


def test_pods_that_do_not_begin_leave_both_passwords(control: Control) -> None:
    broken = KUBECTL.replace("*'rollout status'*|", "*'rollout status'*) false;; ")
    tool(control.root / "bin", "kubectl", broken.format(root=control.root))
    assert control.run().returncode == 1
    assert control.has("knows") == "new\nold\n"
