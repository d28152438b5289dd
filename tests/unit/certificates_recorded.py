"""What machines say of their certificates, and what facts make of it."""

from __future__ import annotations

from typing import Any

from pyinfra.api import FactBase

from facts.certificate import Certificate, CertificateState, Shown

CERTIFICATE = {"certificate": "/opt/tls.crt", "key": "/opt/tls.key"}
# Fact, its arguments, recorded output, what it says.
RECORDED: list[tuple[type[FactBase[Any]], dict[str, Any], str, Any]] = [
    (
        Certificate,
        CERTIFICATE,
        "cn hit.local\ndns hit.local\ndns www.hit.local\ndays 3649\nmode 600\npair yes",
        CertificateState("hit.local", ("hit.local", "www.hit.local"), 3649, "0600", True),
    ),
    (
        Certificate,
        CERTIFICATE,
        "cn hit.local\ndays -3\nmode 644",
        CertificateState("hit.local", (), -3, "0644", False),
    ),
    (
        Certificate,
        {**CERTIFICATE, "ca": "/ca.crt"},
        "cn A CA\ndays 9\nmode 600\npair yes\npermits hit.local\npermits harbor.local\nsigned yes",
        CertificateState(
            "A CA", (), 9, "0600", True, is_signed=True, permitted=("hit.local", "harbor.local")
        ),
    ),
    (Shown, {"host_name": "harbor.local", "port": 8443, "certificate": "/tls.crt"}, "shown", True),
]
