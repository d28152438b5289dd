"""What somebody has told dpkg, systemd, curl and Docker to do otherwise than their packages say."""

from __future__ import annotations

from dataclasses import dataclass

from facts.probe.rows import Rows

# Services that do what only root may.
SERVICES = ("containerd", "docker", "kubelet", "ssh", "ufw", "gitlab-runner")
# What a drop-in may take from one (systemd.exec(5)).
CONFINES = (
    *("CapabilityBoundingSet", "DynamicUser", "MountFlags", "NoNewPrivileges", "PrivateDevices"),
    *("PrivateMounts", "PrivateTmp", "PrivateUsers", "ProtectControlGroups", "ProtectHome"),
    *("ProtectKernelModules", "ProtectKernelTunables", "ProtectSystem", "ReadOnlyPaths"),
    *("RestrictNamespaces", "SystemCallFilter", "User"),
)
# Drop-ins of service.d are of every service. dpkg's diversions are three lines each, a local one's
# last is a colon (dpkg-divert(1)).
QUESTION = rf"""
for folder in service {" ".join(f"{name}.service" for name in SERVICES)}; do
  grep -HsoE '^ *({"|".join(CONFINES)})=[^ ]+' /etc/systemd/system/$folder.d/*.conf
done | sed 's/^\([^:]*\): */confines \1 /'
grep -HsiE '^ *(Default)?Environment=.*_proxy=' /etc/systemd/system.conf \
  /etc/systemd/system.conf.d/*.conf /etc/systemd/system/containerd.service.d/*.conf \
  /etc/systemd/system/docker.service.d/*.conf /etc/systemd/system/kubelet.service.d/*.conf |
  sed 's/^\([^:]*\): */proxies \1 /'
awk 'NR % 3 == 1 {{from = $0}} NR % 3 == 2 {{to = $0}} NR % 3 == 0 && $0 == ":" {{
  print "diverted", from, to}}' /var/lib/dpkg/diversions 2>/dev/null
[ ! -r /var/lib/dpkg/statoverride ] || while read -r user group mode path; do
  for one in "passwd $user" "group $group"; do
    case ${{one#* }} in '#'*) continue ;; esac
    getent $one >/dev/null || echo "owner $path $one"
  done
done </var/lib/dpkg/statoverride
grep -sE '^ *[a-zA-Z-]' /root/.curlrc | sed 's/^ *-*/curlrc /'
tr -d '\n' </root/.docker/config.json 2>/dev/null |
  grep -oE '"(credsStore" *: *"[^"]*"|credHelpers" *: *\{{[^}}]*\}})' | grep -oE ': *"[^"]*"' |
  tr -d ': "' | while read -r helper; do
    command -v "docker-credential-$helper" >/dev/null || echo "helper $helper"
  done
tr -d '\n' </root/.docker/config.json 2>/dev/null |
  grep -oE '"(currentContext" *: *"[^"]+"|proxies" *: *\{{ *")' | tr -d ' ' | sed 's/^/client /'
for home in /root "$(getent passwd "${{SUDO_USER:-root}}" | cut -d : -f 6)"; do
  [ ! -e "$home/.kube/config" ] || echo "kubeconfig $home/.kube/config"
done
getent group docker | awk -F: '{{print "admins", $4}}'
getent passwd gitlab-runner | awk -F: '{{print "runner", $7}}'
:"""


@dataclass(frozen=True)
class Overrides:
    """Words of somebody's that count more than a package's; the default is nobody's."""

    confines: tuple[tuple[str, str], ...] = ()  # drop-ins of services, and what they take
    diverted: tuple[tuple[str, str], ...] = ()  # packages' files, and where they are put instead
    owners: tuple[tuple[str, str], ...] = ()  # paths that dpkg is to give to whom nobody knows
    curlrc: tuple[str, ...] = ()  # of root
    helpers: tuple[str, ...] = ()  # that Docker is to ask for passwords, and that are not there
    proxies: tuple[tuple[str, str], ...] = ()  # files of services, and what they say of proxies
    client: tuple[str, ...] = ()  # of root's docker: where it goes, or what it tells containers
    kubeconfigs: tuple[str, ...] = ()  # of root and of the login user
    admins: frozenset[str] = frozenset()  # the group docker
    runner: str = ""  # shell of the account gitlab-runner, where it is there


def question() -> str:
    """Shell that asks it."""
    return QUESTION


def parse(rows: Rows) -> Overrides:
    """From what the question prints."""
    return Overrides(
        confines=rows.pairs("confines"),
        diverted=rows.pairs("diverted"),
        owners=rows.pairs("owner"),
        curlrc=rows.all("curlrc"),
        helpers=rows.all("helper"),
        proxies=rows.pairs("proxies"),
        client=rows.all("client"),
        kubeconfigs=tuple(dict.fromkeys(rows.all("kubeconfig"))),
        admins=frozenset(filter(None, rows.one("admins").split(","))),
        runner=rows.one("runner"),
    )
