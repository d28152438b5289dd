"""C1-C4, D1: a machine that may begin a cluster, or join one."""

from __future__ import annotations

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every node is, before kubeadm makes it one."""
    return [*_kernel(), *_containers(platform), *_packages(platform)]


def _kernel() -> list[Gate]:
    return [
        Gate(
            "k8s_node",
            "swap is off",
            'on=$(swapon --noheadings --show); echo "$on"; test -z "$on"',
            "swapon --show; /etc/fstab; systemctl list-units --type=swap",
        ),
        Gate(
            "k8s_node",
            "bridged packets pass iptables, and packets are routed",
            # Not lsmod: a kernel may have both built in.
            "grep -w overlay /proc/filesystems && cd /proc/sys/net &&"
            " grep -H . bridge/bridge-nf-call-iptables bridge/bridge-nf-call-ip6tables"
            " ipv4/ip_forward && ! grep -q 0 bridge/bridge-nf-call-iptables"
            " bridge/bridge-nf-call-ip6tables ipv4/ip_forward",
            "systemctl status systemd-modules-load systemd-sysctl; does another file in"
            " /etc/sysctl.d say otherwise?",
        ),
    ]


def _containers(platform: Platform) -> list[Gate]:
    return [
        Gate(
            "k8s_node",
            "containerd runs pods under systemd's cgroups",
            "systemctl is-active containerd && crictl info |"
            " tr -d ' \"' | grep -i -m 1 'systemdcgroup:true'",
            "systemctl status containerd; journalctl -u containerd -n 50; containerd config dump",
            within=30,
        ),
        Gate(
            "k8s_node",
            f"containerd knows the registry {platform.registry}",
            f"grep -h server /etc/containerd/certs.d/{platform.registry}/hosts.toml",
            "ls -R /etc/containerd/certs.d; config_path in /etc/containerd/config.toml",
        ),
        Gate(
            "k8s_node",
            f"{platform.registry} can be reached from here",
            f"curl -sS --insecure --max-time 10 -o /dev/null -w '%{{http_code}}\\n'"
            f" {platform.docker_host.harbor_url}/v2/ | tee /dev/stderr | grep -qx 401",
            "/etc/hosts; the firewall of the registry's machine; its own gates",
            within=30,
        ),
    ]


def _packages(platform: Platform) -> list[Gate]:
    version = platform.k8s_node.kubernetes_version
    return [
        Gate(
            "k8s_node",
            f"kubelet, kubeadm and kubectl are {version}",
            "{ kubelet --version; kubeadm version -o short; kubectl version --client | head -n 1; }"
            f" | tee /dev/stderr | grep -c 'v{version}$' | grep -qx 3",
            "dpkg -l kubelet kubeadm kubectl; apt-cache policy kubelet",
        ),
        Gate(
            "k8s_node",
            "their versions are held",
            "dpkg --get-selections kubelet kubeadm kubectl | tee /dev/stderr |"
            " grep -c 'hold$' | grep -qx 3",
            "apt-mark showhold",
        ),
        Gate(
            "k8s_node",
            "NodePorts obey the firewall",
            "iptables -t mangle -C PREROUTING -j NODE-PORTS &&"
            " iptables -t mangle -S NODE-PORTS | grep -- '-j DROP'",
            "systemctl status node-ports-firewall; iptables -t mangle -S NODE-PORTS",
        ),
    ]
