"""A package that a machine has, and a newer one that its distribution has for it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lab.machines import Machine

NAME, OLD, NEW = "tide", "1.0", "2.0"
# What apt knows of the archives is set aside meanwhile: what they have today is another test's.
OFFER = rf"""
cd /etc/apt/sources.list.d && mv debian.sources debian.sources.aside
rm -rf /srv/offered && mkdir -p /srv/offered && cd /srv/offered
for version in {OLD} {NEW}; do
  mkdir -p tree/DEBIAN
  printf '%s\n' "Package: {NAME}" "Version: $version" "Architecture: all" \
    "Maintainer: a test <root@localhost>" "Description: nothing" >tree/DEBIAN/control
  if [ $version = {NEW} ]; then
    printf '#!/bin/sh\ntouch /run/reboot-required\necho {NAME} >>/run/reboot-required.pkgs\n' \
      >tree/DEBIAN/postinst
    chmod 0755 tree/DEBIAN/postinst
  fi
  dpkg-deb --build tree {NAME}_$version.deb >/dev/null
done
{{
  cat tree/DEBIAN/control
  echo "Filename: ./{NAME}_{NEW}.deb"
  echo "Size: $(stat -c %s {NAME}_{NEW}.deb)"
  echo "SHA256: $(sha256sum {NAME}_{NEW}.deb | cut -d ' ' -f 1)"
}} >Packages
printf '%s\n' 'Origin: Debian' 'Label: Debian-Security' 'Suite: stable-security' \
  "Date: $(LC_ALL=C date -Ru)" SHA256: \
  " $(sha256sum Packages | cut -d ' ' -f 1) $(stat -c %s Packages) Packages" >Release
dpkg --install {NAME}_{OLD}.deb >/dev/null
echo 'deb [trusted=yes] file:/srv/offered ./' >/etc/apt/sources.list.d/offered.list
apt-get update -q
"""
WITHDRAW = rf"""
rm -rf /srv/offered /etc/apt/sources.list.d/offered.list
cd /etc/apt/sources.list.d && mv debian.sources.aside debian.sources
dpkg --purge {NAME}; rm -f /run/reboot-required /run/reboot-required.pkgs; apt-get update -q
"""
ASIDE = "cd /etc/apt/sources.list.d && mv debian.sources debian.sources.aside; apt-get update -q"


@contextmanager
def offered(target: Machine, others: Sequence[Machine]) -> Iterator[None]:
    """The newer one waits on one machine, for security, and wants a reboot; elsewhere nothing."""
    try:
        target.ssh(f"sudo bash -euc '{_quoted(OFFER)}'")
        for machine in others:
            machine.ssh(f"sudo bash -euc '{ASIDE}'")
        yield
    finally:
        for machine in (target, *others):
            machine.ssh(f"sudo bash -c '{_quoted(WITHDRAW)}'", check=False)


def version(machine: Machine) -> str:
    """Which of them is there."""
    return machine.ssh(f"dpkg-query -W -f '${{Version}}' {NAME}")


def _quoted(script: str) -> str:
    return script.replace("'", "'\\''")
