"""Secrets: in no output at any verbosity, in no process list, in no file that others may read."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from lab import Lab, machines
from lab.machines import Machine
from spec import Secrets
from spec.secrets import MADE, SECRETS_FILE
from tests.lab import registry
from tests.lab.cluster import FETCHED
from tests.lab.deploying import converge, deploy, start

pytestmark = pytest.mark.usefixtures("converged")

SUDO_PASSWORD = "correct-horse-'battery'-staple-7"
# Every command line; every environment too, but those inside containers: Harbor's own programs take
# their passwords that way, and only root sees them. In one process, and what is older than a second
# is asked once a second only, so that watching three machines leaves them the time to work.
SAMPLE = r"""perl -e '
  $| = 1;
  sub whole { local $/; open(my $file, "<", shift) or return ""; <$file> // "" }
  for (my $now = 0;; $now++, select(undef, undef, undef, 0.05)) {
    opendir(my $proc, "/proc");
    %since = map { $_ => $since{$_} // $now } grep /^[0-9]/, readdir $proc;
    for (keys %since) {
      my $age = $now - $since{$_};
      next if $age > 20 && $age % 20;
      my $said = whole("/proc/$_/cmdline");
      my $here = (readlink("/proc/$_/ns/pid") // "") eq readlink("/proc/self/ns/pid");
      $said .= whole("/proc/$_/environ") if $here;
      print $said unless $seen{$said}++;
    }
  }'"""


@pytest.fixture(scope="module")
def sudo_asks(worker: Machine) -> Iterator[dict[str, str]]:
    """vm-worker's sudo wants the user's password, as a machine set up by hand does."""
    worker.ssh(f"printf 'admin:%s\\n' {shlex.quote(SUDO_PASSWORD)} | sudo chpasswd")
    # Written from outside of the machine: whatever happens in between, there is a way back.
    (rule,) = (
        path for path in (worker.root / "etc/sudoers.d").iterdir() if "NOPASSWD" in path.read_text()
    )
    asks_nothing = rule.read_text()
    rule.write_text("admin ALL=(ALL) ALL\n")
    yield {"SUDO_PASSWORD": SUDO_PASSWORD}
    rule.write_text(asks_nothing)
    converge()


@contextmanager
def _sampled(machine: Machine, seen: list[bytes]) -> Iterator[None]:
    """Every command line and environment of a machine, twenty times a second."""
    watching = subprocess.Popen(
        machine.ssh_command(f"sudo -n sh -c {shlex.quote(SAMPLE)} || sh -c {shlex.quote(SAMPLE)}"),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )

    def collect() -> None:
        assert watching.stdout is not None
        seen.append(watching.stdout.read())

    reader = threading.Thread(target=collect)
    reader.start()
    try:
        yield
    finally:
        watching.terminate()
        reader.join(timeout=20)


# A bootstrap token, whoever it was made for.
TOKEN = re.compile(rb"(?<![\w.])[a-z0-9]{6}\.[a-z0-9]{16}(?![\w.])")


def _of_cluster(control: Machine) -> dict[str, str]:
    """What opens the cluster: of a key, a part of its middle."""
    admin = control.ssh("sudo grep client-key-data /etc/kubernetes/admin.conf").split()[-1]
    pipeline = control.ssh("grep -o 'token: [^}]*' ~/.kube/ci").split()[-1]
    encryption = control.ssh("sudo grep secret: /etc/kubernetes/encryption.yaml").split()[-1]
    return {
        "administrator's key": admin[500:600],
        "pipeline's token": pipeline[200:300],
        "key of the encryption at rest": encryption,
    }


def _secrets(docker: Machine) -> dict[str, str]:
    """Each secret by name; of a key, one line of its middle."""
    key = docker.ssh("sudo cat /opt/edge/certs/tls.key").splitlines()
    gitlab = docker.ssh("cat ~/.ssh/gitlab_ed25519").splitlines()
    known = Secrets()
    assert known.runner_token is not None
    return {
        **{name: getattr(known, name).get_secret_value() for name in MADE},
        "runner_token": known.runner_token.get_secret_value(),
        "key for GitLab": gitlab[len(gitlab) // 2],
        "sudo_password": SUDO_PASSWORD,
        "edge key": key[len(key) // 2],
    }


REPAIRS = ("-y", "--diff", "-vvv")  # what the dry run before it has shown


def test_no_secret_shows_in_any_output_or_process_list(
    lab: Lab, docker: Machine, control: Machine, sudo_asks: dict[str, str]
) -> None:
    seen: list[bytes] = []
    output = ""
    secrets = _secrets(docker) | _of_cluster(control)
    watched = machines.of(lab)
    # One worker joins anew, with a token.
    control.ssh("kubectl delete node vm-worker")
    with (
        _sampled(watched[0], seen),
        _sampled(watched[1], seen),
        _sampled(watched[2], seen),
    ):
        for arguments in (("--dry", "--diff", "-vvv"), REPAIRS, ("-y", "--json")):
            if arguments != REPAIRS:
                _break(docker, control)
            run = deploy(*arguments, env=sudo_asks)
            assert run.status == 0, run.reason
            output += run.said
            secrets[f"edge key after {arguments}"] = _secrets(docker)["edge key"]
    assert b"systemctl" in b"".join(seen)  # the watchers saw something at all
    for name, value in secrets.items():
        assert value not in output, name
        assert value.encode() not in b"".join(seen), name
    assert TOKEN.search(output.encode()) is None
    assert TOKEN.search(b"".join(seen)) is None


def _break(docker: Machine, control: Machine) -> None:
    """Something to write, so that contents could show."""
    _make_robots_anew(docker)
    docker.ssh(
        "sudo sh -c 'rm -f /opt/edge/certs/tls.crt; : > /etc/docker/daemon.json;"
        " rm -f /etc/harbor/*.curl /opt/harbor/.installed;"
        " : > /etc/gitlab-runner/config.toml; rm -f /home/admin/.ssh/gitlab_ed25519.pub'"
    )
    control.ssh("rm -f ~/.kube/ci ~/.kube/config")
    for name in ("kubeconfig", "kubeconfig-ci"):
        (FETCHED / name).unlink(missing_ok=True)


def _make_robots_anew(docker: Machine) -> None:
    """Robots with other secrets than theirs, so that a run has to set them."""
    for row in json.loads(registry.as_admin(docker, "GET", "/projects?name=threebody")):
        found = registry.as_admin(
            docker, "GET", f"/robots?q=Level=project,ProjectID={row['project_id']}"
        )
        for robot in json.loads(found):
            registry.as_admin(docker, "PATCH", f"/robots/{robot['id']}", '{"secret": ""}')


def test_a_wrong_sudo_password_is_named(sudo_asks: dict[str, str]) -> None:
    run = deploy("-y", env={"SUDO_PASSWORD": "wrong-horse"})
    assert run.status != 0
    assert "vm-worker: sudo refuses the password of admin" in run.said
    assert "wrong-horse" not in run.said


def test_no_file_that_others_may_read_holds_a_secret(
    lab: Lab, docker: Machine, control: Machine, sudo_asks: dict[str, str]
) -> None:
    secrets = _secrets(docker) | _of_cluster(control)
    del secrets["sudo_password"]  # the machine's own, hashed in /etc/shadow; its helper: next test
    planted = "/home/admin/planted"  # found where the search works at all
    search = (
        "grep -rlsIFZ -f - /data /etc /opt /home /root /srv /tmp /var /run/user <<'EOF' |"
        " xargs -0r stat -c '%a %n'\n" + "\n".join(secrets.values()) + "\nEOF"
    )

    def holders(machine: Machine) -> dict[str, str]:
        """The files that hold any of them, with their modes."""
        machine.ssh(f"umask 077; echo {secrets['runner_token']} >{planted}")
        found = machine.ssh(
            f"printf '%s\\n' {shlex.quote(SUDO_PASSWORD)} |"
            f" sudo -S -p '' sh -c {shlex.quote(search)}; rm {planted}"
        )
        return {path: mode for mode, path in (line.split(" ", 1) for line in found.splitlines())}

    for machine in machines.of(lab):
        modes = holders(machine)
        assert planted in modes, machine.name
        for path, mode in modes.items():
            if path.startswith("/opt/harbor/"):  # Harbor's own modes, behind a closed door
                assert machine.ssh("sudo stat -c '%a %U' /opt/harbor").strip() == "700 root"
            else:
                assert mode == "600", (machine.name, path)


def test_nothing_stays_behind_in_home_or_tmp(lab: Lab) -> None:
    for machine in machines.of(lab):
        places = "/home/admin /tmp /dev/shm /run/user/$(id -u)"
        left = machine.ssh(f"ls -A {places} | grep -i -e askpass -e pyinfra -e threebody || :")
        assert left == ""


def test_the_helper_of_sudo_goes_with_a_run_that_is_killed(worker: Machine) -> None:
    # Its folder is the user's own, and sudo may ask for a password here.
    places = "/home/admin /tmp /dev/shm /run/user/$(id -u)"
    helper = f'find {places} -name askpass -path "*/.threebody-*" 2>/dev/null'
    running = start("--dry", env={"SUDO_PASSWORD": SUDO_PASSWORD})
    try:
        worker.ssh(f"timeout 300 sh -c 'until {helper} | grep .; do sleep 0.1; done'")
    finally:
        running.kill()
        running.wait()
    worker.ssh(f"timeout 120 sh -c 'while {helper} | grep .; do sleep 0.2; done'")


def test_the_operators_file_of_secrets_is_private() -> None:
    assert SECRETS_FILE.stat().st_mode & 0o777 == 0o600
