"""C5, D2: every node is there, and pods reach what they should, and nothing else."""

from __future__ import annotations

import json
import shlex

from facts.kubernetes import KUBECTL
from gates.gate import Gate
from spec import Machine, Platform

PODS = f"{KUBECTL} -n threebody-probe"


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every node sees of the cluster, and on its control plane what the whole of it does."""
    network = _network(platform)
    if machine != platform.control:
        return network
    return [_ready(platform), _roomy(), *network, *_secrets(platform), *_pipeline(platform)]


def _ready(platform: Platform) -> Gate:
    wanted = " ".join(node.hostname for node in platform.members("k8s_node"))
    version = f"v{platform.k8s_node.kubernetes_version}"
    ready = '{.status.conditions[?(@.type=="Ready")].status}'
    line = f'{{.metadata.name}} {{.status.nodeInfo.kubeletVersion}} Ready={ready}{{"\\n"}}'
    return Gate(
        "cluster",
        f"every node is Ready at {version}",
        f"said=$({KUBECTL} get nodes -o jsonpath='{{range .items[*]}}{line}{{end}}');"
        f' echo "$said"; for node in {wanted}; do'
        f' echo "$said" | grep -qx "$node {version} Ready=True" ||'
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
        _in_pod(
            "pods find names",
            "nslookup -type=a kubernetes.default.svc.cluster.local.",
            f"{KUBECTL} -n kube-system get pods -l k8s-app=kube-dns -o wide; their logs",
        ),
        _in_pod(
            "pods on one node reach those on the next",
            "wget -q -T 3 -O - http://$ip:7070/",
            f"{KUBECTL} get pods -A -o wide; the tunnel's port between the nodes: ufw status",
            nodes,
        ),
        _in_pod(
            f"pods reach {edge.hostname}",
            # Its answer sends people to HTTPS; that it came is enough.
            f"said=$(wget -S -T 3 -O /dev/null http://{edge.address}:{port}/ 2>&1);"
            ' echo "$said" | grep -m 1 HTTP/ || { echo "${said:-no answer}"; false; }',
            f"the gates of {edge.hostname}; iptables -t nat -S POSTROUTING on the nodes",
        ),
    ]
    if platform.k8s_control.cni == "calico":
        found.append(
            _in_pod(
                "a network policy is enforced",
                "! wget -q -T 1 -O - http://$ip:7071/",
                f"{PODS} describe networkpolicy probe; {KUBECTL} -n kube-system get pods -o wide",
                nodes,
            )
        )
    return found


def _in_pod(awaits: str, command: str, hint: str, nodes: int | None = None) -> Gate:
    """A gate that runs `command` in the probe on its node; $ip is that of the next of `nodes`."""
    words = ["probe-asks", command, *([f"{nodes}"] if nodes else [])]
    return Gate("cluster", awaits, shlex.join(words), hint, within=120, every=2)


def _secrets(platform: Platform) -> list[Gate]:
    pki = "/etc/kubernetes/pki/etcd"
    get = (
        f"in-pod kube-system etcd etcdctl --cacert {pki}/ca.crt --cert"
        f" {pki}/healthcheck-client.crt --key {pki}/healthcheck-client.key get /registry/secrets"
    )
    return [
        Gate(
            "cluster",
            "Secrets are encrypted at rest",
            f"{get}/{platform.k8s_worker.app_namespace}/ci-token --print-value-only |"
            " head -c 19 | tee /dev/stderr | grep -aqx 'k8s:enc:secretbox:v'",
            "/etc/kubernetes/encryption.yaml; encryption-provider-config in"
            " /etc/kubernetes/manifests/kube-apiserver.yaml: a cluster that was made by hand has"
            " neither",
            within=20,
        ),
        Gate(
            "cluster",
            "no token to join with is left",
            # Its Secret must have that name, or it lets nobody in.
            f"left=$({get}/kube-system/bootstrap-token- --prefix --keys-only) || exit 1;"
            ' echo "$left"; test -z "$left"',
            "kubeadm token list; kubeadm token delete",
        ),
    ]


def _pipeline(platform: Platform) -> list[Gate]:
    namespace = platform.k8s_worker.app_namespace
    reviews = {
        "apiVersion": "v1",
        "kind": "List",
        "items": [
            _review(namespace=namespace, verb="create", group="apps", resource="deployments"),
            _review(namespace="kube-system", verb="get", resource="secrets"),
        ],
    }
    # What `kubectl auth can-i` asks, both at once; a review is answered, and kept nowhere.
    ask = f"kubectl --kubeconfig ~{platform.all.ssh_user}/.kube/ci --request-timeout=10s create"
    return [
        Gate(
            "cluster",
            f"the pipeline may deploy to {namespace}, and to nowhere else",
            f"said=$(echo {shlex.quote(json.dumps(reviews))} |"
            f" {ask} -f - -o jsonpath='may={{.status.allowed}} ') && echo \"$said\" &&"
            ' test "$said" = "may=true may=false "',
            f"~{platform.all.ssh_user}/.kube/ci; {KUBECTL} -n {namespace} describe role ci",
            within=20,
        ),
    ]


def _review(**attributes: str) -> dict[str, object]:
    return {
        "apiVersion": "authorization.k8s.io/v1",
        "kind": "SelfSubjectAccessReview",
        "spec": {"resourceAttributes": attributes},
    }
