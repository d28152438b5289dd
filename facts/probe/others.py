"""Who else is there: firewalls, container runtimes, other clusters, whoever holds a port."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from facts.probe.rows import Rows

# What a run leaves on a machine, whether or not it came to its end.
NODE = "/usr/local/sbin/kubeadm-once"
EDGE, HARBOR = "/opt/edge/docker-compose.yml", "/opt/harbor/harbor.yml"
QUESTION = (
    r"""
ss -Hltnp 2>/dev/null | awk '{print "port", $4, $6}'
{ iptables-save -t filter || iptables-legacy-save -t filter; } 2>/dev/null |
  grep -E '^-A (INPUT|FORWARD) ' | sed 's/^/iptables /'
nft -t list ruleset 2>/dev/null | sed 's/^/nft /'
for unit in firewalld.service snap.docker.dockerd.service docker.service; do
  echo "unit $unit $(systemctl is-active $unit 2>/dev/null)"
done
sed -n 's/^ *version *= *\([0-9][0-9]*\).*/containerd_config \1/p' \
  /etc/containerd/config.toml 2>/dev/null
for file in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist /etc/cni/net.d/*.json; do
  [ ! -e "$file" ] || echo "cni $file"
done
for file in /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/etcd/member; do
  [ ! -e "$file" ] || echo "kubernetes $file"
done
[ ! -e /etc/kubernetes/begun ] || echo "begun yes"
sed -n 's/^ *server: /server /p' /etc/kubernetes/kubelet.conf 2>/dev/null
grep -Hs '^KUBELET_EXTRA_ARGS=.' /etc/default/kubelet | sed 's/^[^:]*:/kubelet_arguments /'
for ours in """
    + " ".join((NODE, EDGE, HARBOR))
    + r"""; do
  [ ! -e $ours ] || echo "ours $ours"
done
cd /etc/kubernetes/manifests 2>/dev/null && {
  sed -n 's/^ *image: .*kube-apiserver:v\(.*\)/cluster version \1/p' kube-apiserver.yaml
  sed -n 's/^ *- --service-cluster-ip-range=/cluster services /p' kube-apiserver.yaml
  sed -n 's/^ *- --cluster-cidr=/cluster pods /p' kube-controller-manager.yaml
} 2>/dev/null
for key in $(sed -n 's/^ *secret: //p' /etc/kubernetes/encryption.yaml 2>/dev/null); do
  echo "encryption $(printf %s "$key" | sha256sum | cut -c 1-64)"
done
sed -n 's/^data_volume: */harbor data /p' /opt/harbor/harbor.yml 2>/dev/null
sed -n 's/.*"data-root": *"\([^"]*\)".*/docker_root \1/p' /etc/docker/daemon.json 2>/dev/null
:"""
)
HOLDER = re.compile(r'"([^"]+)",pid=(\d+)')


@dataclass(frozen=True)
class Listener:
    """A program that listens on a port."""

    port: int
    program: str = ""  # as the kernel shortens it
    pid: int = 0

    def __str__(self) -> str:
        return f"{self.program}, pid {self.pid}" if self.program else "somebody else"


@dataclass(frozen=True)
class Rule:
    """A rule of a firewall that drops: where it stands, and how it reads."""

    where: str
    text: str


@dataclass(frozen=True)
class Running:
    """A cluster and a registry that run here already: what they were made with; "" is unknown."""

    version: str = ""
    services: str = ""
    pods: str = ""
    encryption: tuple[str, ...] = ()  # sums of its keys
    harbor_data: str = ""
    docker_root: str = ""


@dataclass(frozen=True)
class Others:
    """Whoever was here before; the default is nobody."""

    listeners: tuple[Listener, ...] = ()
    iptables: tuple[str, ...] = ()  # rules of INPUT and FORWARD themselves
    nft: tuple[Rule, ...] = ()  # what drops in chains that nobody of ours has made
    active: frozenset[str] = frozenset()  # units
    containerd_config: int = 0  # its version; 0 without one
    cni: tuple[str, ...] = ()  # configurations of pod networks
    kubernetes: tuple[str, ...] = ()  # what kubeadm has left
    begun: bool = False  # kubeadm-once did not come to its end, and will undo it
    server: str = ""  # of the cluster that kubelet belongs to
    kubelet_arguments: str = ""
    ours: frozenset[str] = frozenset()  # what earlier runs have put here
    running: Running = Running()


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> Others:
    """From what the question prints."""
    cluster = dict(rows.pairs("cluster"))
    return Others(
        listeners=tuple(_listener(where, who) for where, who in rows.pairs("port")),
        iptables=rows.all("iptables"),
        nft=tuple(_drops(rows.all("nft"))),
        active=frozenset(unit for unit, state in rows.pairs("unit") if state == "active"),
        containerd_config=rows.number("containerd_config"),
        cni=rows.all("cni"),
        kubernetes=rows.all("kubernetes"),
        begun=rows.has("begun"),
        server=rows.one("server"),
        kubelet_arguments=rows.one("kubelet_arguments"),
        ours=frozenset(rows.all("ours")),
        running=Running(
            version=cluster.get("version", ""),
            services=cluster.get("services", ""),
            pods=cluster.get("pods", ""),
            encryption=rows.all("encryption"),
            harbor_data=dict(rows.pairs("harbor")).get("data", ""),
            docker_root=rows.one("docker_root"),
        ),
    )


def _listener(where: str, who: str) -> Listener:
    found = HOLDER.search(who)
    port = int(where.rpartition(":")[2])
    return Listener(port, found[1], int(found[2])) if found else Listener(port)


# iptables' own tables, as nftables shows them, and those that Docker, Kubernetes, Calico make.
KNOWN = re.compile(
    r"(ip|ip6|bridge|arp) (filter|nat|mangle|raw|security)|\S+ (docker|kube|calico).*"
)


def _drops(lines: Iterable[str]) -> Iterable[Rule]:
    """Chains of nftables that see what comes in or goes through, and drop what they do not know."""
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
        if policy or (verdict and not re.search(r"\bsaddr\b|\binvalid\b|\bdport\b", words)):
            yield Rule(f"table {table}, chain {chain}", words)
