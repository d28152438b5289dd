"""C5, D2: every node is there, and pods reach what they should, and nothing else."""

from __future__ import annotations

import json
import re
import shlex

from facts.cluster import LASTS
from facts.kubernetes import API, KUBECTL, SERVER, strangers
from facts.users import home
from gates.gate import Gate
from spec import Machine, Platform
from spec.certificate import LEAST_DAYS
from spec.kubernetes import KUBELET_PORT

PODS = f"{KUBECTL} -n threebody-probe"
# What runs on each node for the pod network.
DAEMONS = {"calico": ("calico-node",), "flannel": ("kube-flannel-ds", "kube-router")}
# Of one of these: its name, which edit it is at and which was seen, and on how many nodes it is to
# run, runs as it is now, and runs well.
COLUMNS = (
    "NAME:.metadata.name",
    *("EDIT:.metadata.generation", "SEEN:.status.observedGeneration"),
    *("NODES:.status.desiredNumberScheduled", "NEW:.status.updatedNumberScheduled"),
    "WELL:.status.numberAvailable",
)


def gates(platform: Platform, machine: Machine) -> list[Gate]:
    """What every node sees of the cluster, and on its control plane what the whole of it does."""
    network = _network(platform)
    if machine != platform.control:
        return network
    return [
        *_nodes(platform),
        _known(platform),
        _rolled_out(platform),
        *network,
        *_secrets(platform),
        *_pipeline(platform),
        _fence(platform),
    ]


def _nodes(platform: Platform) -> list[Gate]:
    nodes = platform.members("k8s_node")
    names = "|".join(re.escape(node.hostname) for node in nodes)
    version = f"v{platform.k8s_node.kubernetes_version}"

    def all_are(state: str) -> str:
        line = shlex.quote(f"^({names}) {state}( |$)")
        return f"nodes-show | tee /dev/stderr | grep -cE {line} | grep -qx {len(nodes)}"

    def none_is(state: str) -> str:
        return f'known=$(nodes-show) && test -n "$known" && ! echo "$known" | grep -E {state}'

    return [
        Gate(
            awaits="no node is cordoned",
            command=none_is("' cordoned$'"),
            hint=f"who works on it; {KUBECTL} uncordon NODE when that is over",
            within=1,
        ),
        Gate(
            # Of one that says it is not Ready yet there is more to hope than of one that is off.
            awaits="every kubelet is heard of",
            command=none_is("' silent( |$)'"),
            hint="on the node: systemctl status kubelet; does it reach the API server? ufw status",
            within=60,
            every=2,
        ),
        Gate(
            awaits="every node is Ready",
            command=all_are(".* Ready"),
            hint=f"{KUBECTL} describe nodes; on the node: journalctl -u kubelet -n 50",
            within=300,
            every=2,
        ),
        Gate(
            awaits=f"kubelet is {version} on every node",
            command=all_are(re.escape(version)),
            hint=f"{KUBECTL} get nodes; on the node: kubelet --version; systemctl restart kubelet",
            within=60,
            every=2,
        ),
        Gate(
            # kubelet evicts pods of a node that is short of something, and takes no new ones.
            awaits="no node is short of disk, memory or processes",
            command=none_is("Pressure"),
            hint=(
                "on the node: df -h /var/lib; free -m; five minutes after there is room again it"
                " opens"
            ),
            within=20,
        ),
    ]


def _known(platform: Platform) -> Gate:
    addresses = [f"{node.address}:{KUBELET_PORT}" for node in platform.members("k8s_node")]
    return Gate(
        awaits="every kubelet has a certificate of the cluster's",
        command=f'left=$({strangers(addresses)}); echo "$left"; test -z "$left"',
        hint=f"{KUBECTL} get csr; systemctl start approve-kubelets; journalctl -u approve-kubelets",
        within=60,
        every=2,
    )


def _rolled_out(platform: Platform) -> Gate:
    """A version that no node can pull is missed by nobody else: the kernel keeps its routes."""
    names = DAEMONS[platform.k8s_control.cni]
    whole = "$2 == $3 && $4 == $5 + 0 && $4 == $6 + 0"
    return Gate(
        awaits="the pod network has one version on every node",
        command=(
            f"{KUBECTL} get daemonsets -A --no-headers -o custom-columns={','.join(COLUMNS)} |"
            f" grep -E '^({'|'.join(names)}) ' | tee /dev/stderr |"
            f" awk '{whole} {{ done += 1 }} END {{ exit done != {len(names)} }}'"
        ),
        hint=f"{KUBECTL} get pods -A -o wide; describe those of {' and '.join(names)}",
        within=300,
        every=2,
    )


def _network(platform: Platform) -> list[Gate]:
    nodes = len(platform.members("k8s_node"))
    edge = platform.docker
    port = platform.docker_host.edge_http_port
    return [
        _in_pod(
            "pods find names",
            "nslookup -type=a kubernetes.default.svc.cluster.local.",
            f"{KUBECTL} -n kube-system get pods -l k8s-app=kube-dns -o wide; their logs",
        ),
        _in_pod(
            "pods on one node reach those on the next",
            "wget -q -T 5 -O - http://$ip:7070/",
            f"{KUBECTL} get pods -A -o wide; the tunnel's port between the nodes: ufw status",
            nodes,
        ),
        _in_pod(
            f"pods reach {edge.hostname}",
            # Its answer sends people to HTTPS, and wget would look that name up in vain.
            f"said=$(printf 'GET / HTTP/1.0\\r\\n\\r\\n' | nc -w 3 {edge.address} {port} 2>&1);"
            ' echo "$said" | grep -m 1 HTTP/ || { echo "${said:-no answer}"; false; }',
            f"the gates of {edge.hostname}; iptables -t nat -S POSTROUTING on the nodes",
        ),
        _in_pod(
            "a network policy is enforced",
            "! wget -q -T 1 -O - http://$ip:7071/",
            f"{PODS} describe networkpolicy probe; {KUBECTL} -n kube-system get pods -o wide",
            nodes,
        ),
    ]


def _in_pod(awaits: str, command: str, hint: str, nodes: int | None = None) -> Gate:
    """A gate that runs `command` in the probe on its node; $ip is that of the next of `nodes`."""
    words = ["probe-asks", command, *([f"{nodes}"] if nodes else [])]
    return Gate(awaits=awaits, command=shlex.join(words), hint=hint, within=120, every=2)


def _secrets(platform: Platform) -> list[Gate]:
    get = "etcd-get /registry/secrets"
    return [
        Gate(
            awaits="Secrets are encrypted at rest",
            command=(
                f"{get}/threebody-probe/probe |"
                " head -c 19 | tee /dev/stderr | grep -aqx 'k8s:enc:secretbox:v'"
            ),
            hint=(
                "/etc/kubernetes/encryption.yaml; encryption-provider-config in"
                " /etc/kubernetes/manifests/kube-apiserver.yaml: a cluster that was made by hand"
                " has neither"
            ),
            within=20,
        ),
        Gate(
            awaits="no token to join with is left",
            # Its Secret must have that name, or it lets nobody in.
            command=(
                f"left=$({get}/kube-system/bootstrap-token- --prefix) &&"
                ' echo "$left" && test -z "$left"'
            ),
            hint="kubeadm token list; kubeadm token delete",
        ),
    ]


def _pipeline(platform: Platform) -> list[Gate]:
    namespace, user = platform.k8s_worker.app_namespace, platform.all.ssh_user
    kubectl = f'kubectl --kubeconfig "{home(user)}/.kube/ci" --request-timeout=10s'
    return [
        Gate(
            awaits=f"the pipeline may make Deployments in {namespace}",
            command=f"{kubectl} auth can-i create deployments.apps -n {namespace}",
            hint=f"~{user}/.kube/ci; {KUBECTL} -n {namespace} describe role ci",
            within=20,
        ),
        Gate(
            awaits="the pipeline may not read the Secrets of kube-system",
            # No answer is no no.
            command=(
                f"{kubectl} auth can-i get secrets -n kube-system | tee /dev/stderr | grep -q '^no'"
            ),
            hint=(
                f"~{user}/.kube/ci; {KUBECTL} get rolebindings,clusterrolebindings -A -o wide:"
                " what else was given to ci?"
            ),
            within=20,
        ),
        Gate(
            awaits=f"the pipeline's token lasts another {LEAST_DAYS} days, and ends",
            command=(
                f"{LASTS}\nleft=$(lasts \"{home(user)}/.kube/ci\" | cut -d ' ' -f 1);"
                f' echo "${{left:-without an end}}"; test "$left" -ge {LEAST_DAYS}'
            ),
            hint="a run turns it over",
        ),
    ]


def _fence(platform: Platform) -> Gate:
    namespace = platform.k8s_worker.app_namespace
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "outside", "namespace": namespace},
        "spec": {
            "hostNetwork": True,
            "containers": [{"name": "main", "image": platform.k8s_control.probe_image}],
        },
    }
    return Gate(
        awaits="a pod of the application's stays in its namespace",
        # The API server says what it would do, and does not do it.
        command=(
            f"at={SERVER}; echo {shlex.quote(json.dumps(pod))} |"
            f" {API} --no-fail --show-error --header 'Content-Type: application/json' --data @-"
            f' "$at/api/v1/namespaces/{namespace}/pods?dryRun=All" |'
            " grep -o 'violates PodSecurity.*'"
        ),
        hint=f"{KUBECTL} get namespace {namespace} --show-labels",
        within=20,
    )
