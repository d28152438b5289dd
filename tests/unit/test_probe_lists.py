"""Lists that the probe reads in their own form: apt's sources and pins, nftables' rules."""

from __future__ import annotations

from facts.probe.others import Rule
from facts.probe.others import parse as parse_others
from facts.probe.packages import Source
from facts.probe.packages import parse as parse_packages
from facts.probe.rows import Rows

SOURCES = """source /etc/apt/sources.list deb [arch=all signed-by=/k.gpg] http://a/debian/ trixie x
source /etc/apt/sources.list deb cdrom:[Debian GNU/Linux 13 _Trixie_ - x]/ trixie main
source /etc/apt/sources.list deb-src http://b trixie main
source /x.sources Types: deb
source /x.sources URIs: http://c http://d
source /x.sources Suites: stable
source /x.sources Signed-By: /k.asc
source /x.sources 
source /x.sources Enabled: False
source /x.sources Types: deb
source /x.sources URIs: http://e
source /x.sources Suites: stable"""  # noqa: W291


def test_both_kinds_of_sources_are_read() -> None:
    found = parse_packages(Rows(SOURCES.splitlines())).sources
    assert found == (
        Source("/etc/apt/sources.list", "http://a/debian/", "trixie", "/k.gpg"),
        Source("/etc/apt/sources.list", "cdrom:[Debian GNU/Linux 13 _Trixie_ - x]/", "trixie"),
        Source("/x.sources", "http://c", "stable", "/k.asc"),
        Source("/x.sources", "http://d", "stable", "/k.asc"),
    )


PINS = """pin /p Package: ufw snap*
pin /p Pin: release *
pin /p Pin-Priority: -1
pin /p 
pin /p Explanation: ours
pin /p Package: curl
pin /p Pin: version *
pin /p Pin-Priority: 1001
pin /p 
pin /p Package: *
pin /p Pin: release a=unstable
pin /p Pin-Priority: -10
pin /p 
pin /p Package: containerd
pin /p Pin: origin ""
pin /p Pin-Priority: -1
pin /p """  # noqa: W291


def test_what_apt_may_not_install_is_seen() -> None:
    found = parse_packages(Rows(PINS.splitlines())).pinned_away
    assert found == (("/p", "ufw"), ("/p", "snap*"), ("/p", "containerd"))


NFT = """table ip filter {
 chain INPUT {
  type filter hook input priority filter; policy drop;
 }
}
table inet filter {
 chain input {
  type filter hook input priority filter; policy drop;
  ct state invalid drop
 }
 chain bogus {
  type filter hook input priority filter; policy accept;
  tcp flags & (fin | syn) == fin | syn drop
  icmp type timestamp-request drop
 }
 chain output {
  type filter hook output priority filter; policy drop;
 }
}
table inet f2b-table {
 chain f2b-chain {
  type filter hook input priority filter - 1; policy accept;
  tcp dport 22 ip saddr @addr-set-sshd reject with icmp port-unreachable
 }
}
table inet mine {
 chain last {
  type filter hook forward priority filter; policy accept;
  counter packets 0 bytes 0 reject with icmpx admin-prohibited
 }
}"""


def test_chains_of_nftables_that_drop_what_they_do_not_know_are_seen() -> None:
    found = parse_others(Rows(f"nft {line}" for line in NFT.splitlines())).nft
    assert [rule.where for rule in found] == [
        "table inet filter, chain input",
        "table inet mine, chain last",
    ]
    assert found[0] == Rule(found[0].where, found[0].text)
    assert "policy drop" in found[0].text
