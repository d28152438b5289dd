"""A1-A4: a machine that stays as it is, knows its neighbours and lets in nobody else."""

from __future__ import annotations

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every machine is before it gets a role."""
    names = [name for other in platform.machines for name in platform.names(other)]
    expected = [f"{other.address}" for other in platform.machines for _ in platform.names(other)]
    resolve = " && ".join(
        f"{{ test \"$(getent ahostsv4 {name} | awk 'NR == 1 {{print $1}}')\" = {address} || "
        f"{{ getent ahostsv4 {name}; echo {name} should be {address}; false; }}; }}"
        for name, address in zip(names, expected, strict=True)
    )
    return [
        Gate(
            "common",
            "automatic updates are off",
            "! systemctl is-enabled apt-daily.timer apt-daily-upgrade.timer unattended-upgrades"
            " | grep -vx -e masked -e masked-runtime",
            "systemctl status apt-daily.timer apt-daily-upgrade.timer unattended-upgrades",
        ),
        Gate(
            "common",
            "no package is half-configured",
            'said=$(dpkg --audit); echo "$said"; test -z "$said"',
            "dpkg --audit; dpkg --configure --pending",
        ),
        Gate(
            "common",
            f"its name is {machine.hostname}",
            f'hostname; test "$(hostname)" = {machine.hostname} &&'
            f' test "$(cat /etc/hostname)" = {machine.hostname}',
            "hostnamectl; /etc/hostname",
        ),
        Gate(
            "common",
            "the machines' names resolve",
            resolve,
            "/etc/hosts; the hosts line in /etc/nsswitch.conf",
        ),
        Gate(
            "common",
            f"DNS knows {platform.all.dns_probe}",
            f"getent ahosts {platform.all.dns_probe} || resolvectl query {platform.all.dns_probe}",
            "resolvectl status; can the servers in dns_servers be reached from here?",
            within=20,
        ),
        Gate(
            "common",
            "/etc/resolv.conf names the real servers",
            "readlink -f /etc/resolv.conf;"
            " test /etc/resolv.conf -ef /run/systemd/resolve/resolv.conf",
            "systemctl status systemd-resolved; does something else write /etc/resolv.conf?",
        ),
        Gate(
            "common",
            "the clock is in step",
            # A container has the clock of its host.
            "systemd-detect-virt --quiet --container ||"
            " timedatectl show --property=NTPSynchronized | grep -x NTPSynchronized=yes ||"
            " chronyc -n waitsync 1",
            "timedatectl; can an NTP server be reached (123/udp)?",
            within=60,
            every=3,
        ),
        Gate(
            "common",
            "the firewall is on",
            "ufw status | grep -x 'Status: active'",
            "ufw status verbose; journalctl -u ufw",
        ),
    ]
