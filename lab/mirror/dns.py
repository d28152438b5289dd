"""DNS for a lab: the upstreams' names lead to the mirror, no other name exists."""

from __future__ import annotations

from lab import MIRROR, Lab
from lab.mirror import root
from lab.mirror.daemons import Daemon, listens, state
from lab.mirror.upstreams import MIRROR_NAME, NAMES

SETTINGS = (
    "keep-in-foreground",
    "user=root",
    "group=root",
    "pid-file",
    f"listen-address={MIRROR}",
    "bind-interfaces",
    "no-resolv",
    "no-hosts",
    # Every domain is this server's own, so an unknown name is answered "no such name" at once;
    # without it the answer is REFUSED, and a resolver goes on to ask somebody else.
    "local=/#/",
    "bogus-priv",
)


def daemon(lab: Lab) -> Daemon:
    """The name server of this lab, on the mirror's address."""
    records = [f"host-record={name},{MIRROR}" for name in (MIRROR_NAME, *NAMES)]
    return Daemon(
        name="dns",
        command=("dnsmasq", f"--conf-file={root.HOME}/state/dns.conf"),
        config="\n".join((*SETTINGS, *records, "")),
        binds={"state": state(lab)},
        ready=listens("udp", 53),
    )
