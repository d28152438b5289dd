"""Section 5: who may do what in the cluster, asked of its API server."""

from __future__ import annotations

from facts.kubernetes import KUBECTL
from operate.benchmark.line import Line
from spec import Platform

ANYBODY = "--as=somebody --as-group=system:authenticated"
BINDINGS = (
    'jsonpath=\'{range .items[?(@.roleRef.name=="cluster-admin")]}{.metadata.name}{"\\n"}{end}\''
)


def lines(platform: Platform) -> list[Line]:
    """Where the benchmark asks of each namespace, that is the application's."""
    namespace = platform.k8s_worker.app_namespace
    own = f"{KUBECTL} -n {namespace}"
    ours = f"{KUBECTL} get namespace {namespace} -o yaml"
    enforcer = {"calico": "calico-node", "flannel": "kube-router"}[platform.k8s_control.cni]
    return [
        Line(
            "5.1.1",
            "nobody else is cluster-admin",
            f"found=$({KUBECTL} get clusterrolebindings -o {BINDINGS}) &&"
            ' { echo "$found"; ! echo "$found" | grep -vxE "(kubeadm:)?cluster-admins?"; }',
        ),
        _nobody("5.1.2", "not everybody reads Secrets", "list secrets"),
        _nobody("5.1.4", "not everybody runs pods", "create pods"),
        _nobody("5.1.9", "not everybody makes volumes", "create persistentvolumes"),
        _nobody("5.1.10", "not everybody asks kubelets", "get nodes/proxy"),
        _nobody("5.1.12", "not everybody stands between", "create validatingwebhookconfigurations"),
        _nobody("5.1.13", "not everybody makes tokens", "create serviceaccounts/token"),
        Line(
            "5.1.3",
            "the pipeline's rights are named one by one",
            f"{own} get roles -o yaml >/dev/null && ! {own} get roles -o yaml | grep -F -e \"'*'\"",
        ),
        Line(
            "5.2.1 to 5.2.13",
            "no pod takes a node's folders, network or rights",
            f"{ours} | grep -E 'pod-security.kubernetes.io/enforce: (baseline|restricted)'",
        ),
        Line(
            "5.3.1",
            "the pod network enforces policies",
            f"{KUBECTL} -n kube-system get daemonset {enforcer} --no-headers",
        ),
        Line("5.3.2", "the namespace has policies", f"{own} get networkpolicies -o name | grep ."),
        Line(
            "5.4.1",
            "Secrets reach pods as files",
            f"! {own} get pods -o yaml | grep -E '(secretKeyRef|secretRef):'",
            "the shop and MySQL's image read their environment",
        ),
        Line(
            "5.6.1",
            "the application has a namespace of its own",
            f"echo {namespace} | tee /dev/stderr | grep -vx default",
        ),
        Line(
            "5.6.4",
            "the namespace default is empty",
            f"! {KUBECTL} -n default get pods,services,deployments -o name |"
            " grep -vx service/kubernetes",
        ),
    ]


def _nobody(number: str, title: str, words: str) -> Line:
    # Its exit status is 1 where the answer is no.
    ask = f"{KUBECTL} auth can-i {words} --all-namespaces {ANYBODY} 2>/dev/null"
    return Line(number, title, f"{ask} | tee /dev/stderr | grep -qx no")
