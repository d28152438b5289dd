"""What somebody may do to a firewall by hand, and which operations must notice."""

from __future__ import annotations

from tests.lab.drifts import Drift

POLICIES = (
    "Common | Shut what no rule opens, for IPv6 as well",
    "Common | Open exactly the needed ports",
    "Wait at the common gate",
)
FIREWALL_DRIFTS = {
    "lets everything in": Drift(7, "vm-docker", "ufw default allow incoming", POLICIES),
    "leaves IPv6 to itself": Drift(
        7,
        "vm-k8s",
        "sed -i s/IPV6=yes/IPV6=no/ /etc/default/ufw && ufw reload",
        POLICIES,
    ),
    "lets nothing out": Drift(
        7,
        "vm-worker",
        "ufw default deny outgoing",
        (
            "Common | Let the machine ask others",
            *POLICIES,
            "Wait at the k8s_node gate",
            "Wait at the cluster gate",
        ),
        repaired=("Common | Let the machine ask others",),
        elsewhere=(("vm-k8s", "Wait at the cluster gate"),),
    ),
    "starts Docker's firewall at no boot": Drift(
        7,
        "vm-docker",
        "systemctl disable docker-firewall",
        (
            "Docker host | Raise the firewall of published ports before Docker",
            "Wait at the docker_host gate",
        ),
    ),
    "opens what is published for IPv6": Drift(
        7,
        "vm-docker",
        "ip6tables -I DOCKER-USER -j RETURN",
        ("Docker host | Let ports that are published for IPv6 obey the firewall",),
    ),
    # A ban opens nothing: it stays.
    "bans an attacker": Drift(
        7, "vm-worker", 'ufw insert 1 deny from 203.0.113.7 comment "by Fail2Ban"', ()
    ),
    "opens every NodePort": Drift(
        2,
        "vm-worker",
        "iptables -t mangle -I NODE-FIREWALL -j RETURN",
        ("K8s node | Let NodePorts, pods and Services obey the firewall",),
    ),
}
