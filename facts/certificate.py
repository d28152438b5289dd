"""A certificate and its key: names, days left, whether they belong together."""

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


class Certificate(Fact[CertificateState]):
    """Read a PEM certificate and the key beside it."""

    @staticmethod
    def default() -> CertificateState:
        return CertificateState()

    def command(self, certificate: str, key: str) -> str:
        crt, private = shlex.quote(certificate), shlex.quote(key)
        return rf"""
command -v openssl >/dev/null && [ -f {crt} ] && [ -f {private} ] || exit 0
openssl x509 -in {crt} -noout -subject -nameopt multiline 2>/dev/null |
  sed -n 's/ *commonName *= */cn /p'
openssl x509 -in {crt} -noout -ext subjectAltName 2>/dev/null | tr ',' '\n' |
  sed -n 's/ *DNS:/dns /p'
end=$(openssl x509 -in {crt} -noout -enddate 2>/dev/null | cut -d= -f2)
end=$(date -d "$end" +%s 2>/dev/null) &&
  echo "days $(( (end - $(date +%s)) / 86400 ))"
echo "mode $(stat -c %a {private})"
pair=$(openssl x509 -in {crt} -noout -pubkey 2>/dev/null)
[ -n "$pair" ] && [ "$pair" = "$(openssl pkey -in {private} -pubout 2>/dev/null)" ] &&
  echo 'pair yes'
:"""

    def process(self, output: Iterable[str]) -> CertificateState:
        rows = told(output, "cn", "dns", "days", "mode", "pair")
        found = dict(rows)
        return CertificateState(
            common_name=found.get("cn", ""),
            names=tuple(value for kind, value in rows if kind == "dns"),
            days_left=int(found.get("days", 0)),
            key_mode=found.get("mode", "").zfill(4),
            matches_key="pair" in found,
        )
