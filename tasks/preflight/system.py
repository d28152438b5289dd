"""What a machine must be to take its role: distribution, processor, memory, room."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

from facts.probe import Probe
from facts.probe.others import HARBOR, NODE
from facts.probe.system import Room
from spec import Machine, Platform
from spec.end_of_life import part
from spec.lines import LINES
from tasks.preflight.finding import Findings, noted, refused

SUPPORTED = {"debian": ("12", "13"), "ubuntu": ("22.04", "24.04")}
# Least MiB of memory, and what the role is really meant to have. kubeadm asks 1700 of a control
# plane; Harbor's documentation 4 GiB ("Harbor Installation Prerequisites"), of which 3700 are left
# in a machine that is sold so, and its containers alone take more than 1700.
MEMORY_MIB = {
    "docker_host": (1700, 3700),
    "k8s_control": (1700, 1700),
    "k8s_worker": (900, 900),
    "monitoring_worker": (1900, 1900),  # what its pods are promised, beside the application's
}
# The same for CPUs: kubeadm's check NumCPU, and Harbor's prerequisites.
CPUS = {"docker_host": (1, 2), "k8s_control": (2, 2)}
# Where mysql's image has its C library from asks for x86-64-v2 (docker-library/mysql#1055).
WANTS_V2 = "MySQL's image, built on Oracle Linux 9"
# Debian's own limit; below it containers cannot watch their files ("too many open files").
WATCHERS, WATCHES = 128, 8192
# Free MiB that a role needs where nothing of it is there yet, and to go on with where there is.
NEEDS_MIB = {
    "/usr": {"docker_host": 1000, "k8s_node": 700},
    "/var/cache": {"docker_host": 300, "k8s_node": 300},
    "/var/lib/dpkg": {"docker_host": 50, "k8s_node": 50},  # its scripts run there
    "/var/lib/containerd": {"k8s_node": 1500},
    "/var/lib/etcd": {"k8s_control": 500},
    "/opt": {"docker_host": 1700},  # Harbor's bundle, packed and unpacked
    "docker_data_root": {"docker_host": 2500},
    "harbor_data": {"docker_host": 1000},
    "app_database_path": {"database": 1000},
    "monitoring_path": {"monitoring_worker": 20_000},  # two volumes of 10 GB
}
LEFT_MIB = 100
FILES = 20_000  # that can be made: an image's alone are thousands
# Where databases and images are: with locks, owners, and after the next boot still.
KEPT = (
    *("/var/lib/containerd", "/var/lib/etcd", "docker_data_root", "harbor_data"),
    *("app_database_path", "monitoring_path"),
)
UNFIT = {
    **dict.fromkeys(("overlay", "aufs", "ecryptfs"), "on another one, which images cannot be on"),
    **dict.fromkeys(
        ("nfs", "nfs4", "cifs", "smb3", "9p", "vboxsf", "fuse.sshfs"), "of the network"
    ),
    **dict.fromkeys(("vfat", "exfat", "ntfs", "ntfs3", "fuseblk"), "without owners of files"),
    **dict.fromkeys(("tmpfs", "ramfs"), "in memory, and empty after the next boot"),
}
OURS = {
    "docker_host": HARBOR,
    "k8s_node": NODE,
    "k8s_control": NODE,
    "database": NODE,
    "monitoring_worker": "monitoring",
}


def findings(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    """What it is too little of, or the wrong one."""
    yield from _distribution(platform, machine, probe)
    yield from _processor(platform, machine, probe)
    yield from _memory(platform, machine, probe)
    yield from _room(platform, machine, probe)
    if "k8s_node" in machine.groups:
        yield from _kernel_limits(platform, machine, probe)


def rooms(platform: Platform, machine: Machine) -> tuple[str, ...]:
    """Paths that its roles put something under."""
    places = [it for it in NEEDS_MIB if platform.watches or it != "monitoring_path"]
    return tuple(dict.fromkeys(_path(platform, place) for place in places))


def _roles(platform: Platform, machine: Machine) -> tuple[str, ...]:
    keeps_database = machine.name == platform.k8s_worker.app_database_worker
    watches = platform.watches and platform.keeps_watch(machine)
    return (
        *machine.groups,
        *(["database"] if keeps_database else []),
        *(["monitoring_worker"] if watches else []),
    )


def _path(platform: Platform, place: str) -> str:
    if place.startswith("/"):
        return place
    of_worker = place.startswith(("app_", "monitoring_"))
    settings = platform.k8s_worker if of_worker else platform.docker_host
    return str(getattr(settings, place))


def _distribution(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    system = probe.system
    if system.init:
        yield refused(
            machine,
            f"is run by {system.init}, and not by systemd, which starts everything here: take a"
            " machine that systemd has booted (in WSL: systemd=true in /etc/wsl.conf)",
        )
    if system.version not in SUPPORTED.get(system.distribution, ()):
        supported = ", ".join(f"{n} {v}" for n, vs in SUPPORTED.items() for v in vs)
        runs = f"{system.distribution} {system.version}".strip() or "an unknown distribution"
        yield refused(machine, f"runs {runs}; supported are {supported}")
        return
    if system.version == "22.04" and len(platform.controls) > 1 and machine in platform.controls:
        yield refused(
            machine,
            "runs ubuntu 22.04, whose ufw knows no VRRP, by which control planes agree on who has"
            " control_plane_address: take a later one",
        )
    release = part(system.distribution, system.version, "the machine itself")
    if release.ends_soon(datetime.now(UTC).date()):
        name = f"{release.name} {release.version}"
        yield noted(
            machine,
            f"runs {name}, whose security fixes end on {release.end}: upgrade it, or take another"
            " machine with a later one",
        )


def _processor(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    system = probe.system
    if system.architecture not in ("amd64", "x86_64"):
        what = "Harbor has images for amd64 only"
        if "docker_host" not in machine.groups:
            what = "the application's images are built for amd64"
        yield refused(machine, f"is {system.architecture}: {what}; take an x86-64 machine")
    elif "database" in _roles(platform, machine) and not system.v2:
        yield refused(
            machine,
            f"its processor lacks x86-64-v2, which {WANTS_V2} asks for: give the virtual machine"
            " its host's CPU type, or take another app_database_worker",
        )
    for role, (least, good) in CPUS.items():
        if role in machine.groups and system.cpus < good:
            cpus = f"{system.cpus} CPU, a {role} needs {good}"
            yield (
                refused(machine, cpus)
                if system.cpus < least
                else noted(machine, f"{cpus} to be quick: building images and Harbor will be slow")
            )


def _memory(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    found = probe.system.memory_mib
    for role, (least, good) in MEMORY_MIB.items():
        if role not in _roles(platform, machine) or not 0 < found < good:
            continue
        if found < least:
            yield refused(machine, f"{found} MiB of memory, a {role} needs {least} at least")
        else:
            yield noted(
                machine,
                f"{found} MiB of memory, Harbor asks for 4 GiB: images may fail to build beside it",
            )


def _room(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    found = {room.path: room for room in probe.system.rooms}
    needed: dict[str, int] = defaultdict(int)
    users: dict[str, list[str]] = defaultdict(list)
    free: dict[str, int] = {}
    for place, needs in NEEDS_MIB.items():
        path = _path(platform, place)
        roles = [role for role in needs if role in _roles(platform, machine)]
        if path not in found or not roles:
            continue
        room = found[path]
        yield from _mounted(machine, place, room)
        if room.noexec and place not in ("/var/cache", "harbor_data", "/var/lib/etcd"):
            yield refused(
                machine,
                f"{room.mounted} is mounted noexec, and programs of {path} must run: mount it exec",
            )
        ours = (*probe.others.ours, *(["monitoring"] if room.holds else []))
        present = all(OURS[role] in ours for role in roles)
        needed[room.mounted] += LEFT_MIB if present else max(needs[role] for role in roles)
        users[room.mounted].append(path)
        free[room.mounted] = room.free_mib
    for mounted, mib in needed.items():
        if free[mounted] < mib:
            paths = ", ".join(users[mounted])
            yield refused(
                machine,
                f"{free[mounted]} MiB free on {mounted}, {mib} are needed there for {paths}:"
                " make room, or mount a disk there",
            )


def _mounted(machine: Machine, place: str, room: Room) -> Findings:
    if room.read_only:
        yield refused(
            machine,
            f"{room.mounted} is mounted read-only, and {room.path} is written: `mount -o remount,rw"
            f" {room.mounted}`; if the kernel made it so, look for errors of its disk (dmesg)",
        )
    if place in KEPT and room.kind in UNFIT:
        yield refused(
            machine,
            f"{room.path} would be on {room.kind}, a file system {UNFIT[room.kind]}: take a disk of"
            " the machine's own, with ext4 or XFS",
        )
    if room.files < FILES:
        yield refused(
            machine,
            f"{room.files} files more can be made on {room.mounted} (df -i), {FILES} are needed for"
            f" {room.path}: remove some, or mount another disk there",
        )


def _kernel_limits(platform: Platform, machine: Machine, probe: Probe) -> Findings:
    system = probe.system
    known = LINES[platform.k8s_node.kubernetes_minor].cgroup_v1
    allowed = platform.k8s_control.kubeadm_kubelet.get("failCgroupV1") is False
    if not (system.cgroup_v2 or known or allowed):
        yield refused(
            machine,
            f"has cgroup v1, on which kubelet {platform.k8s_node.kubernetes_version} does not"
            " start: take systemd.unified_cgroup_hierarchy=0 from the kernel's command line, and"
            " reboot; or, while no reboot is possible, write"
            ' kubeadm_kubelet = {"failCgroupV1": False} and'
            ' kubeadm_ignored_errors = ["SystemVerification"]',
        )
    for name, is_, least in (
        ("fs.inotify.max_user_instances", system.watchers, WATCHERS),
        ("fs.inotify.max_user_watches", system.watches, WATCHES),
    ):
        if is_ < least:
            yield refused(
                machine,
                f"{name} is {is_}, with less than {least} kubelet and pods cannot watch their"
                f" files: set it to {least} at least (sysctl -w, and in /etc/sysctl.d)",
            )
