"""A1-A4: what every machine needs before it gets a role."""

from __future__ import annotations

from ipaddress import IPv4Address, ip_address

from pyinfra import host

from facts.asking import ask
from facts.machine import MachineFact, MachineState, OperatorAddress
from operations import apt, files, hosts, kernel, machine, systemd, ufw
from operations.sources import source
from spec import Platform
from tasks.layer import layer

UPDATERS = (
    "apt-daily.timer",
    "apt-daily-upgrade.timer",
    "apt-daily.service",
    "apt-daily-upgrade.service",
    "unattended-upgrades.service",
)
# The runbook's list (B1), on every machine: each is fetched to, looked into and copied from.
TOOLS = (
    "ca-certificates",
    "curl",
    "git",
    "gpg",
    "lsof",
    "nano",
    "openssh-server",
    "openssl",
    "procps",
    "rsync",
    "ufw",
    "unzip",
)


@layer("common", "Common")
def apply(platform: Platform) -> None:
    """Make a bare machine one that stays as it is, knows its neighbours and lets in nobody else."""
    system = ask(host, MachineFact)
    let_out()
    freeze_versions(platform)
    name_machine(platform)
    know_neighbours(platform, system)
    install_tools()
    ask_real_dns_servers(platform, system)
    keep_the_clock(system)
    watch_disks(platform)
    harden(platform)
    close_ports(platform)


def let_out() -> None:
    """Somebody's firewall that lets nothing out would end this at the first download."""
    ufw.allow_outgoing(name="Let the machine ask others")


def freeze_versions(platform: Platform) -> None:
    """A1: a version that changes by itself restarts Docker in the middle of somebody's work."""
    files.put(
        name="Let apt wait for its lock, and leave services alone",
        files=[
            source(platform, "common", "/etc/apt/apt.conf.d/99-threebody"),
            source(platform, "common", "/etc/needrestart/conf.d/99-threebody.conf"),
        ],
    )
    # Masked, not disabled: the next update of the package would enable them again.
    systemd.mask(name="Keep automatic updates off", units=UPDATERS)
    files.put(
        name="Describe when to ask which updates wait",
        files=[
            source(platform, "common", "/etc/systemd/system/package-lists.service"),
            source(platform, "common", "/etc/systemd/system/package-lists.timer"),
        ],
    )
    systemd.enable(name="Ask every day which updates wait", units=["package-lists.timer"])
    apt.repair(name="Repair half-configured packages")


def name_machine(platform: Platform) -> None:
    """A2: Kubernetes knows a node, and a volume its node, by this name."""
    machine.hostname(
        name="Name the machine after its place in the inventory",
        hostname=platform.machine(host.name).hostname,
    )


def know_neighbours(platform: Platform, system: MachineState) -> None:
    """A3: a host-only network has no DNS of its own."""
    if system.cloud_init:
        files.put(
            name="Keep the hosts file from cloud-init",
            files=[source(platform, "common", "/etc/cloud/cloud.cfg.d/99-threebody.cfg")],
        )
    hosts.entries(
        name="Write the hosts file",
        neighbours=source(platform, "common", "/etc/hosts"),
        own=platform.machine(host.name).hostname,
        # cloud-init writes /etc/hosts from its template at every boot if the provider's user-data
        # says so, and user-data outranks our drop-in.
        template=hosts.TEMPLATE if system.cloud_init else "",
    )
    files.put(
        name="Bring what looks names up, and what says when certificates end",
        files=[
            source(platform, "common", "/usr/local/sbin/names-resolve", mode="0755"),
            source(platform, "common", "/usr/local/sbin/certificates-end", mode="0755"),
        ],
    )


def install_tools() -> None:
    """B1: the tools that every later step reaches for."""
    apt.packages(name="Install base tools", versions=dict.fromkeys(TOOLS, ""))


def ask_real_dns_servers(platform: Platform, system: MachineState) -> None:
    """A4: the stub at 127.0.0.53 means nothing inside a container or a build."""
    if not system.resolved:  # Ubuntu 22.04 has it inside of systemd, and no such package
        apt.packages(name="Install systemd-resolved", versions={"systemd-resolved": ""})
    # After its package: that starts it before D-Bus knows its policy, and it would stay mute to
    # resolvectl until it is started again.
    files.configure(
        name="Set the DNS servers",
        files=[source(platform, "common", "/etc/systemd/resolved.conf.d/99-threebody.conf")],
        process=systemd.main_pid("systemd-resolved"),
        load="systemctl restart systemd-resolved && resolvectl flush-caches",
    )
    systemd.enable(name="Start systemd-resolved", units=["systemd-resolved.service"])
    files.link(
        name="Let resolv.conf name the real servers",
        path="/etc/resolv.conf",
        target="/run/systemd/resolve/resolv.conf",
    )


def keep_the_clock(system: MachineState) -> None:
    """Certificates, tokens and logs of three machines mean nothing with three times."""
    # Whoever keeps the clock already goes on doing it.
    daemon = system.clock_daemon or "systemd-timesyncd"
    apt.packages(name="Install a time daemon", versions={daemon: ""})
    systemd.enable(name="Keep the clock in step", units=[f"{daemon}.service"])


def watch_disks(platform: Platform) -> None:
    """A1: a disk that fills stops everything at once; the days before say when."""
    files.put(
        name="Bring what says when a disk will be full",
        files=[
            source(platform, "common", "/usr/local/sbin/disks-fill", mode="0755"),
            source(platform, "common", "/etc/systemd/system/disks-fill.service"),
            source(platform, "common", "/etc/systemd/system/disks-fill.timer"),
        ],
    )
    systemd.enable(name="Look at the disks once a day", units=["disks-fill.timer"])


def harden(platform: Platform) -> None:
    """What a machine may do less than its distribution has it, and nobody misses."""
    settings = source(platform, "common", "/etc/sysctl.d/zz-threebody-common.conf")
    files.put(name="Write what the kernel shall not do", files=[settings])
    lines = (line for line in settings.content.splitlines() if not line.startswith("#"))
    values = dict(line.split(" = ") for line in lines)
    kernel.sysctl(name="Let the kernel do less", values=values, file=settings.path, needed=False)
    files.configure(
        name="Let SSH say which key came in",
        files=[source(platform, "common", "/etc/ssh/sshd_config.d/90-threebody.conf")],
        process=systemd.main_pid("ssh"),
        # Whoever is in stays in; one that would not start again is left as it is.
        load="sshd -t && systemctl restart ssh.service",
    )


def close_ports(platform: Platform) -> None:
    """D4: the runbook turns UFW off in the end; here exactly the needed ports are open instead."""
    rules = [
        ufw.allow(port.port, str(network), port.reason, port.protocol)
        for port in platform.open_ports(platform.machine(host.name))
        for network in port.sources or ("any",)
    ]
    if "k8s_node" in host.groups:
        rules += _handed_on(platform)
    operator = ask(host, OperatorAddress, _sudo=False)
    if operator and not _let_in(platform, operator):
        # Whoever runs this from elsewhere must not lock himself out.
        ssh = platform.machine(host.name).ssh_port
        rules.append(ufw.allow(ssh, operator, "SSH from where this was run"))
    # Before the rules: without IPv6 those for it are refused. UFW reads it when it is reloaded.
    files.put(
        name="Shut what no rule opens, for IPv6 as well",
        files=[source(platform, "common", "/etc/default/ufw")],
    )
    ufw.rules(name="Open exactly the needed ports", rules=rules)


def _handed_on(platform: Platform) -> list[str]:
    """Rules for what a node hands on: all from pods, and to them what asked a NodePort."""
    pods = str(platform.k8s_control.pod_network)
    return [
        ufw.route(pods, "any", "pods"),
        *(ufw.route(str(network), pods, "NodePorts") for network in platform.pod_sources),
    ]


def _let_in(platform: Platform, operator: str) -> bool:
    settings = platform.all
    address = ip_address(operator)
    networks = (settings.node_network, *settings.operator_networks)
    return isinstance(address, IPv4Address) and any(address in network for network in networks)
