"""Machines with a past, as a probe would see them: what is in the way."""

from __future__ import annotations

from typing import Any

from facts.probe.kernel import Setting
from facts.probe.others import Listener, Rule
from facts.probe.packages import Source
from facts.probe.system import Room
from tests.unit.probes import CONTROL, DOCKER, NODE, WORKER

REJECT = "-A INPUT -j REJECT --reject-with icmp-host-prohibited"
DOCKER_LIST = "/etc/apt/sources.list.d/docker.list"
DOCKER_URI = "https://download.docker.com/linux/debian"
ADMIN, SCHEDULER = "/etc/kubernetes/admin.conf", "/etc/kubernetes/manifests/kube-scheduler.yaml"
API, ELSEWHERE = "https://192.168.56.43:6443", "https://10.0.0.1:6443"
CALICO = "/etc/cni/net.d/10-calico.conflist"
PODMAN = "/etc/cni/net.d/87-podman-bridge.conflist"
FLAGS = (("/etc/default/kubelet", "KUBELET_EXTRA_ARGS=--v=4"),)
RESOLVED = "/etc/systemd/resolved.conf.d"


def room(path: str, mib: int, mounted: str = "/", **extra: Any) -> Room:
    return Room(path, mib, mounted, **extra)


BAD: list[tuple[str, str, dict[str, Any], str]] = [
    # machine, subject, what is changed of it, what is said
    (WORKER, "system", {"distribution": "templeos", "version": "5"}, "runs templeos 5; supported"),
    (WORKER, "system", {"distribution": "", "version": ""}, "runs an unknown distribution"),
    (WORKER, "system", {"version": "11"}, "runs debian 11; supported are debian 12, debian 13"),
    (DOCKER, "system", {"architecture": "arm64"}, "is arm64: Harbor has images for amd64 only"),
    (WORKER, "system", {"architecture": "arm64"}, "is arm64: the application's images"),
    (WORKER, "system", {"v2": False}, "its processor lacks x86-64-v2, which MySQL's image"),
    (CONTROL, "system", {"cpus": 1}, "1 CPU, a k8s_control needs 2"),
    (CONTROL, "system", {"memory_mib": 960}, "960 MiB of memory, a k8s_control needs 1700"),
    (WORKER, "system", {"memory_mib": 480}, "480 MiB of memory, a k8s_worker needs 900"),
    (DOCKER, "system", {"memory_mib": 980}, "980 MiB of memory, a docker_host needs 1700"),
    (WORKER, "system", {"watchers": 8}, "fs.inotify.max_user_instances is 8, with less than 128"),
    (DOCKER, "system", {"rooms": (room("/opt", 900),)}, "900 MiB free on /, 1700 are needed there"),
    (
        DOCKER,
        "system",
        {"rooms": (room("/opt", 2000), room("/var/lib/docker", 2000))},
        "2000 MiB free on /, 4200 are needed there for /opt, /var/lib/docker",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/var/lib/containerd", 9000, "/var", noexec=True),)},
        "/var is mounted noexec, and programs of /var/lib/containerd must run",
    ),
    (DOCKER, "others", {"listeners": (Listener(80, "nginx", 7),)}, "port 80 (edge_http_port) is"),
    (DOCKER, "others", {"listeners": (Listener(443, "python3", 7),)}, "held by python3, pid 7"),
    (DOCKER, "others", {"listeners": (Listener(8080),)}, "harbor_url) is held by somebody else"),
    (
        DOCKER,
        "others",
        {"listeners": (Listener(80, "docker-proxy", 7),)},
        "port 80 (edge_http_port) is held by docker-proxy",
    ),
    (CONTROL, "others", {"listeners": (Listener(6443, "haproxy", 7),)}, "port 6443 (the Kuber"),
    (CONTROL, "others", {"listeners": (Listener(2379, "k3s", 7),)}, "port 2379 (etcd) is held by"),
    (WORKER, "others", {"listeners": (Listener(10250, "k3s", 7),)}, "port 10250 (kubelet) is held"),
    (WORKER, "others", {"iptables": (REJECT,)}, f"the platform's firewall: `iptables {REJECT}`"),
    (
        WORKER,
        "others",
        {"iptables": ("-A INPUT -p tcp -m multiport --dports 20:30 -j DROP",)},
        "a rule of somebody else's",
    ),
    (
        WORKER,
        "others",
        {"iptables": ("-A FORWARD -s 192.168.0.0/16 -j DROP",)},
        "a rule of somebody else's",
    ),
    (WORKER, "others", {"active": {"firewalld.service"}}, "firewalld is at work"),
    (
        WORKER,
        "others",
        {"nft": (Rule("table inet filter, chain input", "policy drop;"),)},
        "nftables has a firewall beside ours, table inet filter, chain input",
    ),
    (DOCKER, "others", {"active": {"snap.docker.dockerd.service"}}, "Docker runs from snap"),
    (DOCKER, "others", {"containerd_config": 3}, "/etc/containerd/config.toml is of version 3"),
    (
        DOCKER,
        "packages",
        {"installed": (("docker-ce", "5:29.1.0-1~debian.13~trixie"),)},
        "is newer than docker_version 28.5.1",
    ),
    (WORKER, "packages", {"installed": (("docker-ce", "5:28-1"),)}, "docker-ce would be removed"),
    (WORKER, "others", {"cni": (PODMAN,)}, f"{PODMAN} is another pod network's"),
    (CONTROL, "others", {"cni": ("/etc/cni/net.d/05-cilium.conflist",)}, "05-cilium.conflist is"),
    (
        CONTROL,
        "others",
        {"cni": ("/etc/cni/net.d/05-cilium.conflist", CALICO), "ours": NODE},
        "05-cilium.conflist is another pod network's",
    ),
    (CONTROL, "others", {"kubernetes": (SCHEDULER,)}, f"has half a cluster ({SCHEDULER})"),
    (WORKER, "others", {"kubernetes": (ADMIN,)}, "has the control plane of another cluster"),
    (WORKER, "others", {"server": ELSEWHERE}, f"is a node of another cluster, at {ELSEWHERE}"),
    (
        WORKER,
        "others",
        {"kubelet_arguments": FLAGS},
        "/etc/default/kubelet says KUBELET_EXTRA_ARGS=--v=4",
    ),
    (
        DOCKER,
        "packages",
        {"sources": (Source(DOCKER_LIST, DOCKER_URI, "trixie", "/k.gpg"),)},
        f"{DOCKER_LIST} has {DOCKER_URI} with another Signed-By (/k.gpg)",
    ),
    (
        CONTROL,
        "packages",
        {
            "sources": (
                Source("/k.list", "https://pkgs.k8s.io/core:/stable:/v1.36/deb/", "/", "/k"),
            )
        },
        "/k.list has https://pkgs.k8s.io/core:/stable:/v1.36/deb/ with another",
    ),
    (
        WORKER,
        "packages",
        {"sources": (Source("/etc/apt/sources.list", "cdrom:[Debian]/", "trixie"),)},
        "/etc/apt/sources.list names the installer's disc",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/usr", 9000, read_only=True),)},
        "/ is mounted read-only, and /usr is written",
    ),
    (
        DOCKER,
        "system",
        {"rooms": (room("/data/harbor", 9000, "/data", kind="nfs4"),)},
        "/data/harbor would be on nfs4, a file system of the network",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/var/lib/containerd", 9000, kind="vfat"),)},
        "would be on vfat, a file system without owners of files",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/data/threebody/mysql", 9000, kind="tmpfs"),)},
        "in memory, and empty after the next boot",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/var/lib/containerd", 9000, "/var", files=12),)},
        "12 files more can be made on /var (df -i), 20000 are needed for /var/lib/containerd",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room("/var/lib/dpkg", 9000, "/var", noexec=True),)},
        "/var is mounted noexec, and programs of /var/lib/dpkg must run",
    ),
    (DOCKER, "others", {"listeners": (Listener(1514, "rsyslogd", 7),)}, "port 1514 (Harbor's log)"),
    (WORKER, "others", {"listeners": (Listener(9099, "x", 7),)}, "port 9099 (Calico's health)"),
    (
        DOCKER,
        "packages",
        {"installed": (("podman-docker", "5.4"), ("docker-compose", "2.26.1-4"))},
        "docker-compose, podman-docker has files of Docker's own packages",
    ),
    (
        WORKER,
        "packages",
        {"pinned_away": (("/etc/apt/preferences.d/no", "u*w"),)},
        "/etc/apt/preferences.d/no forbids ufw (a Pin-Priority below 0)",
    ),
    (
        CONTROL,
        "programs",
        {"first": ("/usr/local/bin/kubeadm",)},
        "/usr/local/bin/kubeadm is found before the package's program",
    ),
    (DOCKER, "programs", {"first": ("/usr/local/bin/runc",)}, "/usr/local/bin/runc is found"),
    (
        WORKER,
        "programs",
        {"units": ("/etc/systemd/system/containerd.service",)},
        "/etc/systemd/system/containerd.service counts more than the package's unit",
    ),
    (
        DOCKER,
        "programs",
        {"units": ("/etc/systemd/system/docker.service.d/tcp.conf",)},
        "/etc/systemd/system/docker.service.d/tcp.conf counts more",
    ),
    (DOCKER, "programs", {"masked": {"docker.socket"}}, "docker.socket is masked, and the platf"),
    (CONTROL, "programs", {"masked": {"kubelet.service"}}, "`systemctl unmask kubelet.service`"),
    (WORKER, "programs", {"clusters": ("k3s-agent.service",)}, "at work (k3s-agent.service)"),
    (DOCKER, "programs", {"clusters": ("k3s.service",)}, "another Kubernetes is at work (k3s.serv"),
    (WORKER, "programs", {"boots": {"netfilter-persistent.service"}}, "netfilter-persistent puts"),
    (WORKER, "programs", {"boots": {"firewalld.service"}}, "firewalld is off now and comes back"),
    (WORKER, "names", {"lost": "/run/x"}, "/etc/resolv.conf leads to /run/x, which is not there"),
    (WORKER, "names", {"lookup": "dns mymachines"}, "looks for hosts in `dns mymachines`, and not"),
    (
        WORKER,
        "kernel",
        {"lacks": ("br_netfilter",), "release": "6.1.0-40-amd64"},
        "its kernel 6.1.0-40-amd64 has no module br_netfilter: it was replaced while it ran",
    ),
    (
        WORKER,
        "kernel",
        {"settings": (Setting("/etc/sysctl.d/zzz.conf", "net.ipv4.conf.all.forwarding", "0"),)},
        "/etc/sysctl.d/zzz.conf sets net.ipv4.conf.all.forwarding = 0 after the platform's own",
    ),
    (WORKER, "ways_in", {"noise": ("Agent pid 1234",)}, 'of admin prints "Agent pid 1234" for'),
    (WORKER, "ways_in", {"sessions": 1}, "sshd lets 1 session into a connection"),
    (DOCKER, "ways_in", {"no_include": True}, "/etc/ssh/ssh_config does not read ssh_config.d"),
    (WORKER, "names", {"immutable": {"/etc/resolv.conf"}}, "/etc/resolv.conf is immutable"),
    (WORKER, "names", {"immutable": {"/etc/hosts"}}, "/etc/hosts is immutable, and the platform"),
    (
        WORKER,
        "names",
        {"dns": ((f"{RESOLVED}/unbound.conf", "127.0.0.1#5353"),)},
        f"{RESOLVED}/unbound.conf names 127.0.0.1#5353 as DNS server",
    ),
    (WORKER, "kernel", {"blocked": {"br_netfilter"}}, "the module br_netfilter is blocked"),
    (
        WORKER,
        "kernel",
        {"settings": (Setting("/etc/sysctl.d/zzz.conf", "net.ipv4.ip_forward", "0"),)},
        "/etc/sysctl.d/zzz.conf sets net.ipv4.ip_forward = 0 after the platform's own file",
    ),
    (
        WORKER,
        "kernel",
        {"routes": (("10.244.7.0/24", "via 10.0.0.1 dev eth1"),)},
        "reaches 10.244.7.0/24 through eth1, and pod_network 10.244.0.0/16 would cover it",
    ),
    (DOCKER, "kernel", {"routes": (("172.21.3.4", "dev tun0"),)}, "and docker_network"),
]
