"""C5: a control plane that answers, with a network for pods and certificates that last."""

from __future__ import annotations

from facts.kubernetes import API_PID, KUBECTL
from gates import among
from gates.gate import Gate, starts_at_boot
from spec import Machine, Platform
from spec.certificate import LEAST_DAYS
from spec.kubernetes import API_PORT


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What workers need before they may join."""
    return [
        among.answers(
            f"{machine.address}:{API_PORT}",
            "systemctl status kubelet; journalctl -u kubelet -n 50; crictl ps -a; crictl logs"
            f" of kube-apiserver; who has the port: lsof -i :{API_PORT}",
        ),
        Gate(
            awaits=f"certificates of the control plane last another {LEAST_DAYS} days",
            command=f"certificates-end kubeadm {LEAST_DAYS}",
            hint="certificates-end; kubeadm certs check-expiration; a run renews them",
        ),
        Gate(
            awaits="the API server writes down who asked for what",
            # Its log is open: it is not only said to be.
            command=f"ls -l /proc/$({API_PID})/fd | grep -o '/var/log/.*/audit.log$'",
            hint=(
                "audit-log-path in /etc/kubernetes/manifests/kube-apiserver.yaml: a cluster that"
                " was made by hand has none"
            ),
            within=20,
        ),
        Gate(
            awaits=f"the node {machine.hostname} is Ready",
            command=f"nodes-show | tee /dev/stderr | grep -E '^{machine.hostname} .* Ready( |$)'",
            hint=(
                f"{KUBECTL} describe node {machine.hostname}; {KUBECTL} get pods -A -o wide: can"
                " the images of the pod network be pulled?"
            ),
            within=300,
            every=2,
        ),
        Gate(
            awaits=f"{platform.all.ssh_user} may ask the cluster",
            command=(
                f"sudo -n -u {platform.all.ssh_user} -H"
                " kubectl --request-timeout=10s get --raw /readyz"
            ),
            hint=f"~{platform.all.ssh_user}/.kube/config",
            within=20,
        ),
        starts_at_boot("kubelet starts at boot", ["kubelet"]),
        *(among.gates(platform) if platform.k8s_control.control_plane_address else []),
    ]
