"""A certificate and its key: names, days left, whether they belong together, and what is shown."""

from __future__ import annotations

import shlex
from collections.abc import Iterable
from dataclasses import dataclass

from facts import Fact, told


@dataclass(frozen=True)
class CertificateState:
    """A certificate as it stands; the default is one that is not there."""

    common_name: str = ""
    names: tuple[str, ...] = ()  # DNS names of its subjectAltName
    days_left: int = 0
    key_mode: str = ""  # "0600"
    matches_key: bool = False
    is_signed: bool = False  # by the CA that was asked about
    permitted: tuple[str, ...] = ()  # of a CA: DNS names that it can vouch for


class Certificate(Fact[CertificateState]):
    """Read a PEM certificate and the key beside it, and whether a CA has signed it."""

    @staticmethod
    def default() -> CertificateState:
        return CertificateState()

    def command(self, certificate: str, key: str, ca: str = "") -> str:
        crt, private = shlex.quote(certificate), shlex.quote(key)
        # Its days count by themselves, and nobody else's CA does.
        verify = "openssl verify -no_check_time -no-CApath -no-CAstore"
        verify = f"{verify} -CAfile {shlex.quote(ca)} {crt}"
        verify = f"{verify} >/dev/null 2>&1 && echo 'signed yes'" if ca else ""
        # openssl takes longer to start than everything else here: it says all in one go.
        asks = "-subject -nameopt multiline -enddate -ext subjectAltName,nameConstraints -pubkey"
        return rf"""
command -v openssl >/dev/null && [ -f {crt} ] && [ -f {private} ] || exit 0
echo "mode $(stat -c %a {private})"
shown=$(openssl x509 -in {crt} -noout {asks} 2>/dev/null)
public=$(openssl pkey -in {private} -pubout 2>/dev/null)
[ -z "$public" ] || case $shown in *"$public"*) echo 'pair yes' ;; esac
printf '%s\n' "$shown" | awk '
  sub(/^ *commonName *= */, "cn ") {{print}}
  /Subject Alternative Name/ {{kind = "dns"}} /Name Constraints/ {{kind = "permits"}}
  /Excluded:|BEGIN/ {{kind = ""}}
  kind {{count = split($0, names, /, */)
    for (n = 1; n <= count; n++) if (sub(/^ *DNS:/, "", names[n])) print kind, names[n]}}'
end=$(printf '%s\n' "$shown" | sed -n 's/^notAfter=//p')
[ -z "$end" ] || echo "days $((($(date -d "$end" +%s) - $(date +%s)) / 86400))"
{verify}
:"""

    def process(self, output: Iterable[str]) -> CertificateState:
        rows = told(output, "cn", "dns", "days", "mode", "pair", "permits", "signed")
        found = dict(rows)
        return CertificateState(
            common_name=found.get("cn", ""),
            names=tuple(value for kind, value in rows if kind == "dns"),
            days_left=int(found.get("days", 0)),
            key_mode=found.get("mode", "").zfill(4),
            matches_key="pair" in found,
            is_signed="signed" in found,
            permitted=tuple(value for kind, value in rows if kind == "permits"),
        )


@dataclass(frozen=True)
class End:
    """When something that lets somebody in ends."""

    whose: str  # who renews it, in certificates-end's words
    days: int  # that are left; 0 of what has ended or cannot be read
    date: str
    path: str


class Ends(Fact[tuple[End, ...]]):
    """What a machine's `certificates-end` says; nothing where no run has brought it yet."""

    @staticmethod
    def default() -> tuple[End, ...]:
        return ()

    def command(self) -> str:
        return "! command -v certificates-end >/dev/null || certificates-end"

    def process(self, output: Iterable[str]) -> tuple[End, ...]:
        rows = (line.split(" ", 3) for line in output)
        return tuple(End(whose, int(days), date, path) for whose, days, date, path in rows)


class Shown(Fact[bool]):
    """Whether a port of this machine shows the certificate of a file."""

    @staticmethod
    def default() -> bool:
        return False

    def command(self, host_name: str, port: int, certificate: str) -> str:
        server = f"-connect 127.0.0.1:{port} -servername {shlex.quote(host_name)}"
        return f"""
shown=$(timeout 5 openssl s_client {server} </dev/null 2>/dev/null |
  openssl x509 -noout -fingerprint -sha256 2>/dev/null)
[ -n "$shown" ] && [ "$shown" = "$(openssl x509 -in {shlex.quote(certificate)} -noout \
  -fingerprint -sha256 2>/dev/null)" ] && echo shown
:"""

    def process(self, output: Iterable[str]) -> bool:
        return "shown" in output
