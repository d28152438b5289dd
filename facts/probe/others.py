"""Who else is there: firewalls, container runtimes, other clusters, whoever holds a port."""

from __future__ import annotations

import base64
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
# Both of iptables' backends count; asking one that is not in use would bring it up.
{
  iptables-save -t filter
  case $(iptables -V) in
    *nf_tables*) ! grep -qs filter /proc/net/ip_tables_names || iptables-legacy-save -t filter ;;
    *) ! nft list tables | grep -qx 'table ip filter' || iptables-nft-save -t filter ;;
  esac
} 2>/dev/null | grep -E '^-A (INPUT|FORWARD) ' | sed 's/^/iptables /'
nft -t list ruleset 2>/dev/null | sed 's/^/nft /'
for unit in firewalld.service snap.docker.dockerd.service docker.service; do
  echo "unit $unit $(systemctl is-active $unit 2>/dev/null)"
done
sed -n 's/^ *version *= *\([0-9][0-9]*\).*/containerd_config \1/p' \
  /etc/containerd/config.toml 2>/dev/null
for file in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist /etc/cni/net.d/*.json; do
  [ ! -e "$file" ] || echo "cni $file"
done
for file in /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/etcd/member \
  /etc/kubernetes/pki/ca.crt; do
  [ ! -e "$file" ] || echo "kubernetes $file"
done
[ ! -e /etc/kubernetes/unfinished ] || echo "unfinished yes"
sed -n 's/^ *server: /server /p' /etc/kubernetes/kubelet.conf 2>/dev/null
openssl x509 -noout -subject -in /var/lib/kubelet/pki/kubelet-client-current.pem 2>/dev/null |
  sed -n 's/.*CN *= *system:node:/node /p'
for link in cni0 flannel.1 vxlan.calico cilium_host cilium_vxlan kube-bridge kube-ipvs0 weave; do
  [ ! -e /sys/class/net/$link ] || echo "link $link"
done
# Asked through its socket, Docker would start.
! systemctl is-active --quiet docker.service || timeout 10 docker ps --all \
  --format 'container {{.Names}} {{.Label "com.docker.compose.project.working_dir"}}'
grep -HsE '^ *(Environment="?)?KUBELET_EXTRA_ARGS="?[^"]' /etc/default/kubelet \
  /etc/systemd/system/kubelet.service.d/*.conf |
  sed -E 's/^([^:]*):.*(KUBELET_EXTRA_ARGS=)"?([^"]*).*/kubelet_arguments \1 \2\3/'
for ours in """
    + " ".join((NODE, EDGE, HARBOR))
    + r""" /root/.kube/ci /home/*/.kube/ci; do
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
[ ! -r /etc/kubernetes/kubeadm.yaml ] || echo "kubeadm $(base64 -w 0 /etc/kubernetes/kubeadm.yaml)"
for mode in VXLAN IPIP; do
  ! grep -qs "CALICO_IPV4POOL_$mode, value: \"Always\"" \
    /etc/kubernetes/network/calico/kustomization.yaml || echo "pool $mode"
done
awk '/^hostname:/ {name = $2} /^https?:/ {scheme = $1} /^ *port: [0-9]/ {port = $2}
  /^harbor_admin/ {print "harbor url " scheme "//" name ":" port; exit}' /opt/harbor/harbor.yml \
  2>/dev/null
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
    kubeadm: str = ""  # the file that it was made from
    encapsulation: str = ""  # of Calico's pool, where that was told one
    harbor_url: str = ""
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
    unfinished: bool = False  # kubeadm-once did not come to its end, and will undo it
    server: str = ""  # of the cluster that kubelet belongs to
    node: str = ""  # what that cluster calls it
    links: tuple[str, ...] = ()  # cards that pod networks make
    containers: tuple[tuple[str, str], ...] = ()  # of Docker: their names, their Compose's folder
    kubelet_arguments: tuple[tuple[str, str], ...] = ()  # files, and what they say
    ours: frozenset[str] = frozenset()  # what earlier runs have put here
    running: Running = Running()


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> Others:
    """From what the question prints."""
    cluster, harbor = dict(rows.pairs("cluster")), dict(rows.pairs("harbor"))
    return Others(
        listeners=tuple(_listener(where, who) for where, who in rows.pairs("port")),
        iptables=rows.all("iptables"),
        nft=tuple(_drops(rows.all("nft"))),
        active=frozenset(unit for unit, state in rows.pairs("unit") if state == "active"),
        containerd_config=rows.number("containerd_config"),
        cni=rows.all("cni"),
        kubernetes=rows.all("kubernetes"),
        unfinished=rows.has("unfinished"),
        server=rows.one("server"),
        node=rows.one("node"),
        links=rows.all("link"),
        containers=rows.pairs("container"),
        kubelet_arguments=rows.pairs("kubelet_arguments"),
        ours=frozenset(rows.all("ours")),
        running=Running(
            version=cluster.get("version", ""),
            services=cluster.get("services", ""),
            pods=cluster.get("pods", ""),
            encryption=rows.all("encryption"),
            kubeadm=base64.b64decode(rows.one("kubeadm")).decode(errors="replace"),
            encapsulation=rows.one("pool").lower(),
            harbor_url=harbor.get("url", ""),
            harbor_data=harbor.get("data", ""),
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

# Of somebody's packets alone, or of what no connection of ours sends.
SOME = re.compile(
    r"\b(saddr|invalid|dport|tcp flags|frag-off|icmp(v6)? type|(l4proto|protocol) icmp)\b"
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
        if policy or (verdict and not SOME.search(words)):
            yield Rule(f"table {table}, chain {chain}", words)
