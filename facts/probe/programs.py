"""Programs and units that come before the packages' own, or are of another cluster."""

from __future__ import annotations

from dataclasses import dataclass

from facts.probe.rows import Rows

PROGRAMS = (
    *("containerd", "crictl", "docker", "dockerd", "gitlab-runner", "kubeadm", "kubectl"),
    *("kubelet", "runc", "containerd-shim-runc-v2", "iptables", "iptables-restore", "ip6tables"),
)
# Not gitlab-runner's: its package itself writes one into /etc.
UNITS = (
    *("containerd.service", "docker.service", "docker.socket", "kubelet.service", "ssh.service"),
    *("systemd-resolved.service", "ufw.service"),
)
# Kubernetes in one piece, by whoever has packed it.
CLUSTERS = (
    *("k0scontroller.service", "k0sworker.service", "k3s.service", "k3s-agent.service"),
    *("rke2-agent.service", "rke2-server.service", "snap.kubelet.*", "snap.microk8s.daemon-*"),
)
FIREWALLS = ("firewalld.service", "netfilter-persistent.service")
QUESTION = rf"""
for folder in /usr/local/sbin /usr/local/bin; do
  for name in {" ".join(PROGRAMS)}; do
    [ ! -x $folder/$name ] || echo "program $folder/$name"
  done
done
for unit in {" ".join(UNITS)}; do
  file=/etc/systemd/system/$unit
  if [ "$(readlink $file)" = /dev/null ]; then echo "masked $unit"
  elif [ -f $file ] && [ ! -L $file ]; then echo "unit $file"
  fi
  [ ! -f /usr/local/lib/systemd/system/$unit ] || echo "unit /usr/local/lib/systemd/system/$unit"
  for file in /etc/systemd/system/$unit.d/*.conf; do
    grep -qs '^ *ExecStart=' "$file" && echo "unit $file"
  done
done
systemctl list-units --plain --no-legend --state=active,activating \
  {" ".join(CLUSTERS)} 2>/dev/null |
  awk '{{print "cluster", $1}}'
systemctl list-unit-files --no-legend --state=enabled {" ".join((*FIREWALLS, *CLUSTERS))} \
  2>/dev/null | awk '{{print "boots", $1}}'
grep -oE '"[a-z-]+" *:' /etc/docker/daemon.json 2>/dev/null | tr -d '": ' | sed 's/^/daemon /'
:"""


@dataclass(frozen=True)
class Programs:
    """What would be run in place of a package's, or beside it; the default is a bare machine."""

    first: tuple[str, ...] = ()  # programs that are found before those of packages
    units: tuple[str, ...] = ()  # files that count more than a package's unit
    masked: frozenset[str] = frozenset()
    clusters: tuple[str, ...] = ()  # units of another Kubernetes, at work
    boots: frozenset[str] = frozenset()  # what of these two comes back at each boot
    daemon: tuple[str, ...] = ()  # what Docker's daemon.json sets


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> Programs:
    """From what the question prints."""
    return Programs(
        first=rows.all("program"),
        units=rows.all("unit"),
        masked=frozenset(rows.all("masked")),
        clusters=rows.all("cluster"),
        boots=frozenset(rows.all("boots")),
        daemon=rows.all("daemon"),
    )
