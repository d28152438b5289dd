"""Each gate seen open and seen shut: its command, run here with tools that say one or the other."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from gates import gates
from spec import Platform
from tests.unit.broken_harbor import BROKEN as HARBOR
from tests.unit.broken_harbor import ROOM, WELL
from tests.unit.doubles import scripts, sh, tool
from tests.unit.one_gate import gate, shut

NAMES = """case $2 in
  vm-docker|harbor.local|hit.local) echo 192.168.56.42 STREAM x;;
  vm-k8s) echo 192.168.56.43 STREAM x;; vm-worker) echo 192.168.56.44 STREAM x;;
  registry-1.docker.io) echo 10.1.1.1;; *) exit 2;; esac"""
DOCKER = """case "$*" in
  version*) echo 28.5.1;;
  info*) echo '["::1/128"] {"harbor.local:8080":{"Secure":false}}';; esac"""
RUNNER = """case $1 in
  --version) printf 'Version:      18.8.0\\nGit revision: abc\\n';;
  verify) echo 'Verifying runner... is valid  runner=abcdefghi' >&2;; esac"""
DROPS = "echo '-A DOCKER-USER -m conntrack --ctstate DNAT -j DROP'"
IPTABLES = f"{DROPS}; echo '-N ufw-user-input'"
# Updates are masked; of all else, each unit that is asked for is enabled.
SYSTEMCTL = """case "$*" in
  is-active*) exit 0;; *apt-daily*) printf 'masked\\nmasked\\n'; exit 1;;
  is-enabled*) shift; for unit; do echo enabled; done;; esac"""
# What a machine that is as it should be has on PATH.
GOOD = {
    "systemctl": SYSTEMCTL,
    "dpkg-query": "echo installed cowsay; echo config-files moo",
    "hostname": "echo vm-docker",
    "cat": "echo vm-docker",
    "getent": NAMES,
    "resolvectl": "exit 1",
    "readlink": "echo /run/systemd/resolve/resolv.conf",
    "systemd-detect-virt": "exit 1",
    "timedatectl": "echo NTPSynchronized=yes",
    "chronyc": "exit 1",
    "docker": DOCKER,
    "id": "echo admin sudo docker",
    "iptables": IPTABLES,
    "ip6tables": DROPS,
    "ip": "true",
    "curl": WELL,
    "df": f"{ROOM} 1024",
    "gitlab-runner": RUNNER,
    # As whom: -n -u USER [-H], and then the command itself.
    "git": "echo 1234567",
    "sudo": 'shift 3; [ "$1" != -H ] || shift; exec "$@"',
    "ssh": "echo 'Welcome to GitLab, @somebody!'",
}
NAMES_RESOLVE = "the machines' names resolve"
DOCKER_PUSHES = "Docker may push to harbor.local:8080 over HTTP"
BUILDX = "docker compose and docker buildx are there"
FIREWALL_STARTS = "its firewall and DNS start at boot"
ALL_STARTS = "what the Docker host serves starts at boot"
PORTS = "published ports obey the firewall"
GITLAB = "GitLab answers on SSH at altssh.gitlab.com:443"
REPOSITORY = "the application's repository is in /srv/threebody"
ELSEWHERE_NAMED = NAMES.replace("vm-docker|", "vm-docker) echo 127.0.0.1 STREAM x;; ")
OWN_NAMED = NAMES.replace("vm-docker|", "vm-docker) echo 127.0.1.1 STREAM x;; ")
OTHER_NAMED = NAMES.replace("vm-k8s)", "vm-k8s) echo 127.0.1.1 STREAM x;; vm-k8s)")
BROKEN = [
    shut("automatic updates are off", came="enabled", systemctl="printf 'masked\\nenabled\\n'"),
    shut("automatic updates are off", came="disabled", systemctl="echo disabled"),
    shut("no package is half-configured", came="unpacked cow", dpkg_query="echo unpacked cow"),
    shut("its name is vm-docker", came="localhost", hostname="echo localhost"),
    shut("its name is vm-docker", came="vm-docker", cat="echo localhost"),
    shut(NAMES_RESOLVE, came="vm-docker is unknown, and should be 192.168.56.42", getent="exit 2"),
    shut(NAMES_RESOLVE, came="vm-docker is 127.0.0.1, and should be", getent=ELSEWHERE_NAMED),
    shut(NAMES_RESOLVE, came="vm-k8s is 127.0.1.1, and should be", getent=OTHER_NAMED),
    shut("DNS knows registry-1.docker.io", getent="exit 2"),
    shut("the clock is in step", timedatectl="echo NTPSynchronized=no"),
    shut("no disk will be full within a week", came="/: 1 GiB", disks_fill="echo /: 1 GiB; exit 1"),
    shut("the firewall is on", iptables="echo '-P INPUT ACCEPT'"),
    shut("Docker 28.5.1 answers", came="28.5.0", docker="echo 28.5.0"),
    shut("Docker 28.5.1 answers", came="cannot connect", docker="echo cannot connect >&2; exit 1"),
    shut(BUILDX, docker="exit 1"),
    shut(BUILDX, docker="test $1 = compose"),
    shut(DOCKER_PUSHES, came="docker.io", docker="""echo '["::1/128"] {"docker.io":{}}'"""),
    shut("admin may use Docker", id="echo admin sudo docker-old"),
    shut(PORTS, iptables="exit 1"),
    shut(PORTS, iptables=DROPS.replace("DROP", "RETURN")),
    shut(PORTS, ip6tables="exit 1"),
    shut(PORTS, came="br-lan", ip="echo br-lan UP 192.168.56.42/24"),
    shut(FIREWALL_STARTS, came="disabled", systemctl="printf 'enabled\\ndisabled\\n'"),
    shut(FIREWALL_STARTS, came="enabled", systemctl="echo enabled; exit 1"),
    shut(ALL_STARTS, came="enabled", systemctl=SYSTEMCTL.replace("shift;", "shift 2;")),
    shut("the edge's configuration is valid", came="gone", docker="echo gone; exit 1"),
    shut("http://hit.local sends people to HTTPS", came="200", curl="echo '200 '"),
    shut("http://hit.local sends people to HTTPS", came="http://x/", curl="echo '301 http://x/'"),
    shut("https://hit.local answers", came="502", curl="echo 502"),
    shut("https://hit.local answers", came="refused", curl="echo refused >&2; echo 000; exit 7"),
    *HARBOR,
    shut("GitLab Runner 18.8.0 runs", came="18.8.01", gitlab_runner="echo 'Version: 18.8.01'"),
    shut("GitLab Runner 18.8.0 runs", came="failed", systemctl="echo failed; exit 3"),
    shut("the runner may use Docker", came="denied", docker="echo permission denied; exit 1"),
    shut(GITLAB, came="verification", ssh="echo Host key verification failed.; exit 255"),
    shut(GITLAB, came="timed out", ssh="echo Connection timed out; exit 255"),
    shut(REPOSITORY, came="not a git", git="echo fatal: not a git repository >&2; exit 128"),
]
AWAITED = sorted({awaits for each in BROKEN for awaits in each.values[:1]})
# These ask this machine's own file system, or a server: see below.
ELSEWHERE = {
    "/etc/resolv.conf names the real servers",
    "the firewall shuts what no rule opens",
    "UFW's own files open nothing more",
    "the edge shows a certificate for hit.local",
    "the last backup is not older than 8 days",  # test_backup_gate.py
}


def ask(
    platform: Platform, awaits: str, folder: Path, broken: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    scripts(folder)
    for name, script in {**GOOD, **(broken or {})}.items():
        tool(folder, name, script)
    return sh(f"exec 2>&1; {gate(platform, awaits, 'vm-docker').command}", tools=folder)


def test_every_gate_is_seen_shut_in_some_way(platform: Platform) -> None:
    awaited = {gate.awaits for gate in gates(platform, platform.machine("vm-docker"))}
    assert {*AWAITED} | ELSEWHERE == awaited


@pytest.mark.parametrize("awaits", AWAITED)
def test_a_gate_is_open_where_all_is_well(platform: Platform, tmp_path: Path, awaits: str) -> None:
    done = ask(platform, awaits, tmp_path / "bin")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(("awaits", "came", "broken"), BROKEN)
def test_a_gate_is_shut_where_its_subject_is_broken(
    platform: Platform, tmp_path: Path, awaits: str, came: str, broken: dict[str, str]
) -> None:
    done = ask(platform, awaits, tmp_path / "bin", broken)
    assert done.returncode != 0
    assert came in done.stdout


def test_its_own_name_may_lead_where_debian_has_it(platform: Platform, tmp_path: Path) -> None:
    own = {"getent": OWN_NAMED}
    assert ask(platform, NAMES_RESOLVE, tmp_path / "bin", own).returncode == 0


def test_a_name_that_is_wrong_is_the_only_one_blamed(platform: Platform, tmp_path: Path) -> None:
    done = ask(platform, NAMES_RESOLVE, tmp_path / "bin", {"getent": ELSEWHERE_NAMED})
    assert done.stdout.count("should be") == 1


@pytest.mark.parametrize(
    "fallback", [{"systemd-detect-virt": "exit 0"}, {"chronyc": "exit 0"}], ids=str
)
def test_the_clock_may_be_kept_by_the_host_or_by_chrony(
    platform: Platform, tmp_path: Path, fallback: dict[str, str]
) -> None:
    broken = {"timedatectl": "echo NTPSynchronized=no", **fallback}
    assert ask(platform, "the clock is in step", tmp_path / "bin", broken).returncode == 0


def test_a_resolv_conf_of_somebody_else_shuts_its_gate(platform: Platform, tmp_path: Path) -> None:
    command = gate(platform, "/etc/resolv.conf names the real servers", "vm-k8s").command
    etc, run = tmp_path / "resolv.conf", tmp_path / "real"
    run.write_text("nameserver 10.1.1.1\n")
    here = command.replace("/etc/resolv.conf", str(etc))
    here = here.replace("/run/systemd/resolve/resolv.conf", str(run))
    etc.write_text("nameserver 127.0.0.53\n")
    assert sh(here).returncode != 0
    etc.unlink()
    etc.symlink_to(run)
    assert sh(here).returncode == 0
