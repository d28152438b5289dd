"""Who else is there: firewalls, container runtimes, other clusters, whoever holds a port."""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass

from cryptography import x509
from cryptography.x509.oid import NameOID

from facts.probe import nft
from facts.probe.rows import Rows
from facts.probe.units import RUNS

# What a run leaves on a machine, whether or not it came to its end.
NODE = "/usr/local/sbin/kubeadm-once"
EDGE, HARBOR = "/opt/edge/docker-compose.yml", "/opt/harbor/harbor.yml"
QUESTION = (
    RUNS
    + r"""
# Both of iptables' backends count; asking one that is not in use would bring it up.
{
  ss -Hltnp
  echo part iptables
  iptables-save -t filter
  if [ "$(command -v iptables)" -ef /usr/sbin/xtables-nft-multi ]; then version=nf_tables
  else version=$(iptables -V)
  fi
  case $version in
    *nf_tables*) [ ! -e /proc/net/ip_tables_names ] ||
      ! grep -q filter /proc/net/ip_tables_names || iptables-legacy-save -t filter ;;
    *) ! nft list tables | grep -qx 'table ip filter' || iptables-nft-save -t filter ;;
  esac
  echo part nft
  nft -t list ruleset
} 2>/dev/null | awk '
  $1 == "part" {part = $2; next}
  part == "" {print "port", $4, $6}
  part == "iptables" && /^-A (INPUT|FORWARD) / {print "iptables " $0}
  part == "nft" {print "nft " $0}'
set -- firewalld.service snap.docker.dockerd.service docker.service
state=
! may_run "$@" || for state in $(systemctl is-active "$@" 2>/dev/null); do
  echo "unit $1 $state"
  shift
done
# Asked through its socket, Docker would start.
case $state in
  active | reloading | refreshing) timeout 10 docker ps --all \
    --format 'container {{.Names}} {{.Label "com.docker.compose.project.working_dir"}}' ;;
esac
for file in /etc/cni/net.d/*.conf /etc/cni/net.d/*.conflist /etc/cni/net.d/*.json; do
  [ ! -e "$file" ] || echo "cni $file"
done
for file in /etc/kubernetes/manifests/*.yaml /etc/kubernetes/*.conf /var/lib/etcd/member \
  /etc/kubernetes/pki/ca.crt; do
  [ ! -e "$file" ] || echo "kubernetes $file"
done
[ ! -e /etc/kubernetes/unfinished ] || echo "unfinished yes"
for link in cni0 flannel.1 vxlan.calico cilium_host cilium_vxlan kube-bridge kube-ipvs0 weave; do
  [ ! -e /sys/class/net/$link ] || echo "link $link"
done
for ours in """
    + " ".join((NODE, EDGE, HARBOR))
    + r""" /root/.kube/ci /home/*/.kube/ci; do
  [ ! -e $ours ] || echo "ours $ours"
done
[ ! -r /etc/kubernetes/encryption.yaml ] ||
  for key in $(sed -n 's/^ *secret: //p' /etc/kubernetes/encryption.yaml); do
    sum=$(printf %s "$key" | sha256sum)
    echo "encryption ${sum%% *}"
  done
[ ! -r /etc/kubernetes/kubeadm.yaml ] || echo "kubeadm $(base64 -w 0 /etc/kubernetes/kubeadm.yaml)"
set --
for file in /etc/containerd/config.toml /etc/kubernetes/kubelet.conf \
  /var/lib/kubelet/pki/kubelet-client-current.pem /etc/default/kubelet \
  /etc/systemd/system/kubelet.service.d/*.conf /etc/kubernetes/manifests/kube-apiserver.yaml \
  /etc/kubernetes/manifests/kube-controller-manager.yaml \
  /etc/kubernetes/network/calico/kustomization.yaml /opt/harbor/harbor.yml /etc/docker/daemon.json
do
  [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
done
awk '
  FILENAME ~ /config\.toml$/ && sub(/^ *version *= */, "") && /^[0-9]/ {
    sub(/[^0-9].*/, ""); print "containerd_config", $0
  }
  FILENAME ~ /kubelet\.conf$/ && sub(/^ *server: /, "server ")
  # Of its certificate alone: the key stands in the same file.
  FILENAME ~ /\.pem$/ && /^-----BEGIN CERTIFICATE-----/ && !certificates++ {is_inside = 1; next}
  FILENAME ~ /\.pem$/ && /^-----/ {is_inside = 0}
  FILENAME ~ /\.pem$/ && is_inside {certificate = certificate $1}
  FILENAME ~ /kubelet(\.service\.d\/.*)?$/ && /^ *(Environment="?)?KUBELET_EXTRA_ARGS="?[^"]/ {
    sub(/.*KUBELET_EXTRA_ARGS="?/, ""); sub(/".*/, "")
    print "kubelet_arguments", FILENAME, "KUBELET_EXTRA_ARGS=" $0
  }
  FILENAME ~ /kube-apiserver\.yaml$/ && (sub(/^ *image: .*kube-apiserver:v/, "cluster version ") ||
    sub(/^ *- --service-cluster-ip-range=/, "cluster services "))
  FILENAME ~ /manager\.yaml$/ && sub(/^ *- --cluster-cidr=/, "cluster pods ")
  FILENAME ~ /kustomization\.yaml$/ && /CALICO_IPV4POOL_VXLAN, value: "Always"/ {vxlan = 1}
  FILENAME ~ /kustomization\.yaml$/ && /CALICO_IPV4POOL_IPIP, value: "Always"/ {ipip = 1}
  FILENAME == "/opt/harbor/harbor.yml" {
    if (/^hostname:/) name = $2
    if (/^https?:/) scheme = $1
    if (/^ *port: [0-9]/) port = $2
    if (/^harbor_admin/ && !addresses++) print "harbor url " scheme "//" name ":" port
    if (sub(/^data_volume: */, "harbor data ")) print
  }
  FILENAME ~ /daemon\.json$/ && /"data-root": *"[^"]*"/ {
    sub(/.*"data-root": *"/, ""); sub(/".*/, ""); print "docker_root", $0
  }
  END {
    if (certificate != "") print "certificate", certificate
    if (vxlan) print "pool VXLAN"
    if (ipip) print "pool IPIP"
  }' "$@" /dev/null
:"""
)
NODE_USER = "system:node:"
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
        nft=tuple(Rule(*found) for found in nft.drops(rows.all("nft"))),
        active=frozenset(unit for unit, state in rows.pairs("unit") if state == "active"),
        containerd_config=rows.number("containerd_config"),
        cni=rows.all("cni"),
        kubernetes=rows.all("kubernetes"),
        unfinished=rows.has("unfinished"),
        server=rows.one("server"),
        node=_node(rows.one("certificate")),
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


def _node(certificate: str) -> str:
    """Whom a kubelet's certificate is for: base64 of DER; "" for one that is no node's."""
    try:
        read = x509.load_der_x509_certificate(base64.b64decode(certificate))
    except (ValueError, x509.InvalidVersion):
        return ""
    for named in read.subject.get_attributes_for_oid(NameOID.COMMON_NAME):
        if isinstance(named.value, str) and named.value.startswith(NODE_USER):
            return named.value.removeprefix(NODE_USER)
    return ""
