"""What the probe reads in one go, and what it starts only where that can say something new."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from facts.probe import kernel, names, others, overrides, packages, programs, system, ways_in
from facts.probe.kernel import Setting
from tests.unit.certificates import certificate
from tests.unit.doubles import sh
from tests.unit.probe_tree import Tree

SAYS_SO = 'echo "$0 $*" >>"$(dirname "$0")/started"'


@pytest.fixture
def tree(tmp_path: Path) -> Tree:
    return Tree(tmp_path)


def started(tree: Tree) -> list[str]:
    """The words of what was started of the tools that tell."""
    told = tree.tools / "started"
    return told.read_text().splitlines() if told.exists() else []


def test_of_many_paths_each_has_what_df_and_findmnt_say_of_it_alone(tmp_path: Path) -> None:
    (tmp_path / "own").mkdir()
    (tmp_path / "link").symlink_to("own")
    (tmp_path / "lost").symlink_to("nowhere")
    present = ("/", "/proc", "/dev/shm", "/proc/sys/kernel", f"{tmp_path}/own", f"{tmp_path}/link")
    paths = {path: path for path in present}
    paths |= {f"{tmp_path}/{name}": f"{tmp_path}" for name in ("not/yet", "lost", "lost/yet")}
    tree = Tree(tmp_path / "machine")
    found = {room.path: room for room in system.parse(tree.ask(system.question([*paths]))).rooms}
    assert [*found] == [*paths]
    for path, nearest in paths.items():
        mounted = sh(f"df -P {nearest} | awk 'NR == 2 {{print $6}}'").stdout.strip()
        told = sh(f"findmnt -n -o FSTYPE,OPTIONS -T {nearest} | tail -n 1").stdout.split()
        options = told[1].split(",")
        room = found[path]
        assert (room.mounted, room.kind) == (mounted, told[0])
        assert (room.noexec, room.read_only) == ("noexec" in options, "ro" in options)


def test_what_is_mounted_last_on_the_nearest_place_counts(tree: Tree) -> None:
    mounts = (
        "1 0 0:1 / / rw - btrfs /dev/a rw",
        "2 1 0:2 / /my\\040disk rw,relatime shared:1 master:2 - autofs systemd-1 rw",
        "3 2 0:3 / /my\\040disk rw,noexec - nfs4 server:/x ro,vers=4.2",
        "4 1 0:4 / /sub/other ro - tmpfs tmpfs rw",
    )
    tree.file("mountinfo", "".join(f"{line}\n" for line in mounts))
    rows = ("5 0 0 /sub/volume", "7 100 9 /my disk")
    tree.tool("df", "; ".join(f"echo '{row}'" for row in ("Avail Inodes IFree Mounted on", *rows)))
    question = system.question(["/usr", "/opt"])
    asked = tree.ask(question.replace("/proc/self/mountinfo", f"{tree.root}/mountinfo"))
    volume, disk = system.parse(asked).rooms
    assert (volume.free_mib, volume.mounted, volume.kind) == (5, "/sub/volume", "btrfs")
    assert (volume.files, volume.read_only, volume.noexec) == (1_000_000, False, False)
    assert (disk.free_mib, disk.mounted, disk.kind, disk.files) == (7, "/my disk", "nfs4", 9)
    assert (disk.read_only, disk.noexec) == (True, True)
    tree.tool("df", "echo Avail Inodes IFree Mounted on; echo 5 0 0 /")
    with pytest.raises(ValueError, match="unpack"):  # one path's line is missing: whose?
        system.parse(tree.ask(question))


def test_the_owner_and_some_names_of_a_folder_are_told(tree: Tree) -> None:
    for name in (".hidden", "..odd", "it's", *(f"{n:02}" for n in range(30))):
        tree.file(f"data/{name}", "")
    os.chown(tree.root / "data", 999, 999)
    (tree.root / "data/00").unlink()
    (tree.root / "data/00").symlink_to("nowhere")
    (tree.root / "empty").mkdir()
    paths = [f"{tree.root}/{name}" for name in ("data", "empty", "none")]
    data, empty, none = system.parse(tree.ask(system.question(paths))).rooms
    assert (data.owner, data.holds) == (999, (".hidden", "..odd", *(f"{n:02}" for n in range(18))))
    assert (empty.owner, empty.holds, none.holds) == (os.geteuid(), (), ())


def test_files_of_the_kernel_are_read_whole_and_in_their_order(tree: Tree) -> None:
    tree.file("usr/lib/sysctl.d/9.conf", "-net/ipv4/ip_forward=0\n#vm.x = 1\nvm.y\n")
    tree.file("etc/sysctl.d/1.conf", "  vm.panic_on_oom  =  1 2 ")  # without an end of its line
    tree.file("etc/ufw/sysctl.conf", "net/ipv6/x=1\n-net/ipv6/y=1\n")
    tree.file("etc/fstab", "#/a none swap sw 0 0\n/b none swap sw 0 0\n/c / ext4 rw 0 1\n")
    seen = kernel.parse(tree.ask(kernel.question("192.0.2.1")))
    assert seen.settings == (
        Setting("/etc/sysctl.d/1.conf", "vm.panic_on_oom", "1 2"),
        Setting("/usr/lib/sysctl.d/9.conf", "net.ipv4.ip_forward", "0"),
        Setting("/etc/ufw/sysctl.conf", "net.ipv6.x", "1"),
    )
    assert (seen.swap, seen.release) == (("/b",), os.uname().release)
    for name, value in seen.defaults:
        path = Path("/proc/sys", name.replace(".", "/"))
        assert value == (path.read_text().strip() if path.exists() else "")


def test_cards_are_those_of_the_address_and_of_the_way_out(tree: Tree) -> None:
    addresses = (
        'case "$*" in *192.0.2.1*) echo "2: lo    inet 192.0.2.1/24 scope global lo" ;; esac'
    )
    ways = ("default dev tun0 table 7", "default \n\tnexthop via 192.0.2.9 dev lo weight 1")
    routes = "; ".join(f"printf '%s\\n' '{way}'" for way in ways)
    tree.tool("ip", f'case "$*" in *route*) {routes} ;; *) {addresses} ;; esac')
    seen = kernel.parse(tree.ask(kernel.question("192.0.2.1")))
    assert (seen.cardless, seen.mac) == (False, "00:00:00:00:00:00")
    assert seen.mtu == (("lo", 65536), ("lo", 65536))
    assert seen.routes[0] == ("default", "dev tun0 table 7")
    assert kernel.parse(tree.ask(kernel.question("192.0.2.2"))).cardless


def test_whom_a_kubelets_certificate_is_for_is_read_and_its_key_is_not(tree: Tree) -> None:
    crt, key = certificate(tree.root, "system:node:vm-worker")
    both = crt.read_text() + key.read_text()
    tree.file("var/lib/kubelet/pki/kubelet-client-current.pem", both)
    asked = tree.ask(others.question())
    assert others.parse(asked).node == "vm-worker"
    assert key.read_text().splitlines()[1] not in asked.one("certificate")
    tree.file("var/lib/kubelet/pki/kubelet-client-current.pem", both[:200])
    assert others.parse(tree.ask(others.question())).node == ""


def test_units_are_asked_about_only_where_one_may_run(tree: Tree) -> None:
    tree.tool("systemctl", f"{SAYS_SO}; printf '%s\\n' inactive inactive active")
    tree.tool("docker", 'echo "container nginx /opt/harbor"')
    assert others.parse(tree.ask(others.question())).containers == ()
    assert started(tree) == []
    tree.runs("docker.service")
    seen = others.parse(tree.ask(others.question()))
    assert seen.active == {"docker.service"}
    assert seen.containers == (("nginx", "/opt/harbor"),)
    (tree.root / "run/systemd/units/invocation:docker.service").unlink()
    (tree.root / "run/systemd/units").rmdir()  # another systemd: it is asked
    assert others.parse(tree.ask(others.question())).active == {"docker.service"}


@pytest.mark.parametrize("where", ["etc", "run", "usr/lib", "usr/local/lib", "at work"])
def test_clusters_are_asked_about_only_where_one_is(tree: Tree, where: str) -> None:
    told = 'case "$1" in list-units) echo "k3s.service x" ;; *) echo "k3s.service enabled" ;; esac'
    tree.tool("systemctl", f"{SAYS_SO}; {told}")
    assert programs.parse(tree.ask(programs.question())).clusters == ()
    assert started(tree) == []
    if where == "at work":
        tree.runs("snap.microk8s.daemon-kubelite.service")
    else:
        tree.file(f"{where}/systemd/system/k3s.service", "")
    seen = programs.parse(tree.ask(programs.question()))
    assert seen.clusters == ("k3s.service",)
    assert seen.boots == {"k3s.service"}


def test_units_of_somebody_are_told_in_the_order_of_units(tree: Tree) -> None:
    folder = "etc/systemd/system"
    tree.file(f"{folder}/docker.service", "")
    tree.file(f"{folder}/containerd.service.d/1.conf", "[Service]\nExecStart=\nExecStart=x\n")
    tree.file(f"{folder}/containerd.service.d/2.conf", "[Service]\n# ExecStart=x\n")
    (tree.root / folder / "ufw.service").symlink_to("/dev/null")
    (tree.root / folder / "ssh.service").symlink_to("docker.service")
    tree.file("etc/docker/daemon.json", '{"data-root": "/x", "log-opts": {"max-size" : "1"}}')
    seen = programs.parse(tree.ask(programs.question()))
    own = (f"/{folder}/containerd.service.d/1.conf", f"/{folder}/docker.service")
    assert seen.units == own
    assert seen.masked == {"ufw.service"}
    assert seen.daemon == ("data-root", "log-opts", "max-size")


def test_names_are_read_from_their_files(tree: Tree) -> None:
    tree.tool("lsattr", 'for file; do case $file in */hosts) echo "----i---- $file" ;; esac; done')
    tree.file("etc/hosts", "127.0.0.1 localhost\n\n::1 x")
    tree.file("etc/hostname", "vm-k8s\n")
    tree.file("etc/nsswitch.conf", "passwd: files\n hosts:  files dns\n")
    tree.file("etc/systemd/resolved.conf.d/1.conf", "[Resolve]\n#DNS=2.2.2.2\nDNS=1.1.1.1 &\n")
    tree.file("etc/environment", "HTTPS_proxy=x\n")
    seen = names.parse(tree.ask(names.question()))
    assert seen.immutable == {"/etc/hosts"}
    assert (seen.hosts, seen.hostname) == (("127.0.0.1 localhost", "", "::1 x"), "vm-k8s")
    assert (seen.lookup, seen.proxies) == ("files dns", ("HTTPS_proxy=x",))
    assert seen.dns == (("/etc/systemd/resolved.conf.d/1.conf", "1.1.1.1 &"),)


def test_packages_sources_and_pins_are_read_in_one_go(tree: Tree) -> None:
    tree.tool("dpkg-query", "echo hold installed kubelet 1; echo install installed docker-ce 2")
    tree.file("etc/apt/sources.list", "# deb http://a x y\ndeb http://b x y")
    tree.file("etc/apt/sources.list.d/c.sources", "Types: deb\nURIs: http://c\nSuites: x\n")
    for name in ("1", "2"):
        pin = f"Package: p{name}\nPin: release *\nPin-Priority: -1"
        tree.file(f"etc/apt/preferences.d/{name}", pin)
    seen = packages.parse(tree.ask(packages.question()))
    assert (seen.held, seen.installed) == (
        (("kubelet", "1"),),
        (("kubelet", "1"), ("docker-ce", "2")),
    )
    assert [source.uri for source in seen.sources] == ["http://b", "http://c"]
    assert seen.pinned_away == (
        ("/etc/apt/preferences.d/1", "p1"),
        ("/etc/apt/preferences.d/2", "p2"),
    )


def test_what_somebody_has_told_services_dpkg_and_curl_is_read(tree: Tree) -> None:
    folder = "etc/systemd/system"
    tree.file(f"{folder}/service.d/1.conf", "[Service]\n PrivateTmp=yes x\nUserX=1\n")
    tree.file(f"{folder}/kubelet.service.d/1.conf", "User=ada\n#User=ada\n")
    tree.file("var/lib/dpkg/diversions", "/a\n/b\n:\n/c\n/d\npackage\n")
    tree.file(
        "var/lib/dpkg/statoverride",
        "root ops 2755 /a b\nada #7 0755 /c\nnss root 0755 /d\na';true;'true root 0755 /e\n",
    )
    tree.file("etc/passwd", "root:x:0:0::/root:/bin/sh\n")
    tree.file("etc/group", "root:x:0:\n")
    tree.tool("getent", f'{SAYS_SO}; test "$*" = "passwd nss"')
    tree.file("root/.curlrc", "# x\n--insecure\nproxy = x\n")
    seen = overrides.parse(tree.ask(overrides.question()))
    assert seen.confines == (
        (f"/{folder}/service.d/1.conf", "PrivateTmp=yes"),
        (f"/{folder}/kubelet.service.d/1.conf", "User=ada"),
    )
    assert (seen.diverted, seen.curlrc) == ((("/a", "/b"),), ("insecure", "proxy = x"))
    assert seen.owners == (
        ("/a", "b group ops"),
        ("/c", "passwd ada"),
        ("/e", "passwd a';true;'true"),
    )


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("Include /etc/ssh/sshd_config.d/*.conf\n#MaxSessions 1\n", False),
        ("Include /etc/ssh/other\n", True),
        ("Match User ada\n  maxsessions 2\n", True),
    ],
)
def test_sshd_is_started_only_where_a_file_has_a_word_of_sessions(
    tree: Tree, text: str, asks: bool
) -> None:
    tree.tool("sshd", "echo maxsessions 2")
    tree.file("etc/ssh/sshd_config", text.replace("/etc/", f"{tree.root}/etc/"))
    question = ways_in.question().replace("/usr/sbin/sshd", f"{tree.tools}/sshd")
    assert ways_in.parse(tree.ask(""), tree.ask(question), ()).sessions == (2 if asks else 10)
