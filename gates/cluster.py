"""C5, D2: every node is there, and pods reach what they should, and nothing else."""

from __future__ import annotations

from facts.kubernetes import KUBECTL
from gates.gate import Gate
from spec import Machine, Platform

PODS = f"{KUBECTL} -n threebody-probe"
# Prints a line for each probe: its pod, the address of the next one, both nodes.
RING = (
    f"{PODS} get pods -l app=probe --field-selector status.phase=Running -o jsonpath="
    "'{range .items[*]}{.metadata.name} {.status.podIP} {.spec.nodeName}{\"\\n\"}{end}' |"
    " awk 'NF == 3 {pod[NR] = $1; ip[NR] = $2; node[NR] = $3; last = NR}"
    " END {for (n = 1; n <= last; n++) {next_ = n % last + 1;"
    " print pod[n], ip[next_], node[n], node[next_]}}'"
)


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What the whole cluster does, asked on its control plane."""
    return [
        _ready(platform),
        _roomy(),
        *_network(platform),
        *_secrets(platform),
        *_pipeline(platform),
    ]


def _ready(platform: Platform) -> Gate:
    nodes = [node.hostname for node in platform.members("k8s_node")]
    version = f"v{platform.k8s_node.kubernetes_version}"
    wanted = " ".join(nodes)
    return Gate(
        "cluster",
        f"every node is Ready at {version}",
        f"said=$({KUBECTL} get nodes --no-headers); for node in {wanted}; do"
        f' echo "$said" | grep "^$node "; echo "$said" | awk -v node=$node'
        f' \'$1 == node && $2 == "Ready" && $5 == "{version}" {{ok = 1}} END {{exit !ok}}\' ||'
        ' { echo "$node is not there, not Ready, or another version"; exit 1; }; done',
        f"{KUBECTL} describe nodes; on the node: journalctl -u kubelet -n 50",
        within=300,
        every=2,
    )


def _roomy() -> Gate:
    """kubelet evicts pods of a node that is short of something, and takes no new ones."""
    conditions = '{range .status.conditions[?(@.status=="True")]} {.type}{end}'
    lines = f'{{range .items[*]}}{{.metadata.name}}{conditions}{{"\\n"}}{{end}}'
    return Gate(
        "cluster",
        "no node is short of disk, memory or processes",
        f"said=$({KUBECTL} get nodes -o jsonpath='{lines}')"
        ' && ! echo "$said" | grep Pressure && test -n "$said"',
        "on the node: df -h /var/lib; free -m; five minutes after there is room again it opens",
        within=20,
    )


def _network(platform: Platform) -> list[Gate]:
    nodes = len(platform.members("k8s_node"))
    edge = platform.members("docker_host")[0]
    port = platform.docker_host.edge_http_port
    found = [
        _each(
            "pods find names",
            "nslookup -type=a kubernetes.default.svc.cluster.local.",
            f"{KUBECTL} -n kube-system get pods -l k8s-app=kube-dns -o wide; their logs",
            nodes,
        ),
        _each(
            "pods on one node reach those on the next",
            "wget -q -T 3 -O - http://$ip:7070/",
            f"{KUBECTL} get pods -A -o wide; the tunnel's port between the nodes: ufw status",
            nodes,
        ),
        _each(
            f"pods reach {edge.hostname}",
            # Its answer sends people to HTTPS; that it came is enough.
            f"wget -S -T 3 -O /dev/null http://{edge.address}:{port}/ 2>&1 | grep -m 1 HTTP/",
            f"the gates of {edge.hostname}; iptables -t nat -S POSTROUTING on the nodes",
            nodes,
        ),
    ]
    if platform.k8s_control.cni == "calico":
        found.append(
            _each(
                "a network policy is enforced",
                "! wget -q -T 1 -O - http://$ip:7071/",
                f"{PODS} describe networkpolicy probe; {KUBECTL} -n kube-system get pods -o wide",
                nodes,
            )
        )
    return found


def _each(awaits: str, command: str, hint: str, nodes: int) -> Gate:
    """A gate that runs `command` in the probe of every node; $ip is the next node's probe."""
    return Gate(
        "cluster",
        awaits,
        f'ring=$({RING}); test "$(echo "$ring" | grep -c .)" -ge {nodes} ||'
        f" {{ {PODS} get pods -o wide; exit 1; }};"
        ' shut=$(echo "$ring" | { while read -r pod ip node next; do {'
        f' said=$({PODS} exec "$pod" -- env ip="$ip" sh -c \'{command}\' 2>&1 </dev/null) ||'
        ' echo "on $node, asking $next: ${said:-no answer}"; } & done; wait; });'
        ' echo "$shut"; test -z "$shut"',
        hint,
        within=120,
        every=2,
    )


def _secrets(platform: Platform) -> list[Gate]:
    etcd = "/etc/kubernetes/pki/etcd"
    key = f"/registry/secrets/{platform.k8s_worker.app_namespace}/ci-token"
    return [
        Gate(
            "cluster",
            "Secrets are encrypted at rest",
            f"{KUBECTL} -n kube-system exec etcd-{platform.control.hostname} -- etcdctl"
            f" --cacert {etcd}/ca.crt --cert {etcd}/healthcheck-client.crt"
            f" --key {etcd}/healthcheck-client.key get {key} --print-value-only |"
            " head -c 19 | tee /dev/stderr | grep -aqx 'k8s:enc:secretbox:v'",
            "/etc/kubernetes/encryption.yaml; encryption-provider-config in"
            " /etc/kubernetes/manifests/kube-apiserver.yaml: a cluster that was made by hand has"
            " neither",
            within=20,
        ),
        Gate(
            "cluster",
            "no token to join with is left",
            f"said=$({KUBECTL} -n kube-system get secrets --no-headers"
            " --field-selector type=bootstrap.kubernetes.io/token 2>/dev/null);"
            ' echo "$said" | cut -d " " -f 1; test -z "$said"',
            "kubeadm token list; kubeadm token delete",
        ),
    ]


def _pipeline(platform: Platform) -> list[Gate]:
    namespace = platform.k8s_worker.app_namespace
    may = f"kubectl --kubeconfig ~{platform.all.ssh_user}/.kube/ci --request-timeout=10s auth can-i"
    return [
        Gate(
            "cluster",
            f"the pipeline may deploy to {namespace}, and to nowhere else",
            f"{may} create deployments && ! {may} get secrets --namespace kube-system",
            f"~{platform.all.ssh_user}/.kube/ci; {KUBECTL} -n {namespace} describe role ci",
            within=20,
        ),
    ]
