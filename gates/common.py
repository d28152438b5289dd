"""A1-A4: a machine that stays as it is, knows its neighbours and lets in nobody else."""

from __future__ import annotations

from gates.gate import Gate, starts_at_boot
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
                "! systemctl is-enabled apt-daily.timer apt-daily.service apt-daily-upgrade.timer"
                " apt-daily-upgrade.service unattended-upgrades"
                " | grep -vx -e masked -e masked-runtime"
            ),
            hint="systemctl status apt-daily.timer apt-daily-upgrade.timer unattended-upgrades",
        ),
        Gate(
            awaits="no package is half-configured",
            command=(
                "! dpkg-query -W -f '${db:Status-Status} ${binary:Package}\\n' |"
                " grep -E '^(unpacked|half-|triggers-)'"
            ),
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
            awaits="no disk will be full within a week",
            command="disks-fill within 7",
            hint="df -h; du -xh --max-depth=3 / | sort -h | tail -20; docs/daily.md, Room",
        ),
        Gate(
            awaits="the firewall is on",
            # What `ufw status` calls active; that is a program in Python, which takes its time.
            command="iptables --wait 10 -S ufw-user-input | grep -x -e '-N ufw-user-input'",
            hint="ufw status verbose; journalctl -u ufw",
        ),
        Gate(
            awaits="the firewall shuts what no rule opens",
            # As it will be after a reboot; then as it is, in the kernel.
            command=(
                "grep -hx -e ENABLED=yes -e IPV6=yes"
                """ -e 'DEFAULT_INPUT_POLICY="DROP"' -e 'DEFAULT_OUTPUT_POLICY="ACCEPT"'"""
                """ -e 'DEFAULT_FORWARD_POLICY="DROP"'"""
                " /etc/default/ufw /etc/ufw/ufw.conf | sort -u | wc -l | grep -qx 5 &&"
                " ! { iptables --wait 10 -S; ip6tables --wait 10 -S; } | grep -e '^-P' |"
                " grep -vx -e '-P INPUT DROP' -e '-P FORWARD DROP' -e '-P OUTPUT ACCEPT'"
            ),
            hint="ufw status verbose; /etc/default/ufw; who else sets iptables' policies?",
        ),
        Gate(
            awaits="UFW's own files open nothing more",
            command=(
                "! for name in before before6 after after6; do"
                " grep -vxFf /usr/share/ufw/iptables/$name.rules /etc/ufw/$name.rules; done |"
                " grep -e '^ *-[AI]' | grep -v -e '-j DROP' -e '-j REJECT' -e '-j LOG'"
            ),
            hint="diff /usr/share/ufw/iptables /etc/ufw: a run writes rules, and leaves these files"
            " alone; take out what opens a port, ufw reload",
        ),
        starts_at_boot("its firewall and DNS start at boot", ["ufw", "systemd-resolved"]),
    ]
