"""The one question that each machine is asked: run here, and read from recordings of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.probe import BEGINS, ENDS, Misread, Probe, Wanted, command, parse
from facts.probe.others import Listener, Rule
from facts.probe.others import parse as parse_others
from facts.probe.packages import Source
from facts.probe.packages import parse as parse_packages
from facts.probe.programs import Programs
from facts.probe.rows import Rows
from facts.probe.system import Room
from tests.unit.doubles import sh, tool
from tests.unit.probe_recorded import printed
from tests.unit.shells import writes

SYSTEM = """distribution ubuntu
version 22.04
codename jammy
architecture amd64
flags fpu cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3
cpus 4
memory 1963
machine_id 0123456789abcdef0123456789abcdef
boot_id b
cgroup cgroup2fs
watchers 128
watches 65536
room /opt 9000 /
mount /opt btrfs    rw,relatime
inodes /opt 0 0
room /data/my 900 /data/my disk
mount /data/my nfs4 ro,noexec
inodes /data/my 100 7
clock 1764119000"""
OTHERS = """port 0.0.0.0:80 users:(("nginx",pid=12,fd=6),("nginx",pid=11,fd=6))
port [::]:22
iptables -A INPUT -j REJECT --reject-with icmp-host-prohibited
unit firewalld.service inactive
unit docker.service active
containerd_config 3
cni /etc/cni/net.d/87-podman-bridge.conflist
cluster version 1.30.0
cluster pods 10.244.0.0/16
harbor data /data/harbor"""
NAMES = """immutable /etc/resolv.conf
hosts 127.0.0.1 localhost
dns /etc/systemd/resolved.conf.d/x.conf 127.0.0.1 1.1.1.1
proxy http_proxy=http://proxy:3128
lost /run/resolv.conf
lookup dns"""
KERNEL = """module blacklist br_netfilter
module install vxlan /bin/false
module install fine /sbin/modprobe --ignore-install fine
sysctl /etc/sysctl.d/zzz.conf net/ipv4/ip_forward 0
mtu eth0 1400
route 10.244.0.0/24 dev eth1 proto static
lacks overlay
release 6.1.0"""
PROGRAMS = """program /usr/local/bin/kubeadm
unit /etc/systemd/system/docker.service
masked ufw.service
cluster k3s.service
boots firewalld.service
daemon data-root"""


def recorded(system: str = SYSTEM) -> list[str]:
    login = ["login connection 192.168.56.1 50000 192.168.56.44 22", "login shell /usr/bin/fish"]
    others = (OTHERS, "held kubelet 1.29.0-1.1", NAMES, KERNEL, "sessions 1", PROGRAMS)
    return printed(*others, login=login, system=system)


def test_here_every_subject_is_answered_by_one_command_that_only_reads(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "id", "echo 0")
    shell = command(Wanted(("/opt", "/not/there/yet"), "192.0.2.1"))
    done = sh(shell, tools=tmp_path / "bin")
    seen = parse(done.stdout.splitlines())
    assert seen.system.distribution
    assert seen.system.cpus > 0
    assert [room.path for room in seen.system.rooms] == ["/opt", "/not/there/yet"]
    assert done.stderr == ""
    assert writes(shell) == []


def test_everything_that_a_machine_says_has_its_place() -> None:
    seen = parse(recorded())
    system, others, ways, kernel = seen.system, seen.others, seen.ways_in, seen.kernel
    assert (system.distribution, system.version, system.codename) == ("ubuntu", "22.04", "jammy")
    assert (system.v2, system.cgroup_v2, system.memory_mib) == (True, True, 1963)
    assert system.rooms == (
        Room("/opt", 9000, "/", kind="btrfs"),
        Room("/data/my", 900, "/data/my disk", True, True, "nfs4", 7),
    )
    assert (seen.names.lost, seen.names.lookup) == ("/run/resolv.conf", "dns")
    assert (kernel.lacks, kernel.release) == (("overlay",), "6.1.0")
    assert seen.programs == Programs(
        ("/usr/local/bin/kubeadm",),
        ("/etc/systemd/system/docker.service",),
        frozenset({"ufw.service"}),
        ("k3s.service",),
        frozenset({"firewalld.service"}),
        ("data-root",),
    )
    assert others.listeners == (Listener(80, "nginx", 12), Listener(22))
    assert others.active == {"docker.service"}
    assert (others.containerd_config, others.running.version) == (3, "1.30.0")
    assert others.running.harbor_data == "/data/harbor"
    assert seen.packages.held == (("kubelet", "1.29.0-1.1"),)
    assert seen.names.dns == (("/etc/systemd/resolved.conf.d/x.conf", "127.0.0.1 1.1.1.1"),)
    assert kernel.blocked == {"br_netfilter", "vxlan"}
    assert kernel.settings[0].name == "net.ipv4.ip_forward"
    assert (kernel.mtu, kernel.routes[0][0]) == ((("eth0", 1400),), "10.244.0.0/24")
    assert (ways.port, ways.shell, ways.sessions) == (22, "/usr/bin/fish", 1)
    assert ways.noise == ()


def test_what_a_login_shell_prints_is_told_from_answers() -> None:
    lines = ["Agent pid 1234", *recorded(), "0 bye"]
    seen = parse(lines)
    assert seen.ways_in.noise == ("Agent pid 1234", "0 bye")
    assert seen.system == parse(recorded()).system


@pytest.mark.parametrize(
    ("lines", "output"),
    [
        ([], "runs no command"),
        (["This account is currently not available."], "runs no command and says: This account"),
        (recorded()[:-1], "runs no command and says"),
        (recorded(SYSTEM.replace("cpus 4", "cpus four")), "answers what nobody understands"),
        ([BEGINS, ENDS], "answers what nobody understands"),
    ],
    ids=["nothing", "nologin", "cut off", "no number", "empty"],
)
def test_what_is_no_answer_is_one_sentence(lines: list[str], output: str) -> None:
    with pytest.raises(Misread, match=output):
        parse(lines)


def test_the_probe_says_who_was_refused(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "id", "echo 1000")
    says = 'test "$2" = -n && echo "sudo: * a password"; echo "sudo: 3 attempts"; exit 1'
    tool(tmp_path / "bin", "sudo", says)
    done = sh(command(Wanted()), tools=tmp_path / "bin")
    assert done.returncode == 1
    # In one line: pyinfra takes some whole lines of sudo's for a reason to ask at the terminal.
    assert done.stderr == "refused: sudo: * a password sudo: 3 attempts\n"


def test_sudo_asks_a_helper_where_there_is_one(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "id", "echo 1000")
    tool(tmp_path / "bin", "sudo", 'test "$*" = "-H -A -k true"; echo "sudo: $?"; exit 1')
    done = sh(command(Wanted(), "/run/user/1000/askpass"), tools=tmp_path / "bin")
    assert done.stderr == "refused: sudo: 0\n"


def test_a_machine_is_bare_until_it_says_otherwise() -> None:
    assert parse_others(Rows([])) == Probe().others
    assert parse_packages(Rows([])) == Probe().packages


SOURCES = """source /etc/apt/sources.list deb [arch=all signed-by=/k.gpg] http://a/debian/ trixie x
source /etc/apt/sources.list deb cdrom:[Debian GNU/Linux 13 _Trixie_ - x]/ trixie main
source /etc/apt/sources.list deb-src http://b trixie main
source /x.sources Types: deb
source /x.sources URIs: http://c http://d
source /x.sources Suites: stable
source /x.sources Signed-By: /k.asc
source /x.sources 
source /x.sources Enabled: False
source /x.sources Types: deb
source /x.sources URIs: http://e
source /x.sources Suites: stable"""  # noqa: W291


def test_both_kinds_of_sources_are_read() -> None:
    found = parse_packages(Rows(SOURCES.splitlines())).sources
    assert found == (
        Source("/etc/apt/sources.list", "http://a/debian/", "trixie", "/k.gpg"),
        Source("/etc/apt/sources.list", "cdrom:[Debian GNU/Linux 13 _Trixie_ - x]/", "trixie"),
        Source("/x.sources", "http://c", "stable", "/k.asc"),
        Source("/x.sources", "http://d", "stable", "/k.asc"),
    )


PINS = """pin /p Package: ufw snap*
pin /p Pin: release *
pin /p Pin-Priority: -1
pin /p 
pin /p Explanation: ours
pin /p Package: curl
pin /p Pin-Priority: 1001
pin /p """  # noqa: W291


def test_what_apt_may_not_install_is_seen() -> None:
    found = parse_packages(Rows(PINS.splitlines())).pinned_away
    assert found == (("/p", "ufw"), ("/p", "snap*"))


NFT = """table ip filter {
 chain INPUT {
  type filter hook input priority filter; policy drop;
 }
}
table inet filter {
 chain input {
  type filter hook input priority filter; policy drop;
  ct state invalid drop
 }
 chain output {
  type filter hook output priority filter; policy drop;
 }
}
table inet f2b-table {
 chain f2b-chain {
  type filter hook input priority filter - 1; policy accept;
  tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable
 }
}
table inet mine {
 chain last {
  type filter hook forward priority filter; policy accept;
  counter packets 0 bytes 0 reject with icmpx admin-prohibited
 }
}"""


def test_chains_of_nftables_that_drop_what_they_do_not_know_are_seen() -> None:
    found = parse_others(Rows(f"nft {line}" for line in NFT.splitlines())).nft
    assert [rule.where for rule in found] == [
        "table inet filter, chain input",
        "table inet mine, chain last",
    ]
    assert found[0] == Rule(found[0].where, found[0].text)
    assert "policy drop" in found[0].text
