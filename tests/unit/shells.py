"""Shell that only reads, told from shell that writes (crude, and on the safe side)."""

from __future__ import annotations

import re

WRITES = re.compile(
    r"""
    \b(rm|mv|cp|ln|mkdir|rmdir|mktemp|touch|chmod|chown|tee|truncate|dd|install|kill|reboot)\s
    | \bsed\s+(-\w*i|--in-place)
    | \bsystemctl\s+(--\S+\s+)*(start|stop|restart|reload|enable|disable|mask|unmask|daemon)
    | \bapt(-get|-mark|-key)?\s | \bdpkg\s+(--\S+\s+)*(-i|--install|--configure|--purge)
    | \bufw\s+(--\S+\s+)*(allow|deny|delete|enable|disable|reset|reload)
    | \biptables\s+(-\S+\s+\d*\s*)*-[ADFINPRXZ]\b
    | \bdocker\s+(run|rm|stop|start|restart|kill|pull|push|load|tag|build)\b
    | \bcompose\s[^|;]*\s(up|down|stop|start|restart|rm)\b
    | nginx\s+-s | \bhostnamectl\s+set | \bgpasswd\b | \btimedatectl\s+set
    | >>?\s*(?!&|/dev/(null|stderr)\b)\S
    """,
    re.VERBOSE,
)
# Reads from a pipe and shows what goes through; AWK compares with ">" inside of quotes.
HARMLESS = re.compile(
    r"tee /dev/stderr|apt-get (--simulate|indextargets -o Dir::Cache::pkgcache= )|\d?>&\d"
    r"|'[^']*awk[^']*'|awk '[^']*'"
    # Answers of several commands stand in a folder that is made for them, and goes with them.
    r"|mktemp -d( -p /run)?|rm -rf \"\$folder\"|>\|?\"\$folder/\$n(\.ended|\.turn\.\$round)?\""
)


def writes(command: str) -> list[str]:
    """What in a command looks like a change of the machine."""
    return [found.group(0).strip() for found in WRITES.finditer(HARMLESS.sub("", command))]
