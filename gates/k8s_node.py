"""C1-C4, D1: a machine that may begin a cluster, or join one."""

from __future__ import annotations

from facts.containerd import REGISTRIES
from gates import among
from gates.gate import Gate, starts_at_boot
from spec import Machine, Platform
from spec.kubernetes import pod_cards

NODE_UNITS = ("node-firewall", "containerd")


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every node is, before kubeadm makes it one."""
    return [
        *_kernel(),
        *_containers(platform),
        *_packages(platform),
        *([among.held(platform, machine)] if platform.virtual_address(machine) else []),
    ]


def _kernel() -> list[Gate]:
    return [
        Gate(
            awaits="swap is off",
            command='on=$(swapon --noheadings --show); echo "$on"; test -z "$on"',
            hint="swapon --show; /etc/fstab; systemctl list-units --type=swap",
        ),
        Gate(
            awaits="bridged packets pass iptables, and packets are routed",
            # Not lsmod: a kernel may have both built in.
            command=(
                "grep -w overlay /proc/filesystems && cd /proc/sys/net &&"
                " grep -H . bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables"
                " ipv4/ip_forward && ! grep -q 0 bridge/bridge-nf-call-iptables"
                " bridge/bridge-nf-call-ip6tables ipv4/ip_forward"
            ),
            hint=(
                "systemctl status systemd-modules-load systemd-sysctl; does another file in"
                " /etc/sysctl.d say otherwise?"
            ),
        ),
    ]


def _containers(platform: Platform) -> list[Gate]:
    folder = f"{REGISTRIES}/{platform.registry}"
    trusting = f"--cacert {folder}/ca.crt " if platform.docker_host.harbor_tls else ""
    return [
        Gate(
            awaits="containerd runs pods under systemd's cgroups",
            command=(
                "systemctl is-active containerd && crictl info |"
                " tr -d ' \"' | grep -i -m 1 'systemdcgroup:true'"
            ),
            hint="systemctl status containerd; journalctl -u containerd; containerd config dump",
            within=30,
        ),
        Gate(
            awaits=f"containerd knows the registry {platform.registry}",
            command=f"grep -h server {folder}/hosts.toml",
            hint="ls -R /etc/containerd/certs.d; config_path in /etc/containerd/config.toml",
        ),
        Gate(
            awaits=f"{platform.registry} can be reached from here",
            command=(
                f"curl -sS {trusting}--max-time 10 -o /dev/null -w '%{{http_code}}\\n'"
                f" {platform.docker_host.harbor_url}/v2/ | tee /dev/stderr | grep -qx 401"
            ),
            hint="/etc/hosts; the firewall of the registry's machine; its own gates",
            within=30,
        ),
    ]


def _packages(platform: Platform) -> list[Gate]:
    version = platform.k8s_node.kubernetes_version
    pods = platform.k8s_control
    cards = pod_cards(pods.cni, pods.calico_encapsulation)
    return [
        Gate(
            awaits=f"kubelet, kubeadm and kubectl are {version}",
            command=(
                "{ kubelet --version; kubeadm version -o short;"
                " kubectl version --client | head -n 1; } |"
                f" tee /dev/stderr | grep -c 'v{version}$' | grep -qx 3"
            ),
            hint="dpkg -l kubelet kubeadm kubectl; apt-cache policy kubelet",
        ),
        Gate(
            awaits="their versions are held",
            command=(
                "dpkg --get-selections kubelet kubeadm kubectl | tee /dev/stderr |"
                " grep -c 'hold$' | grep -qx 3"
            ),
            hint="apt-mark showhold",
        ),
        Gate(
            awaits="NodePorts, pods and Services obey the firewall",
            command=(
                "iptables -t mangle -C PREROUTING -j NODE-FIREWALL &&"
                " iptables -t mangle -S NODE-FIREWALL | grep -c -e '-j DROP' |"
                f" grep -qx {6 + len(cards)}"
            ),
            hint="systemctl status node-firewall; iptables -t mangle -S NODE-FIREWALL",
        ),
        starts_at_boot("the node's firewall and containerd start at boot", NODE_UNITS),
    ]
