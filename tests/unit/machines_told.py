"""Machines that somebody has told otherwise, and what earlier clusters left: bad ones and good."""

from __future__ import annotations

from typing import Any

from facts.probe.kernel import DEFAULTS, Setting
from facts.probe.others import Running
from tests.unit.machines_bad import API, room
from tests.unit.probes import COMPOSED, CONTROL, DOCKER, NODE, WORKER

KUBELET = ("/etc/kubernetes/kubelet.conf", "/etc/kubernetes/pki/ca.crt")
MYSQL, HARBOR = "/data/threebody/mysql", "/data/harbor"
DROP_IN = "/etc/systemd/system/docker.service.d/hardening.conf"
EVERY = "/etc/systemd/system/service.d/hardening.conf"
CALI = "-A INPUT -m comment --comment x -j cali-INPUT"
BAD: list[tuple[str, str, dict[str, Any], str]] = [
    # As those of machines_bad.
    (WORKER, "system", {"init": "init"}, "is run by init, and not by systemd"),
    (
        WORKER,
        "system",
        {"rooms": (room("/var/lib/containerd", 9000, kind="overlay"),)},
        "would be on overlay, a file system on another one",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room(MYSQL, 9000, holds=("photos", "x"), owner=1000),)},
        f"{MYSQL} (app_database_path) has somebody's files in it (photos, x)",
    ),
    (
        WORKER,
        "system",
        {"rooms": (room(MYSQL, 9000, MYSQL, holds=("lost+found",)),)},
        "choose an empty one, or a folder inside",
    ),
    (WORKER, "kernel", {"controllers": {"cpu", "cpuset", "pids"}}, "has the cgroup memory off"),
    (CONTROL, "kernel", {"controllers": {"cpu"}}, "the cgroup cpuset, memory, pids off"),
    (DOCKER, "kernel", {"selinux": {"now", "boot"}}, "SELinux enforces a policy"),
    (WORKER, "kernel", {"selinux": {"boot"}}, "SELinux will enforce from the next boot on"),
    (CONTROL, "kernel", {"nested": True, "mute": True}, "whose root is not the kernel's"),
    (WORKER, "kernel", {"mute": True}, "has no /dev/kmsg, which kubelet reads"),
    (WORKER, "kernel", {"cardless": True}, "none of its cards has 192.168.56.44"),
    (WORKER, "kernel", {"sealed": ("br_netfilter",)}, "takes no module any more"),
    (
        WORKER,
        "kernel",
        {"settings": (Setting("/etc/sysctl.d/zzz.conf", "net.ipv4.conf.default.forwarding", "0"),)},
        "sets net.ipv4.conf.default.forwarding = 0 after the platform's own file",
    ),
    (
        DOCKER,
        "overrides",
        {"confines": ((DROP_IN, "ProtectHome=true"),)},
        f"{DROP_IN} says Protect",
    ),
    (WORKER, "overrides", {"confines": ((EVERY, "NoNewPrivileges=yes"),)}, f"{EVERY} says NoNewPr"),
    (
        CONTROL,
        "overrides",
        {"diverted": (("/usr/bin/kubelet", "/usr/bin/kubelet.distrib"),)},
        "dpkg puts /usr/bin/kubelet into /usr/bin/kubelet.distrib (a local diversion)",
    ),
    (
        DOCKER,
        "overrides",
        {"diverted": (("/lib/systemd/system/docker.service", "/root/x"),)},
        "`dpkg-divert --rename --remove /lib/systemd/system/docker.service`",
    ),
    (
        WORKER,
        "overrides",
        {"owners": (("/usr/bin/at", "group ops"),)},
        "to the group ops, whom nobody",
    ),
    (WORKER, "overrides", {"owners": (("/x", "passwd bob"),)}, "to the user bob, whom nobody"),
    (
        DOCKER,
        "overrides",
        {"curlrc": ("proxy = http://p", "include")},
        "/root/.curlrc says `include`",
    ),
    (DOCKER, "overrides", {"curlrc": ('write-out = "%{http_code}"',)}, "says `write-out = "),
    (
        DOCKER,
        "overrides",
        {"helpers": ("pass", "pass")},
        "ask docker-credential-pass for passwords",
    ),
    (DOCKER, "overrides", {"runner": "/usr/sbin/nologin"}, "has /usr/sbin/nologin as its shell"),
    (
        DOCKER,
        "others",
        {"containers": (("redis", ""), ("nginx", "/root/harbor"), ("web", "/srv"))},
        "containers called nginx, redis that are somebody else's",
    ),
    (
        WORKER,
        "others",
        {"links": ("cni0", "flannel.1")},
        "cards of an earlier pod network (cni0, fl",
    ),
    (WORKER, "others", {"iptables": (CALI,)}, "has chains of an earlier cluster (cali-INPUT)"),
    (
        CONTROL,
        "others",
        {"kubernetes": KUBELET[1:], "cni": ("/etc/cni/net.d/87-podman.conflist",)},
        "87-podman.conflist is another pod network's",
    ),
    (WORKER, "others", {"kubernetes": KUBELET[1:]}, "has the authority of another cluster"),
    (
        WORKER,
        "others",
        {"server": API, "node": "worker-1", "kubernetes": KUBELET},
        "is a node of this cluster already, called worker-1: a run would reset it",
    ),
    (WORKER, "ways_in", {"homeless": "/home/admin"}, "admin has no home to write in (/home/admin)"),
]
GOOD: list[tuple[str, str, dict[str, Any]]] = [
    (WORKER, "system", {"rooms": (room(MYSQL, 9000, holds=("ibdata1",), owner=999),)}),
    (WORKER, "system", {"rooms": (room(MYSQL, 9000, owner=1000),)}),  # empty: it is given away
    (CONTROL, "system", {"rooms": (room(MYSQL, 9000, holds=("x",)),)}),  # the database is elsewhere
    (DOCKER, "system", {"rooms": (room(HARBOR, 9000, holds=("database",)),)}),
    (DOCKER, "kernel", {"controllers": {"cpu"}, "mute": True, "nested": True, "cardless": True}),
    (WORKER, "kernel", {"controllers": {"cpu", "cpuset", "memory", "pids", "io", "rdma"}}),
    (DOCKER, "kernel", {"sealed": ("br_netfilter",)}),
    (WORKER, "kernel", {"defaults": tuple((name, "7") for name in DEFAULTS)}),
    (WORKER, "overrides", {"confines": ((DROP_IN, "ProtectHome=true"),)}),  # no Docker there
    (DOCKER, "overrides", {"confines": ((DROP_IN, "PrivateTmp=no"),)}),
    (WORKER, "overrides", {"diverted": (("/bin/sh", "/bin/sh.distrib"), ("/usr/bin/vi", "/x"))}),
    (
        WORKER,
        "overrides",
        {"curlrc": ("proxy = http://p:3128", "connect-timeout 5", "-4", "silent")},
    ),
    (WORKER, "overrides", {"helpers": ("pass",), "runner": "/usr/sbin/nologin"}),
    (DOCKER, "overrides", {"runner": "/bin/bash"}),
    (DOCKER, "others", {"containers": (("nginx", "/opt/harbor"), ("edge-nginx", "/opt/edge"))}),
    (DOCKER, "others", {"containers": (("my-redis-1", "/srv/x"), ("harbor", ""))}),
    (DOCKER, "others", {"links": ("cni0",), "iptables": (CALI,)}),  # no node
    (WORKER, "others", {"links": ("cni0",), "iptables": (CALI,), "ours": NODE}),  # ours, reset
    (WORKER, "others", {"links": ("cni0",), "unfinished": True}),  # it is undone
    (WORKER, "others", {"iptables": ("-A FORWARD -j KUBE-FORWARD",)}),
    (WORKER, "others", {"server": API, "node": "vm-worker", "kubernetes": KUBELET}),
    (CONTROL, "others", {"kubernetes": KUBELET[1:]}),  # an authority of one's own
    (
        DOCKER,
        "others",
        {"running": Running(harbor_url="http://harbor.local:8080"), "ours": COMPOSED},
    ),
]
