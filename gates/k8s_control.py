"""C5: a control plane that answers, with a network for pods and certificates that last."""

from __future__ import annotations

from facts.kubernetes import API, CERTIFICATES, KUBECTL
from gates.gate import Gate
from spec import Machine, Platform
from spec.kubernetes import API_PORT

LEAST = 30 * 24 * 3600  # seconds that a certificate must have left


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What workers need before they may join."""
    at = f"{machine.address}:{API_PORT}"
    return [
        Gate(
            "k8s_control",
            f"the Kubernetes API answers at {at}",
            f"curl -sS --max-time 5 --cacert /etc/kubernetes/pki/ca.crt https://{at}/readyz |"
            " tee /dev/stderr | grep -qx ok",
            "systemctl status kubelet; journalctl -u kubelet -n 50; crictl ps -a; crictl logs of"
            f" kube-apiserver; who has the port: lsof -i :{API_PORT}",
            within=120,
            every=2,
        ),
        Gate(
            "k8s_control",
            "certificates of the control plane last another 30 days",
            f"ended=$(seen() {{ openssl x509 -noout -checkend {LEAST} >/dev/null 2>&1 ||"
            f' echo "$1 ends soon"; }}; {CERTIFICATES}\n); echo "$ended"; test -z "$ended"',
            "kubeadm certs check-expiration; a run renews them",
        ),
        Gate(
            "k8s_control",
            f"the node {machine.hostname} is Ready",
            f"{API} 'https://{at}/api/v1/nodes/{machine.hostname}?pretty=false' |"
            ' grep -o \'"type":"Ready","status":"[^"]*"\' | tee /dev/stderr | grep -q \'"True"\'',
            f"{KUBECTL} describe node {machine.hostname}; {KUBECTL} get pods -A -o wide: can the"
            " images of the pod network be pulled?",
            within=300,
            every=2,
        ),
        Gate(
            "k8s_control",
            f"{platform.all.ssh_user} may ask the cluster",
            f"sudo -n -u {platform.all.ssh_user} -H"
            " kubectl --request-timeout=10s get --raw /readyz",
            f"~{platform.all.ssh_user}/.kube/config",
            within=20,
        ),
    ]
