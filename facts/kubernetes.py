"""What kubeadm has made of a machine, and how the API server is asked there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact, told

HOME = "/etc/kubernetes"
ADMIN = f"{HOME}/admin.conf"
UNFINISHED = f"{HOME}/unfinished"  # stands while kubeadm is at work, and after one that was cut off
KUBECTL = f"kubectl --kubeconfig {ADMIN} --request-timeout=10s"
# curl as administrator on the control plane, for those who read JSON: it costs a tenth of kubectl.
# The certificate is the one in the kubeconfig: the API server's own for kubelets is an
# administrator's only where kubeadm before 1.36 made it.
_PEM = f'sed -n "s/^ *client-$1-data: //p" {ADMIN} | base64 -d'
API = (
    f"bash -c 'pem() {{ {_PEM}; }}; exec curl -sf --max-time 10 --cacert {HOME}/pki/ca.crt"
    ' --cert <(pem certificate) --key <(pem key) "$@"\' curl'
)
SERVER = f"$(sed -n 's/^ *server: //p' {ADMIN})"  # where, for the shell
API_PID = "pgrep -o -f '^kube-apiserver '"  # prints its process
# Prints the sum of a public key, as kubeadm pins it, from the certificate on standard input.
PIN = "openssl x509 -pubkey -noout 2>/dev/null | sed /^-/d | base64 -d | sha256sum | cut -c 1-64"


@dataclass(frozen=True)
class ControlPlaneState:
    """The control plane on a machine; the default is none."""

    unfinished: bool = False  # kubeadm did not come to its end
    parts: int = 0  # of PARTS, how many are there
    data: bool = False  # etcd keeps something
    version: str = ""  # of the API server that should run, without a v
    ca: str = ""  # the sum of the cluster's authority, as workers pin it
    days_left: int = 0  # until the first certificate ends

    @property
    def whole(self) -> bool:
        """Whether somebody made it to its end, with this tool or by hand."""
        return self.parts == len(PARTS) and self.data and not self.unfinished


PARTS = (
    "admin.conf",
    "kubelet.conf",
    "manifests/etcd.yaml",
    "manifests/kube-apiserver.yaml",
    "manifests/kube-controller-manager.yaml",
    "manifests/kube-scheduler.yaml",
)


class ControlPlane(Fact[ControlPlaneState]):
    """Look at what kubeadm init has left on a machine."""

    @staticmethod
    def default() -> ControlPlaneState:
        return ControlPlaneState()

    def command(self) -> str:
        return rf"""
cd {HOME} 2>/dev/null || exit 0
[ ! -e {UNFINISHED} ] || echo 'unfinished yes'
for part in {" ".join(PARTS)}; do [ ! -s $part ] || echo "part $part"; done
[ ! -e /var/lib/etcd/member ] || echo 'data yes'
sed -n 's/^ *image: .*kube-apiserver:v\(.*\)/version \1/p' manifests/kube-apiserver.yaml 2>/dev/null
[ ! -f pki/ca.crt ] || echo "ca $(cat pki/ca.crt | {PIN})"
certificates-end 2>/dev/null | sed -n 's/^kubeadm \([0-9]*\) .*/\1/p' | sort -n |
  sed -n '1s/^/days /p'
:"""

    def process(self, output: Iterable[str]) -> ControlPlaneState:
        rows = told(output, "unfinished", "part", "data", "version", "ca", "days")
        found = dict(rows)
        return ControlPlaneState(
            unfinished="unfinished" in found,
            parts=sum(kind == "part" for kind, _ in rows),
            data="data" in found,
            version=found.get("version", ""),
            ca=found.get("ca", ""),
            days_left=int(found.get("days", 0)),
        )


@dataclass(frozen=True)
class KubeletState:
    """What ties a machine to a cluster; the default is nothing."""

    unfinished: bool = False
    server: str = ""  # the API server that kubelet talks to
    ca: str = ""  # the sum of the authority that it believes


class Kubelet(Fact[KubeletState]):
    """Look at what kubeadm join has left on a machine."""

    @staticmethod
    def default() -> KubeletState:
        return KubeletState()

    def command(self) -> str:
        return rf"""
cd {HOME} 2>/dev/null || exit 0
[ ! -e {UNFINISHED} ] || echo 'unfinished yes'
[ -f kubelet.conf ] || exit 0
sed -n 's/^ *server: /server /p' kubelet.conf
echo "ca $(sed -n 's/^ *certificate-authority-data: //p' kubelet.conf | base64 -d | {PIN})" """

    def process(self, output: Iterable[str]) -> KubeletState:
        found = dict(told(output, "unfinished", "server", "ca"))
        return KubeletState("unfinished" in found, found.get("server", ""), found.get("ca", ""))


def strangers(addresses: Sequence[str]) -> str:
    """Shell that prints which kubelets show a certificate that the cluster has not signed, or none.

    It runs on the control plane; a kubelet that does not answer is none of them.
    """
    return (
        f"for at in {shlex.join(addresses)}; do curl -s --noproxy '*' -o /dev/null --max-time 5"
        f" --cacert {HOME}/pki/ca.crt https://$at/healthz;"
        ' case $? in 35|60) echo "$at";; esac; done'
    )


class Strangers(Fact[tuple[str, ...]]):
    """Where, of these addresses with ports, kubelets show no certificate of the cluster's."""

    @staticmethod
    def default() -> tuple[str, ...]:
        return ()

    def command(self, addresses: Sequence[str]) -> str:
        self.addresses = addresses
        return f"[ ! -f {ADMIN} ] || {{ {strangers(addresses)}; }}"

    def process(self, output: Iterable[str]) -> tuple[str, ...]:
        lines = set(output)
        return tuple(address for address in self.addresses if address in lines)
