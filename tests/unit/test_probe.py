"""The one question that each machine is asked: run here, and read from recordings of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from facts.probe import BEGINS, ENDS, Misread, Probe, Wanted, command, parse
from facts.probe.others import Listener
from facts.probe.others import parse as parse_others
from facts.probe.overrides import Overrides
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
holds /opt 0 harbor edge
init init
tmp 755
swarm yes
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
harbor data /data/harbor
harbor url http://harbor.local:8080
kubeadm a2luZDogWA==
pool VXLAN
link cni0
container redis 
container nginx /opt/harbor
kubelet_arguments /etc/default/kubelet KUBELET_EXTRA_ARGS=--v=4 --x"""  # noqa: W291
NAMES = """immutable /etc/resolv.conf
hosts 127.0.0.1 localhost
dns /etc/systemd/resolved.conf.d/x.conf 127.0.0.1 1.1.1.1
proxy http_proxy=http://proxy:3128
lost /run/resolv.conf
lookup dns
docker DOCKER_HOST=tcp://x"""
KERNEL = """module blacklist br_netfilter
module install vxlan /bin/false
module install fine /sbin/modprobe --ignore-install fine
sysctl /etc/sysctl.d/zzz.conf net/ipv4/ip_forward 0
mtu eth0 1400
route 10.244.0.0/24 dev eth1 proto static
lacks overlay
release 6.1.0
cardless yes
sealed overlay
controllers cpu io
selinux boot
nested yes
mute yes
ipv4 only
every_card /x.network
default kernel.panic 0"""
PROGRAMS = """program /usr/local/bin/kubeadm
unit /etc/systemd/system/docker.service
masked ufw.service
cluster k3s.service
boots firewalld.service
daemon data-root"""


HELD = "held kubelet 1.29.0-1.1\nunreadable Malformed entry"
WAYS = "sessions 1\nclosed /home/ada"
OVERRIDES = """confines /etc/systemd/system/service.d/x.conf PrivateTmp=yes
diverted /usr/bin/kubelet /usr/bin/kubelet.distrib
owner /usr/bin/at group ops
curlrc include
helper pass
runner /bin/false
proxies /etc/x.conf Environment="HTTP_PROXY=p" "NO_PROXY=a, b"
client "proxies":{"
kubeconfig /root/.kube/config
kubeconfig /root/.kube/config
admins ada,bob"""


def recorded(system: str = SYSTEM) -> list[str]:
    login = ["login connection 192.168.56.1 50000 192.168.56.44 22", "login shell /usr/bin/fish"]
    login += ["login homeless /home/ada", "login ssh deploy"]
    others = (OTHERS, HELD, NAMES, KERNEL, WAYS, PROGRAMS, OVERRIDES)
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
        Room("/opt", 9000, "/", kind="btrfs", holds=("harbor", "edge")),
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
    assert others.running.harbor_url == "http://harbor.local:8080"
    assert seen.packages.held == (("kubelet", "1.29.0-1.1"),)
    assert seen.names.dns == (("/etc/systemd/resolved.conf.d/x.conf", "127.0.0.1 1.1.1.1"),)
    assert kernel.blocked == {"br_netfilter", "vxlan"}
    assert kernel.settings[0].name == "net.ipv4.ip_forward"
    assert (kernel.mtu, kernel.routes[0][0]) == ((("eth0", 1400),), "10.244.0.0/24")
    assert (ways.port, ways.shell, ways.sessions) == (22, "/usr/bin/fish", 1)
    assert (ways.noise, ways.homeless) == ((), "/home/ada")
    assert (system.init, kernel.cardless, kernel.sealed) == ("init", True, ("overlay",))
    assert kernel.controllers == {"cpu", "io"}
    assert kernel.selinux == {"boot"}
    assert (kernel.nested, kernel.mute, kernel.ipv6) == (True, True, False)
    assert kernel.defaults == (("kernel.panic", "0"),)
    assert others.links == ("cni0",)
    assert others.containers == (("redis", ""), ("nginx", "/opt/harbor"))
    assert (others.running.kubeadm, others.running.encapsulation) == ("kind: X", "vxlan")
    assert others.running.harbor_url == "http://harbor.local:8080"
    assert seen.overrides == Overrides(
        (("/etc/systemd/system/service.d/x.conf", "PrivateTmp=yes"),),
        (("/usr/bin/kubelet", "/usr/bin/kubelet.distrib"),),
        (("/usr/bin/at", "group ops"),),
        ("include",),
        ("pass",),
        (("/etc/x.conf", 'Environment="HTTP_PROXY=p" "NO_PROXY=a, b"'),),
        ('"proxies":{"',),
        ("/root/.kube/config",),
        frozenset({"ada", "bob"}),
        "/bin/false",
    )
    assert (system.tmp, seen.names.docker) == ("755", ("DOCKER_HOST=tcp://x",))
    assert (kernel.every_card, seen.packages.unreadable) == (("/x.network",), "Malformed entry")
    assert (ways.closed, ways.ssh_as) == ("/home/ada", "deploy")
    flags = ("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--v=4 --x")
    assert (others.kubelet_arguments, system.swarm) == ((flags,), True)


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


def test_sshd_is_asked_what_it_lets_this_user_do_from_here(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tool(tmp_path / "bin", "id", "echo 1000")
    tool(tmp_path / "bin", "sudo", 'shift 2; SUDO_USER=ada exec "$@"')
    words = "user=ada,host=203.0.113.7,addr=203.0.113.7"
    tool(tmp_path / "bin", "sshd", f'[ "$3" != "{words}" ] || echo maxsessions 1')
    monkeypatch.setenv("SSH_CONNECTION", "203.0.113.7 50000 192.168.56.44 22")
    done = sh(command(Wanted()), tools=tmp_path / "bin")
    assert parse(done.stdout.splitlines()).ways_in.sessions == 1


def test_the_probe_says_who_was_refused(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "id", "echo 1000")
    says = 'exec >&2; test "$2" = -n && echo "sudo: * a password"; echo "sudo: 3 tries"; exit 1'
    tool(tmp_path / "bin", "sudo", says)
    done = sh(command(Wanted()), tools=tmp_path / "bin")
    assert done.returncode == 1
    # In one line: pyinfra takes some whole lines of sudo's for a reason to ask at the terminal.
    assert done.stderr == "refused: sudo: * a password sudo: 3 tries\n"


def test_sudo_asks_a_helper_where_there_is_one(tmp_path: Path) -> None:
    tool(tmp_path / "bin", "id", "echo 1000")
    tool(
        tmp_path / "bin", "sudo", 'test "$1 $2 $3 $4" = "-H -A -k sh"; echo "sudo: $?" >&2; exit 1'
    )
    done = sh(command(Wanted(), "/run/user/1000/askpass"), tools=tmp_path / "bin")
    assert done.stderr == "refused: sudo: 0\n"


def test_a_machine_is_bare_until_it_says_otherwise() -> None:
    assert parse_others(Rows([])) == Probe().others
    assert parse_packages(Rows([])) == Probe().packages
