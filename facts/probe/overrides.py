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
FOLDERS = ("service", *(f"{name}.service" for name in SERVICES))
# Drop-ins of service.d are of every service. dpkg's diversions are three lines each, a local one's
# last is a colon (dpkg-divert(1)). Whom no file knows a directory may know, which getent asks.
QUESTION = rf"""
set --
for file in /etc/systemd/system.conf /etc/systemd/system.conf.d/*.conf \
  {" ".join(f"/etc/systemd/system/{name}.d/*.conf" for name in FOLDERS)} \
  /var/lib/dpkg/diversions /etc/passwd /etc/group /var/lib/dpkg/statoverride /root/.curlrc; do
  [ ! -f "$file" ] || [ ! -r "$file" ] || set -- "$@" "$file"
done
awk '
  function owner(kind, name) {{
    if (name ~ /^#/ || (kind, name) in known) return
    # No name has a quote, and no shell is to read one.
    if (name ~ /\047/ || system("getent " kind " \047" name "\047 >/dev/null"))
      print "owner", path, kind, name
  }}
  FILENAME ~ /service\.d\// && match($0, /^ *({"|".join(CONFINES)})=[^ ]+/) {{
    text = substr($0, 1, RLENGTH); sub(/^ */, "", text); print "confines", FILENAME, text
  }}
  FILENAME ~ /\/system\.conf|(containerd|docker|kubelet)\.service\.d\// &&
    tolower($0) ~ /^ *(default)?environment=.*_proxy=/ {{
    sub(/^ */, ""); print "proxies", FILENAME, $0
  }}
  FILENAME ~ /diversions$/ {{
    if (FNR % 3 == 1) from = $0
    if (FNR % 3 == 2) to = $0
    if (FNR % 3 == 0 && $0 == ":") print "diverted", from, to
  }}
  FILENAME ~ /passwd$/ {{known["passwd", substr($0, 1, index($0, ":") - 1)]}}
  FILENAME ~ /group$/ {{known["group", substr($0, 1, index($0, ":") - 1)]}}
  FILENAME ~ /statoverride$/ {{
    path = $0; sub(/^[^ ]+ [^ ]+ [^ ]+ /, "", path); owner("passwd", $1); owner("group", $2)
  }}
  FILENAME ~ /\.curlrc$/ && /^ *[a-zA-Z-]/ {{sub(/^ *-*/, "curlrc "); print}}' "$@" /dev/null
if [ -r /root/.docker/config.json ]; then
  config=$(tr -d '\n' </root/.docker/config.json)
  case $config in *'"credsStore"'* | *'"credHelpers"'*)
    printf '%s\n' "$config" |
      grep -oE '"(credsStore" *: *"[^"]*"|credHelpers" *: *\{{[^}}]*\}})' | grep -oE ': *"[^"]*"' |
      tr -d ': "' | while read -r helper; do
        command -v "docker-credential-$helper" >/dev/null || echo "helper $helper"
      done ;;
  esac
  case $config in *'"currentContext"'* | *'"proxies"'*)
    printf '%s\n' "$config" |
      grep -oE '"(currentContext" *: *"[^"]+"|proxies" *: *\{{ *")' | tr -d ' ' |
      sed 's/^/client /' ;;
  esac
fi
[ ! -e /root/.kube/config ] || echo "kubeconfig /root/.kube/config"
user=${{SUDO_USER:-root}}
getent passwd "$user" gitlab-runner | while IFS=: read -r name _ _ _ _ home shell; do
  [ "$name" != "$user" ] || [ ! -e "$home/.kube/config" ] ||
    echo "kubeconfig $home/.kube/config"
  [ "$name" != gitlab-runner ] || echo "runner $shell"
done
admins=$(getent group docker) && echo "admins ${{admins##*:}}"
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
