"""The kernel as Kubernetes needs it: modules, settings, no swap."""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.kernel import Modules, Swap, Sysctl
from operations import Commands, operation
from operations.systemd import masking

# The line stays, as somebody's note of how it was.
FSTAB = """awk '$1 !~ /^#/ && $3 == "swap" {printf "# no swap under kubelet: "} {print}' \\
/etc/fstab >/etc/fstab.new && chmod 0644 /etc/fstab.new && mv -fT /etc/fstab.new /etc/fstab &&
systemctl daemon-reload"""


@operation()
def modules(names: Sequence[str]) -> Commands:
    """Have these modules at work now; /etc/modules-load.d is for the next boot."""
    working = ask(host, Modules)
    missing = [name for name in names if name not in working]
    if missing:
        yield StringCommand(f"modprobe --all {shlex.join(missing)}")


@operation()
def sysctl(values: Mapping[str, str], file: str, needed: bool = True) -> Commands:
    """Have these settings of the kernel now, loaded from the file that sets them at boot.

    Where they are not `needed` a kernel need not know all of them.
    """
    found = ask(host, Sysctl, names=list(values))
    if any(found.get(name) != values[name] for name in (values if needed else found)):
        ignoring = "" if needed else "--ignore "
        yield StringCommand(f"sysctl --quiet {ignoring}--load={shlex.quote(file)}")


@operation()
def swapoff() -> Commands:
    """Have no swap, now or after a boot."""
    swap = ask(host, Swap)
    if swap.active:
        yield StringCommand("swapoff --all")
    if swap.fstab:
        yield StringCommand(FSTAB)
    if swap.units:
        yield StringCommand(masking(swap.units))
    for path in swap.files:
        # Some installers make it immutable.
        file = shlex.quote(path)
        yield StringCommand(f"chattr -i {file} 2>/dev/null; rm -f {file}")
