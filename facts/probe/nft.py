"""nftables' rules, as `nft list ruleset` shows them: which of them drop somebody."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

# iptables' own tables, as nftables shows them, and those that Docker, Kubernetes, Calico make.
KNOWN = re.compile(
    r"(ip|ip6|bridge|arp) (filter|nat|mangle|raw|security)|\S+ (docker|kube|calico).*"
)

# Of somebody's packets alone, or of what no connection of ours sends.
SOME = re.compile(
    r"\b(saddr|invalid|dport|tcp flags|frag-off|icmp(v6)? type|(l4proto|protocol) icmp)\b"
)


def drops(lines: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Chains that see what comes in or goes through, and drop what they do not know; and how."""
    table = chain = hook = ""
    for line in lines:
        words = line.strip()
        if words.startswith("table "):
            table = words.removeprefix("table ").removesuffix("{").strip()
        elif words.startswith("chain "):
            chain, hook = words.removeprefix("chain ").removesuffix("{").strip(), ""
        elif words.startswith("type filter hook "):
            hook = words.split()[3]
        if hook not in ("input", "forward") or KNOWN.fullmatch(table):
            continue
        policy = "policy drop" in words
        verdict = re.search(r"(^|\s)(drop|reject)\b", words) and not policy
        if policy or (verdict and not SOME.search(words)):
            yield f"table {table}, chain {chain}", words
