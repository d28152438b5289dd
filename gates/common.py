"""A1-A4: a machine that stays as it is, knows its neighbours and lets in nobody else."""

from __future__ import annotations

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every machine is before it gets a role."""
    expected = " ".join(
        f"{name}={other.address}" for other in platform.machines for name in platform.names(other)
    )
    return [
        Gate(
            awaits="automatic updates are off",
            command=(
                "! systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer unattended-upgrades"
                " | grep -vx -e masked -e masked-runtime"
            ),
            hint="systemctl status apt-daily.timer apt-daily-upgrade.timer unattended-upgrades",
        ),
        Gate(
            awaits="no package is half-configured",
            command='said=$(dpkg --audit); echo "$said"; test -z "$said"',
            hint="dpkg --audit; dpkg --configure --pending",
        ),
        Gate(
            awaits=f"its name is {machine.hostname}",
            command=(
                f'hostname; test "$(hostname)" = {machine.hostname} &&'
                f' test "$(cat /etc/hostname)" = {machine.hostname}'
            ),
            hint="hostnamectl; /etc/hostname",
        ),
        Gate(
            awaits="the machines' names resolve",
            command=f"names-resolve {expected}",
            hint="/etc/hosts; the hosts line in /etc/nsswitch.conf",
        ),
        Gate(
            awaits=f"DNS knows {platform.all.dns_probe}",
            command=(
                f"getent ahosts {platform.all.dns_probe} ||"
                f" resolvectl query {platform.all.dns_probe}"
            ),
            hint="resolvectl status; can the servers in dns_servers be reached from here?",
            within=20,
        ),
        Gate(
            awaits="/etc/resolv.conf names the real servers",
            command=(
                "readlink -f /etc/resolv.conf;"
                " test /etc/resolv.conf -ef /run/systemd/resolve/resolv.conf"
            ),
            hint="systemctl status systemd-resolved; does something else write /etc/resolv.conf?",
        ),
        Gate(
            awaits="the clock is in step",
            # A container has the clock of its host.
            command=(
                "systemd-detect-virt --quiet --container ||"
                " timedatectl show --property=NTPSynchronized | grep -x NTPSynchronized=yes ||"
                " chronyc -n waitsync 1"
            ),
            hint="timedatectl; can an NTP server be reached (123/udp)?",
            within=60,
            every=3,
        ),
        Gate(
            awaits="the firewall is on",
            command="ufw status | grep -x 'Status: active'",
            hint="ufw status verbose; journalctl -u ufw",
        ),
    ]
