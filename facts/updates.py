"""What a distribution has for its machine, and whether what runs there is older than its files."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact, told

# Of `apt-get --simulate`: Inst libc6 [2.41-12] (2.41-13 Debian-Security:13/stable-security [amd64])
BOOT = "/proc/sys/kernel/random/boot_id"
# A kernel, and the libraries that nearly everything has loaded.
WANT_REBOOT = ("linux-image-", "libc6", "libssl")
LINE = re.compile(r"(\S+) (?:\[(\S+)\] )?\((\S+) (.*)\)")


@dataclass(frozen=True)
class Update:
    """A package that waits."""

    package: str
    before: str  # the version that is there; "" of a package that comes with others
    version: str
    security: bool

    def __str__(self) -> str:
        return f"{self.package} {self.before or 'new'} -> {self.version}"


@dataclass(frozen=True)
class UpdatesState:
    """As of the lists of packages that are there; the default is a machine without apt."""

    waiting: tuple[Update, ...] = ()
    reboot: tuple[str, ...] = ()  # why, where what runs is older than what is installed
    boot: str = ""  # another one after each start
    stale: bool = False  # the lists could not be brought up to date

    @property
    def due(self) -> bool:
        """Whether there is anything to do."""
        return bool(self.waiting or self.reboot)

    @property
    def needs_reboot(self) -> bool:
        """Whether a reboot is pending, or what waits is known to want one."""
        return bool(self.reboot) or any(it.package.startswith(WANT_REBOOT) for it in self.waiting)

    @property
    def security(self) -> int:
        """How many of them somebody may be waiting for."""
        return sum(it.security for it in self.waiting)


class Updates(Fact[UpdatesState]):
    """Which packages would come, by the lists that are there, and why a reboot is pending.

    What is held or pinned does not wait. A kernel counts when it came since the machine was
    started: somebody may have chosen an older one.
    """

    @staticmethod
    def default() -> UpdatesState:
        return UpdatesState()

    def command(self) -> str:
        return rf"""
apt-get --simulate -q -o Debug::NoLocking=1 upgrade --with-new-pkgs 2>/dev/null |
  sed -n 's/^Inst /waits /p'
echo "boot $(cat {BOOT})"
names=$(sort -u /run/reboot-required.pkgs 2>/dev/null | paste -sd ' ')
[ ! -e /run/reboot-required ] || echo "pending asked for${{names:+ by $names}}"
release=$(uname -r)
newest=$(ls -v /boot/vmlinuz-*-"${{release##*-}}" 2>/dev/null | tail -n 1 | sed 's/.*vmlinuz-//')
came=$(stat -c %Y "/var/lib/dpkg/info/linux-image-$newest.list" 2>/dev/null)
[ "${{newest:-$release}}" = "$release" ] ||
  [ "${{came:-0}}" -lt "$(sed -n 's/^btime //p' /proc/stat)" ] || echo "pending kernel $newest"
grep -lsE '/lib(c|ssl|crypto)\.so[^ ]* \(deleted\)$' /proc/[0-9]*/maps | while read -r maps; do
  # A container's own are not the machine's.
  [ ! "${{maps%maps}}root" -ef / ] || cat "${{maps%maps}}comm"
done 2>/dev/null | sort -u | head -n 5 | paste -sd ' ' | sed -n 's/./pending older libraries in &/p'
[ "$(systemctl show --property Result --value package-lists.service)" = success ] || echo stale yes
:"""

    def process(self, output: Iterable[str]) -> UpdatesState:
        rows = told(output, "waits", "boot", "pending", "stale")
        found = dict(rows)
        return UpdatesState(
            waiting=tuple(_update(text) for kind, text in rows if kind == "waits"),
            reboot=tuple(text for kind, text in rows if kind == "pending"),
            boot=found.get("boot", ""),
            stale="stale" in found,
        )


def _update(line: str) -> Update:
    package, before, version, origins = LINE.match(line).groups()  # type: ignore[union-attr]
    return Update(package, before or "", version, "-security" in origins)
