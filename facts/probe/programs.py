"""Programs and units that come before the packages' own, or are of another cluster."""

from __future__ import annotations

from dataclasses import dataclass

from facts.probe.rows import Rows
from facts.probe.units import RUNS

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
# systemctl is asked only where some file or a process of such a unit is there.
QUESTION = rf"""{RUNS}
for folder in /usr/local/sbin /usr/local/bin; do
  for name in {" ".join(PROGRAMS)}; do
    [ ! -x $folder/$name ] || echo "program $folder/$name"
  done
done
set --
for unit in {" ".join(UNITS)}; do
  for file in /etc/systemd/system/$unit.d/*.conf; do
    [ ! -f "$file" ] || set -- "$@" "$file"
  done
done
starts=
[ $# = 0 ] || starts=$(grep -ls '^ *ExecStart=' "$@")
for unit in {" ".join(UNITS)}; do
  file=/etc/systemd/system/$unit
  if [ -L $file ] && [ "$(readlink $file)" = /dev/null ]; then echo "masked $unit"
  elif [ -f $file ] && [ ! -L $file ]; then echo "unit $file"
  fi
  [ ! -f /usr/local/lib/systemd/system/$unit ] || echo "unit /usr/local/lib/systemd/system/$unit"
  for file in /etc/systemd/system/$unit.d/*.conf; do
    case "
$starts
" in *"
$file
"*) echo "unit $file" ;; esac
  done
done
is_known() {{
  for folder in /etc/systemd/system /run/systemd/system /usr/local/lib/systemd/system \
    /usr/lib/systemd/system; do
    for file in $folder/$1; do
      [ ! -e "$file" ] && [ ! -L "$file" ] || return 0
    done
  done
  may_run "$1"
}}
known=
for name in {" ".join(f"'{name}'" for name in (*FIREWALLS, *CLUSTERS))}; do
  ! is_known "$name" || known=yes
done
[ -z "$known" ] || {{
  systemctl list-units --plain --no-legend --state=active,activating \
    {" ".join(f"'{name}'" for name in CLUSTERS)} | awk '{{print "cluster", $1}}'
  systemctl list-unit-files --no-legend --state=enabled \
    {" ".join(f"'{name}'" for name in (*FIREWALLS, *CLUSTERS))} | awk '{{print "boots", $1}}'
}} 2>/dev/null
[ ! -f /etc/docker/daemon.json ] || awk '{{
  while (match($0, /"[a-z-]+" *:/)) {{
    name = substr($0, RSTART + 1, RLENGTH - 1); sub(/".*/, "", name); print "daemon", name
    $0 = substr($0, RSTART + RLENGTH)
  }}
}}' /etc/docker/daemon.json
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
