"""A1-A4 on every machine: it stays as it is, knows its neighbours, lets in nobody else."""

from __future__ import annotations

from testinfra.host import Host

from operations.hosts import BEGINS, ENDS
from spec import Machine, Platform
from tests.fleet import Fleet

# Doors that nobody opened here, but that machines of this kind are known to leave open.
TEMPTING = (23, 53, 111, 2375, 2376, 3306, 5000, 5355, 6443, 9100, 10250, 10255, 30080, 30082)


def test_only_the_needed_ports_are_open_to_a_neighbour(
    fleet: Fleet, platform: Platform, machine: Machine
) -> None:
    neighbour = next(other for other in platform.machines if other != machine)
    needed = {
        port.port
        for port in platform.open_ports(machine)
        if port.protocol == "tcp"
        and (not port.sources or any(neighbour.address in network for network in port.sources))
    }
    # What serves or watches the application answers there once it runs: of the rest it is asked.
    ports = (*platform.k8s_worker.node_ports, *platform.k8s_worker.monitoring_ports)
    served = set(ports) if "k8s_node" in machine.groups else set()
    candidates = (needed | fleet.listening(machine) | set(TEMPTING)) - served
    assert fleet.open_from(fleet.host(neighbour), machine, candidates) == needed


def test_ufw_has_the_rules_of_the_roles_and_no_other(
    platform: Platform, machine: Machine, host: Host
) -> None:
    added = host.check_output("ufw show added").splitlines()
    rules = {line.partition(" comment ")[0] for line in added if line.startswith("ufw ")}
    expected = set()
    for port in platform.open_ports(machine):
        for network in port.sources:
            source = str(network).removesuffix("/32")
            expected.add(f"ufw allow from {source} to any port {port.port} proto {port.protocol}")
        if not port.sources:
            expected.add(f"ufw allow {port.port}/tcp")
    if "k8s_node" in machine.groups:
        pods = platform.k8s_control.pod_network
        sources = [str(network).removesuffix("/32") for network in platform.pod_sources]
        expected |= {f"ufw route allow from {source} to {pods}" for source in sources}
        expected.add(f"ufw route allow from {pods}")
    kept_out = ("ufw deny from", "ufw reject from")
    assert {
        rule for rule in rules if "from where" not in rule and not rule.startswith(kept_out)
    } == expected


def test_ufw_shuts_what_no_rule_opens_for_ipv6_as_well(machine: Machine, host: Host) -> None:
    told = host.check_output("ufw status verbose").splitlines()
    assert "Default: deny (incoming), allow (outgoing), deny (routed)" in told or (
        "Default: deny (incoming), allow (outgoing), disabled (routed)" in told
    )
    assert host.file("/etc/default/ufw").contains("^IPV6=yes")
    for program in ("iptables", "ip6tables"):
        policies = host.check_output(f"{program} -S | grep ^-P || :").splitlines()
        assert not policies or policies == [
            "-P INPUT DROP",
            "-P FORWARD DROP",
            "-P OUTPUT ACCEPT",
        ]


def test_ufw_comes_back_after_a_reboot(machine: Machine, host: Host) -> None:
    assert host.service("ufw").is_enabled
    assert host.file("/etc/ufw/ufw.conf").contains("^ENABLED=yes")


def test_nothing_updates_by_itself(machine: Machine, host: Host) -> None:
    units = (
        "apt-daily.timer apt-daily-upgrade.timer apt-daily.service apt-daily-upgrade.service"
        " unattended-upgrades.service"
    )
    states = host.run(f"systemctl is-enabled {units}").stdout.split()
    assert states == ["masked"] * 5
    shown = host.run(f"systemctl show --property=ActiveState --value {units}").stdout.split()
    assert set(shown) == {"inactive"}
    assert "99-threebody" in host.check_output("ls /etc/apt/apt.conf.d")
    config = host.check_output("apt-config dump APT::Periodic")
    assert 'APT::Periodic::Unattended-Upgrade "0";' in config
    assert 'APT::Periodic::Enable "0";' in config


def test_apt_waits_for_its_lock(machine: Machine, host: Host) -> None:
    assert '"300"' in host.check_output("apt-config dump DPkg::Lock::Timeout")


def test_needrestart_lists_and_restarts_nothing(machine: Machine, host: Host) -> None:
    drop_in = host.file("/etc/needrestart/conf.d/99-threebody.conf")
    assert "$nrconf{restart} = 'l';" in drop_in.content_string.splitlines()
    assert (drop_in.mode, drop_in.user) == (0o644, "root")


def test_its_name_is_the_inventorys_live_and_at_boot(machine: Machine, host: Host) -> None:
    assert host.check_output("uname -n") == machine.hostname
    assert host.file("/etc/hostname").content_string.strip() == machine.hostname


def test_the_hosts_file_names_every_machine_once(
    platform: Platform, machine: Machine, host: Host
) -> None:
    lines = host.file("/etc/hosts").content_string.splitlines()
    assert lines.count(BEGINS) == lines.count(ENDS) == 1
    own = lines[lines.index(BEGINS) + 1 : lines.index(ENDS)]
    entries = [tuple(line.split()) for line in own if not line.startswith(("127.", "::1"))]
    assert entries == [(str(m.address), *platform.names(m)) for m in platform.machines]


def test_cloud_init_would_write_the_same_names_into_the_hosts_file(
    machine: Machine, host: Host
) -> None:
    template = host.file("/etc/cloud/templates/hosts.debian.tmpl")
    if template.exists:
        assert host.file("/etc/hosts").content_string.startswith(template.content_string)


def test_resolv_conf_names_the_servers_of_the_settings(
    platform: Platform, machine: Machine, host: Host
) -> None:
    assert host.file("/etc/resolv.conf").linked_to == "/run/systemd/resolve/resolv.conf"
    lines = host.file("/run/systemd/resolve/resolv.conf").content_string.splitlines()
    servers = [line.split()[1] for line in lines if line.startswith("nameserver")]
    wanted = [str(server) for server in platform.all.dns_servers]
    assert servers[: len(wanted)] == wanted


def test_the_resolver_answers_those_who_ask_it_itself(machine: Machine, host: Host) -> None:
    assert host.run("timeout 30 resolvectl dns").rc == 0


def test_base_tools_are_installed(machine: Machine, host: Host) -> None:
    tools = "curl git lsof nano openssl rsync ufw unzip"
    assert host.run(f"for tool in {tools}; do command -v $tool || exit 1; done").rc == 0


def test_no_package_is_left_half_done(machine: Machine, host: Host) -> None:
    assert host.check_output("dpkg --audit") == ""


def test_no_unit_failed(machine: Machine, host: Host) -> None:
    assert host.check_output("systemctl list-units --failed --plain --no-legend") == ""
