"""Machines with a past, as a probe would see them: what is right."""

from __future__ import annotations

from typing import Any

from facts.probe.kernel import Setting
from facts.probe.others import Listener, Running
from facts.probe.packages import Source
from tests.unit.machines_bad import (
    API,
    CALICO,
    DOCKER_LIST,
    DOCKER_URI,
    FLAGS,
    PODMAN,
    RESOLVED,
    SCHEDULER,
    room,
)
from tests.unit.machines_made import made_from
from tests.unit.probes import COMPOSED, CONTROL, DOCKER, NODE, WORKER

HOSTS = (
    "127.0.0.1 localhost",
    "192.168.56.42 vm-docker harbor.local hit.local",
    "192.168.56.43 vm-k8s",
    "192.168.56.44 vm-worker",
)
GOOD: list[tuple[str, str, dict[str, Any]]] = [
    (WORKER, "system", {"distribution": "ubuntu", "version": "22.04"}),
    (CONTROL, "system", {"memory_mib": 1963}),  # sold as 2 GiB
    (WORKER, "system", {"memory_mib": 960}),  # sold as 1 GiB
    (WORKER, "system", {"cpus": 1}),
    (DOCKER, "system", {"cpus": 1, "memory_mib": 1963}),  # slow, and it works
    (CONTROL, "system", {"v2": False}),  # the database is elsewhere
    (WORKER, "system", {"rooms": (room("/opt", 1), room("/tmp", 1))}),  # nothing is put there
    (DOCKER, "system", {"rooms": (room("/opt", 1800), room("/usr", 1100, "/usr"))}),
    (WORKER, "others", {"listeners": (Listener(80, "nginx", 7), Listener(22, "sshd", 1))}),
    (DOCKER, "others", {"listeners": (Listener(80, "docker-proxy", 7),), "ours": COMPOSED}),
    (DOCKER, "others", {"listeners": (Listener(80),), "ours": COMPOSED}),  # while Docker starts
    (CONTROL, "others", {"listeners": (Listener(6443, "kube-apiserver", 7),), "ours": NODE}),
    (CONTROL, "others", {"listeners": (Listener(10257, "kube-controller", 7),), "ours": NODE}),
    (CONTROL, "others", {"listeners": (Listener(10257),), "ours": NODE}),  # while it boots
    (WORKER, "others", {"iptables": ("-A INPUT -m conntrack --ctstate INVALID -j DROP",)}),
    (WORKER, "others", {"iptables": ("-A INPUT -s 203.0.113.7/32 -j DROP",)}),  # a ban
    (WORKER, "others", {"iptables": ("-A INPUT -p tcp -m tcp --dport 3306 -j DROP",)}),
    (WORKER, "others", {"iptables": ("-A INPUT -j ufw-before-input", "-A INPUT -j f2b-sshd")}),
    (WORKER, "others", {"active": {"docker.service"}}),
    (DOCKER, "others", {"containerd_config": 2}),
    (WORKER, "others", {"containerd_config": 3}),  # the whole file is ours there
    (DOCKER, "packages", {"installed": (("docker-ce", "5:28.5.1-1~debian.13~trixie"),)}),
    (DOCKER, "packages", {"installed": (("docker-ce", "5:27.0.3-1~debian.13~trixie"),)}),
    (DOCKER, "packages", {"installed": (("docker.io", "26.1.5+dfsg1-9"),)}),
    (WORKER, "packages", {"installed": (("containerd", "1.7.24"), ("docker.io", "26.1.5"))}),
    (DOCKER, "others", {"cni": (PODMAN,)}),  # no node
    (CONTROL, "others", {"cni": (CALICO,)}),
    (CONTROL, "others", {"cni": (CALICO, PODMAN), "ours": NODE}),  # ours comes first
    (CONTROL, "others", {"kubernetes": (SCHEDULER,), "unfinished": True}),  # it is undone
    (WORKER, "others", {"server": API, "kubernetes": ("/etc/kubernetes/kubelet.conf",)}),
    (WORKER, "others", {"kubelet_arguments": FLAGS, "ours": NODE}),
    (
        DOCKER,
        "packages",
        {"sources": (Source(DOCKER_LIST, DOCKER_URI, "trixie", "/etc/apt/keyrings/docker.asc"),)},
    ),
    (DOCKER, "packages", {"sources": (Source(DOCKER_LIST, DOCKER_URI, "bookworm", "/k.gpg"),)}),
    (WORKER, "packages", {"sources": (Source(DOCKER_LIST, DOCKER_URI, "trixie", "/k.gpg"),)}),
    (WORKER, "packages", {"held": (("kubelet", "1.29.0-1.1"), ("nano", "1"))}),
    (WORKER, "ways_in", {"shell": "/usr/bin/fish", "sessions": 3, "no_include": True}),
    (WORKER, "names", {"immutable": {"/etc/fstab"}}),  # without swap nothing is changed there
    (WORKER, "names", {"immutable": {"/etc/hosts", "/etc/hostname"}, "hosts": HOSTS,
                       "hostname": "vm-worker"}),
    (WORKER, "names", {"dns": ((f"{RESOLVED}/99-threebody.conf", "127.0.0.1"),)}),
    (WORKER, "names", {"dns": ((f"{RESOLVED}/x.conf", "10.0.0.2 dns.example"),)}),
    (DOCKER, "names", {"dns": ((f"{RESOLVED}/x.conf", "127.0.0.1"),)}),
    (WORKER, "system", {"rooms": (room("/usr", 9000, kind="btrfs"),
                                  room("/tmp", 1, read_only=True, files=1))}),
    (DOCKER, "system", {"rooms": (room("/data/harbor", 9000, "/data", kind="xfs"),
                                  room("/opt", 9000, kind="tmpfs"))}),
    (WORKER, "others", {"listeners": (Listener(9099, "calico-node", 7), Listener(1514, "x", 1)),
                        "ours": NODE}),
    (DOCKER, "packages", {"installed": (("docker-compose", "1.29.2-3"),)}),  # another path
    (WORKER, "packages", {"installed": (("podman-docker", "5.4"),)}),  # no Docker there
    (WORKER, "packages", {"pinned_away": (("/p", "snapd"), ("/p", "systemd-resolved"))}),
    (WORKER, "programs", {"first": ("/usr/local/bin/docker", "/usr/local/bin/gitlab-runner")}),
    (DOCKER, "programs", {"first": ("/usr/local/bin/kubectl",), "masked": {"kubelet.service"}}),
    (DOCKER, "programs", {"units": ("/etc/systemd/system/kubelet.service",)}),
    (WORKER, "programs", {"units": ("/etc/systemd/system/kubelet.service.d/10-kubeadm.conf",)}),
    (WORKER, "programs", {"daemon": ("data-root",)}),
    (WORKER, "names", {"lookup": "resolve [!UNAVAIL=return] dns"}),
    (WORKER, "names", {"lookup": "files mdns4_minimal [NOTFOUND=return] dns"}),
    (DOCKER, "kernel", {"lacks": ("br_netfilter",)}),
    (WORKER, "names", {"proxies": ("http_proxy=http://proxy:3128",)}),
    (DOCKER, "kernel", {"blocked": {"br_netfilter"}}),
    (WORKER, "kernel", {"blocked": {"floppy"}}),
    (WORKER, "kernel", {"settings": (Setting("/etc/sysctl.d/99-x.conf", "net.ipv4.ip_forward",
                                             "0"),)}),
    (WORKER, "kernel", {"settings": (Setting("/etc/sysctl.d/zzz.conf", "vm.swappiness", "0"),)}),
    (WORKER, "kernel", {"routes": (("default", "via 10.0.0.1 dev eth0"),
                                   ("10.0.0.0/8", "dev tun0"), ("10.244.1.0/24", "dev cni0"),
                                   ("blackhole", "10.244.3.0/26"))}),
    (DOCKER, "kernel", {"mtu": (("eth0", 1400),), "routes": (("172.20.0.0/24", "dev docker0"),)}),
    (CONTROL, "others", {"running": Running("1.36.3", "10.96.0.0/12", "10.244.0.0/16")}),
    (CONTROL, "others", {"running": Running("1.36.3", kubeadm=made_from())}),
    (CONTROL, "others", {"running": Running("1.36.3", kubeadm="somebody's own words")}),
    (CONTROL, "others", {"running": Running("1.36.3", encapsulation="vxlan")}),
    (DOCKER, "others", {"running": Running(docker_root="/srv/docker")}),  # nothing is in it yet
]  # fmt: skip
