"""What breaks the subject of each gate of a firewall, and what mends it by hand."""

from __future__ import annotations

from tests.lab.breaks import Break

FIREWALL_BREAKS = {
    "the firewall is on": Break(1, "vm-worker", "ufw disable", "ufw --force enable"),
    "the firewall shuts what no rule opens": Break(
        2, "vm-worker", "ufw default allow incoming", "ufw default deny incoming"
    ),
    "UFW's own files open nothing more": Break(
        1,
        "vm-worker",
        "sed -i '/^COMMIT/i -A ufw-before-input -p tcp --dport 9999 -j ACCEPT'"
        " /etc/ufw/before.rules",
        "sed -i /9999/d /etc/ufw/before.rules",
    ),
    "its firewall and DNS start at boot": Break(
        3, "vm-worker", "systemctl disable ufw", "systemctl enable ufw"
    ),
    "published ports obey the firewall": Break(
        1, "vm-docker", "iptables -F DOCKER-USER", "systemctl reload docker-firewall"
    ),
    "what the Docker host serves starts at boot": Break(
        1, "vm-docker", "systemctl disable harbor-compose", "systemctl enable harbor-compose"
    ),
    "NodePorts, pods and Services obey the firewall": Break(
        1,
        "vm-worker",
        "iptables -t mangle -D PREROUTING -j NODE-FIREWALL",
        "systemctl reload node-firewall",
    ),
    "the node's firewall and containerd start at boot": Break(
        1, "vm-worker", "systemctl disable node-firewall", "systemctl enable node-firewall"
    ),
    "kubelet starts at boot": Break(
        1, "vm-k8s", "systemctl disable kubelet", "systemctl enable kubelet"
    ),
}
