"""certificates-end: everything that ends is told, with its days and whose it is to renew."""

from __future__ import annotations

import base64
import json
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from gates import k8s_control
from spec import Platform
from tests.unit.certificates import certificate
from tests.unit.doubles import CHECKOUT

pytestmark = pytest.mark.skipif(
    not all(map(shutil.which, ("bash", "openssl"))), reason="no bash or openssl here"
)
SCRIPT = CHECKOUT / "files/common/usr/local/sbin/certificates-end"
DAY = 86400


class Place:
    """A machine that is a folder."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "made").mkdir()

    def put(self, path: str, content: bytes) -> None:
        (self.root / path).parent.mkdir(parents=True, exist_ok=True)
        (self.root / path).write_bytes(content)

    def pem(self, days: int) -> bytes:
        made, _ = certificate(self.root / "made", "x", days=days + 0.5)
        return made.read_bytes()

    def ends(self, *words: str) -> tuple[int, list[tuple[str, int, str]]]:
        """How it ends, and its rows: whose, days, file."""
        roots = r"(?<![\w/.}*])/(etc|home|opt|var/lib)\b"
        text = re.sub(roots, rf"{self.root}/\1", SCRIPT.read_text())
        done = subprocess.run(
            ["bash", "-c", text, "certificates-end", *words],
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert done.stderr == ""
        rows = [line.split() for line in done.stdout.splitlines()]
        return done.returncode, [
            (whose, int(days), path.removeprefix(f"{self.root}/")) for whose, days, _, path in rows
        ]


@pytest.fixture
def place(tmp_path: Path) -> Place:
    return Place(tmp_path)


def test_a_bare_machine_has_nothing_that_ends(place: Place) -> None:
    assert place.ends() == (0, [])


def test_everything_is_told_with_its_days_and_whose_it_is(place: Place) -> None:
    half = DAY // 2
    claims = json.dumps({"exp": int(time.time()) + 40 * DAY + half}, separators=(",", ":"))
    token = f"h.{base64.urlsafe_b64encode(claims.encode()).decode().rstrip('=')}.s"
    data = base64.b64encode(place.pem(200))
    for path, content in {
        "etc/kubernetes/pki/ca.crt": place.pem(3650),
        "etc/kubernetes/pki/front-proxy-ca.crt": place.pem(3650),
        "etc/kubernetes/pki/apiserver.crt": place.pem(300),
        "etc/kubernetes/pki/etcd/server.crt": b"none\n",
        "etc/kubernetes/admin.conf": b"    client-certificate-data: " + data + b"\n",
        "etc/kubernetes/kubelet.conf": b"    client-certificate: /var/lib/x.pem\n",
        "etc/kubernetes/admin.conf.old": b"old\n",
        "var/lib/kubelet/pki/kubelet-client-current.pem": place.pem(100),
        "opt/edge/certs/tls.crt": place.pem(0),
        "etc/harbor/tls/tls.crt": place.pem(3000),
        "home/me/.kube/ci": f"users: [{{name: ci, user: {{token: {token}}}}}]\n".encode(),
    }.items():
        place.put(path, content)
    status, rows = place.ends()
    assert status == 0
    assert rows == [
        ("kubeadm", 300, "etc/kubernetes/pki/apiserver.crt"),
        ("authority", 3650, "etc/kubernetes/pki/ca.crt"),
        ("authority", 3650, "etc/kubernetes/pki/front-proxy-ca.crt"),
        ("kubeadm", 0, "etc/kubernetes/pki/etcd/server.crt"),
        ("kubeadm", 200, "etc/kubernetes/admin.conf"),
        ("kubeadm", 0, "etc/kubernetes/admin.conf.old"),
        ("kubelet", 100, "var/lib/kubelet/pki/kubelet-client-current.pem"),
        ("edge", 0, "opt/edge/certs/tls.crt"),
        ("registry", 3000, "etc/harbor/tls/tls.crt"),
        ("token", 40, "home/me/.kube/ci"),
    ]


def test_what_is_asked_for_must_be_there_and_last(place: Place, platform: Platform) -> None:
    commands = [gate.command for gate in k8s_control.gates(platform, platform.control)]
    assert "certificates-end kubeadm 30" in commands
    assert place.ends("kubeadm", "30") == (1, [])
    place.put("etc/kubernetes/pki/apiserver.crt", place.pem(31))
    place.put("opt/edge/certs/tls.crt", place.pem(5))
    assert place.ends("kubeadm", "30") == (0, [])
    place.put("etc/kubernetes/pki/etcd/peer.crt", place.pem(29))
    status, rows = place.ends("kubeadm", "30")
    assert (status, rows) == (1, [("kubeadm", 29, "etc/kubernetes/pki/etcd/peer.crt")])
