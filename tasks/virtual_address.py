"""C5: the address of the API server that moves to whichever control plane is there."""

from __future__ import annotations

from pyinfra import host

from operations import apt, files, systemd
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT

# arping tells whether somebody else has an address.
PACKAGES = ("haproxy", "iputils-arping", "keepalived")


def apply(platform: Platform) -> None:
    """Have HAProxy lead to every API server, and keepalived hold the address at one of them.

    It comes before kubeadm, which asks there from the beginning.
    """
    _hold(platform)


def _hold(platform: Platform) -> None:
    if not platform.virtual_address(platform.machine(host.name)):
        return
    files.configure(
        name="Lead from the virtual address to every API server",
        files=[
            source(
                platform,
                "k8s_control",
                "/etc/haproxy/haproxy.cfg",
                check="! command -v haproxy >/dev/null || haproxy -c -q -f {}",
                port=API_PORT,
            )
        ],
        process=systemd.main_pid("haproxy"),
        # A reload leaves the process as old as it was.
        load="systemctl restart haproxy.service",
    )
    files.configure(
        name="Describe who may have the virtual address",
        files=[
            source(
                platform,
                "k8s_control",
                "/etc/keepalived/keepalived.conf",
                check="! command -v keepalived >/dev/null || keepalived -t -f {}",
            )
        ],
        process=systemd.main_pid("keepalived"),
        load="systemctl restart keepalived.service",
    )
    # They start with what is there: keepalived not at all without a word of its own.
    apt.packages(
        name="Install what holds the virtual address", versions=dict.fromkeys(PACKAGES, "")
    )
    systemd.enable(name="Hold the virtual address", units=["haproxy.service", "keepalived.service"])
