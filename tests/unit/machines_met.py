"""Machines as people bring them from elsewhere: VPNs, proxies, guides; bad ones and good."""

from __future__ import annotations

from typing import Any

from facts.probe.kernel import Setting
from facts.probe.others import Listener
from tests.unit.probes import CONTROL, DOCKER, NODE, WORKER

EVERY_CARD = "/etc/systemd/network/99-dhcp.network"
KUBELET_D = "/etc/systemd/system/kubelet.service.d"
DOCKER_D = "/etc/systemd/system/docker.service.d/http-proxy.conf"
CONTAINERD_D = "/etc/systemd/system/containerd.service.d/http-proxy.conf"
MANAGER = "/etc/systemd/system.conf.d/proxy.conf"
PROXY = 'Environment="HTTP_PROXY=http://proxy.example:3128"'
CARDS = {"mtu": (("eth0", 1500),)}
BAD: list[tuple[str, str, dict[str, Any], str]] = [
    # As those of machines_bad.
    (
        WORKER,
        "kernel",
        {"routes": (("10.244.8.0/22", "dev tailscale0 table 52"),)},
        "reaches 10.244.8.0/22 through tailscale0, and pod_network",
    ),
    (DOCKER, "kernel", {"routes": (("172.21.0.0/16", "dev br-lan proto static"),)}, "br-lan, and"),
    (WORKER, "kernel", {"routes": (("10.100.0.0/16", "dev wg0"),)}, "service_network"),
    (DOCKER, "kernel", {"every_card": (EVERY_CARD,)}, f"{EVERY_CARD} has systemd-networkd set up"),
    (
        WORKER,
        "kernel",
        {"settings": (Setting("/etc/sysctl.d/zzz.conf", "net.ipv4.conf.eth0.forwarding", "0"),)},
        "sets net.ipv4.conf.eth0.forwarding = 0 after the platform's own file",
    ),
    (CONTROL, "others", {"listeners": (Listener(2379, "etcd", 7),)}, "port 2379 (etcd) is held by"),
    (WORKER, "others", {"listeners": (Listener(10250, "kubelet", 7),)}, "held by kubelet, pid 7"),
    (
        WORKER,
        "others",
        {"kubelet_arguments": ((f"{KUBELET_D}/0-containerd.conf", "KUBELET_EXTRA_ARGS=--x"),)},
        f"{KUBELET_D}/0-containerd.conf says KUBELET_EXTRA_ARGS=--x, which counts more",
    ),
    (DOCKER, "system", {"swarm": True}, "its Docker is one of a Swarm's"),
    (WORKER, "others", {"iptables": ("-A INPUT ! -s 10.0.0.0/8 -j DROP",)}, "a rule of somebody"),
    (
        WORKER,
        "others",
        {"iptables": ("-A INPUT -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN -j DROP",)},
        "a rule of somebody else's",
    ),
    (WORKER, "programs", {"boots": {"k3s.service"}}, "comes back at the next boot (k3s.service)"),
    (DOCKER, "programs", {"boots": {"rke2-server.service"}}, "another Kubernetes is off now"),
    (WORKER, "programs", {"first": ("/usr/local/bin/containerd-shim-runc-v2",)}, "is found before"),
    (DOCKER, "programs", {"first": ("/usr/local/sbin/iptables",)}, "/usr/local/sbin/iptables is"),
    (DOCKER, "names", {"docker": ("DOCKER_HOST=tcp://build:2375",)}, "says `DOCKER_HOST=tcp://b"),
    (WORKER, "names", {"lookup": "mdns4_minimal [NOTFOUND=return] files dns"}, "not in /etc/hosts"),
    (WORKER, "names", {"lookup": "dns [!UNAVAIL=return] files"}, "not in /etc/hosts"),
    (WORKER, "system", {"tmp": "755"}, "not everybody may write in /tmp (its mode is 755)"),
    (WORKER, "ways_in", {"closed": "/home/admin"}, "root may not write in /home/admin (is it of"),
    (DOCKER, "ways_in", {"ssh_as": "deploy"}, "~admin/.ssh/config has ssh log in as deploy"),
    (
        WORKER,
        "packages",
        {"unreadable": "Malformed entry 1 in list file /etc/apt/sources.list.d/x.list (Suite)"},
        "apt cannot read what it is told: Malformed entry 1 in list file",
    ),
    (DOCKER, "overrides", {"proxies": ((DOCKER_D, PROXY),)}, f"{DOCKER_D} sends docker through"),
    (
        DOCKER,
        "overrides",
        {"proxies": ((DOCKER_D, f'{PROXY} "NO_PROXY=localhost,10.0.0.0/8,*.corp,bor.local"'),)},
        "to harbor.local as well: add that to its NO_PROXY",
    ),
    (WORKER, "overrides", {"proxies": ((CONTAINERD_D, PROXY),)}, "sends containerd through a pro"),
    (WORKER, "overrides", {"proxies": ((MANAGER, f"Default{PROXY}"),)}, f"{MANAGER} sends contain"),
    (
        WORKER,
        "overrides",
        {"proxies": ((MANAGER, 'DefaultEnvironment="https_proxy=p:1" "no_proxy=.local"'),)},
        "sends kubelet through a proxy to 192.168.56.43 as well",
    ),
    (DOCKER, "overrides", {"client": ('"currentContext":"nas"',)}, "root's `docker` goes to nas"),
    (DOCKER, "overrides", {"client": ('"proxies":{"',)}, "root's `docker` gives containers a prox"),
]  # fmt: skip
NO_PROXY = 'Environment="NO_PROXY=localhost,192.168.0.0/16,.local"'
GOOD: list[tuple[str, str, dict[str, Any]]] = [
    (WORKER, "kernel", {"routes": (("172.21.0.0/16", "dev br-lan"),)}),  # no Docker there
    (DOCKER, "kernel", {"routes": (("172.21.0.0/16", "dev br-0123456789ab"),)}),  # Docker's own
    (WORKER, "kernel", {"routes": (("10.244.7.0/26", "dev wireguard.cali table 1"),)}),
    (WORKER, "kernel", {"routes": (("100.64.0.0/10", "dev tailscale0 table 52"),)}),
    (WORKER, "kernel", {"routes": (("default", "via 10.0.0.1 dev eth0 metric 100"),
                                   ("default", "via 10.9.0.1 dev wg0 table 51820"))}),
    (WORKER, "kernel", {"settings": (Setting("/etc/sysctl.d/zzz.conf",
                                             "net.ipv4.conf.eth0.forwarding", "1"),)}),
    (WORKER, "kernel", {"settings": (Setting("/etc/sysctl.d/zzz.conf",
                                             "net.ipv4.conf.all.rp_filter", "1"),)}),
    (CONTROL, "others", {"listeners": (Listener(2379, "etcd", 7),), "ours": NODE}),
    (DOCKER, "others", {"listeners": (Listener(2379, "etcd", 7),)}),
    (DOCKER, "others", {"kubelet_arguments": ((f"{KUBELET_D}/x.conf", "KUBELET_EXTRA_ARGS=x"),)}),
    (WORKER, "others", {"iptables": ("-A INPUT ! -s 192.168.0.0/16 -j DROP",)}),
    *((WORKER, "others", {"iptables": (f"-A INPUT {rule} -j DROP",)}) for rule in (
        "-m state --state INVALID",
        "-f",
        "-p tcp -m tcp --tcp-flags FIN,SYN FIN,SYN",
        "-p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m conntrack --ctstate NEW",
        "-p icmp -m icmp --icmp-type 13",
        "-s 127.0.0.0/8 ! -i lo",
    )),
    (WORKER, "programs", {"first": ("/usr/local/bin/dockerd",)}),
    (WORKER, "names", {"docker": ("DOCKER_HOST=tcp://build:2375",)}),
    (WORKER, "names", {"lookup": "files mdns4_minimal [NOTFOUND=return] resolve [!UNAVAIL=return]"
                                 " dns"}),
    (WORKER, "names", {"lookup": "mymachines resolve [!UNAVAIL=return] files dns"}),
    (DOCKER, "ways_in", {"ssh_as": "git"}),
    (DOCKER, "ways_in", {"ssh_as": "admin"}),
    (WORKER, "ways_in", {"ssh_as": "deploy"}),
    (DOCKER, "overrides", {"proxies": ((DOCKER_D, PROXY), (DOCKER_D, NO_PROXY))}),
    (DOCKER, "overrides", {"proxies": ((DOCKER_D, NO_PROXY), (CONTAINERD_D, PROXY))}),
    (WORKER, "overrides", {"proxies": ((MANAGER, f"Default{PROXY}"), (MANAGER, NO_PROXY))}),
    (WORKER, "overrides", {"proxies": ((DOCKER_D, PROXY),)}),
    (DOCKER, "overrides", {"proxies": ((DOCKER_D, 'Environment="HTTP_PROXY="'),)}),
    (DOCKER, "overrides", {"proxies": ((DOCKER_D, PROXY), (DOCKER_D, 'Environment="no_proxy=*"'))}),
    (DOCKER, "overrides", {"client": ('"currentContext":"default"',), "admins": {"admin"}}),
    (WORKER, "overrides", {"client": ('"currentContext":"nas"',), "kubeconfigs": ("/root/x",)}),
]  # fmt: skip
