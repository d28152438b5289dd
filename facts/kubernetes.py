"""What kubeadm has made of a machine, and how the API server is asked there."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from facts import Fact, told

HOME = "/etc/kubernetes"
ADMIN = f"{HOME}/admin.conf"
BEGUN = f"{HOME}/begun"  # stands while kubeadm is at work, and after one that was cut off
KUBECTL = f"kubectl --kubeconfig {ADMIN} --request-timeout=10s"
# curl as administrator on the control plane, for those who read JSON: the API server's own
# certificate for kubelets may do everything, and curl costs a tenth of kubectl.
API = (
    f"curl -sf --max-time 10 --cacert {HOME}/pki/ca.crt"
    f" --cert {HOME}/pki/apiserver-kubelet-client.crt"
    f" --key {HOME}/pki/apiserver-kubelet-client.key"
)
SERVER = f"$(sed -n 's/^ *server: //p' {ADMIN})"  # where, for the shell
API_PID = "pgrep -o -f '^kube-apiserver '"  # prints its process
# Prints the sum of a public key, as kubeadm pins it, from the certificate on standard input.
PIN = (
    "openssl x509 -pubkey -noout 2>/dev/null | openssl pkey -pubin -outform DER 2>/dev/null |"
    " sha256sum | cut -c 1-64"
)
# Says of what kubeadm makes and somebody must renew how many days it has left: "DAYS FILE", one a
# line, 0 for one that is none. Its authorities last ten years. The old administrator's kubeconfig
# stands while programs have not begun with what was renewed.
CERTIFICATES = f"""left() {{
  end=$(openssl x509 -noout -enddate 2>/dev/null | cut -d= -f2) && end=$(date -d "$end" +%s) &&
    echo "$(( (end - $(date +%s)) / 86400 )) $1"
}}
for file in {HOME}/pki/*.crt {HOME}/pki/etcd/*.crt; do
  case $file in */ca.crt|*-ca.crt) ;; *) cat "$file" | left "$file";; esac
done
[ ! -e {HOME}/admin.conf.old ] || echo "0 {HOME}/admin.conf.old"
grep -l client-certificate-data {HOME}/*.conf | while read -r file; do
  sed -n 's/.*client-certificate-data: //p' "$file" | base64 -d | left "$file"
done"""


@dataclass(frozen=True)
class ControlPlaneState:
    """The control plane on a machine; the default is none."""

    begun: bool = False  # kubeadm did not come to its end
    parts: int = 0  # of PARTS, how many are there
    data: bool = False  # etcd keeps something
    version: str = ""  # of the API server that should run, without a v
    ca: str = ""  # the sum of the cluster's authority, as workers pin it
    days_left: int = 0  # until the first certificate ends

    @property
    def whole(self) -> bool:
        """Whether somebody made it to its end, with this tool or by hand."""
        return self.parts == len(PARTS) and self.data and not self.begun


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
[ ! -e {BEGUN} ] || echo 'begun yes'
for part in {" ".join(PARTS)}; do [ ! -s $part ] || echo "part $part"; done
[ ! -e /var/lib/etcd/member ] || echo 'data yes'
sed -n 's/^ *image: .*kube-apiserver:v\(.*\)/version \1/p' manifests/kube-apiserver.yaml 2>/dev/null
[ ! -f pki/ca.crt ] || echo "ca $(cat pki/ca.crt | {PIN})"
[ ! -f pki/ca.crt ] || {{ {CERTIFICATES}; }} 2>/dev/null | sort -n | sed -n '1s/ .*//; 1s/^/days /p'
:"""

    def process(self, output: Iterable[str]) -> ControlPlaneState:
        rows = told(output, "begun", "part", "data", "version", "ca", "days")
        found = dict(rows)
        return ControlPlaneState(
            begun="begun" in found,
            parts=sum(kind == "part" for kind, _ in rows),
            data="data" in found,
            version=found.get("version", ""),
            ca=found.get("ca", ""),
            days_left=int(found.get("days", 0)),
        )


@dataclass(frozen=True)
class KubeletState:
    """What ties a machine to a cluster; the default is nothing."""

    begun: bool = False
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
[ ! -e {BEGUN} ] || echo 'begun yes'
[ -f kubelet.conf ] || exit 0
sed -n 's/^ *server: /server /p' kubelet.conf
echo "ca $(sed -n 's/^ *certificate-authority-data: //p' kubelet.conf | base64 -d | {PIN})" """

    def process(self, output: Iterable[str]) -> KubeletState:
        found = dict(told(output, "begun", "server", "ca"))
        return KubeletState("begun" in found, found.get("server", ""), found.get("ca", ""))


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
