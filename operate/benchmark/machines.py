"""Sections 1.1 and 4: files of the control plane and of nodes, kubelet and kube-proxy."""

from __future__ import annotations

from operate.benchmark.line import Line, closed, lacks

HOME = "/etc/kubernetes"
KUBELET = "/var/lib/kubelet/config.yaml"
PACKAGED = "the package's file, with nothing secret in it"


def control_lines() -> list[Line]:
    """Section 1.1: who may read and write what the control plane is made of."""
    manifests = {
        "1.1.1, 1.1.2": "kube-apiserver",
        "1.1.3, 1.1.4": "kube-controller-manager",
        "1.1.5, 1.1.6": "kube-scheduler",
        "1.1.7, 1.1.8": "etcd",
    }
    return [
        *(
            Line(
                number,
                f"{name}'s manifest is root's",
                closed(f"{HOME}/manifests/{name}.yaml", "600"),
            )
            for number, name in manifests.items()
        ),
        Line("1.1.11", "etcd's data is for its owner", closed("/var/lib/etcd -maxdepth 0", "700")),
        Line(
            "1.1.12",
            "etcd's data belongs to a user etcd",
            "stat -c %U:%G /var/lib/etcd | tee /dev/stderr | grep -qx etcd:etcd",
            "kubeadm's etcd is a container that runs as root: a user that no process is gains"
            " nothing",
        ),
        Line(
            "1.1.13, 1.1.14",
            "the administrator's kubeconfigs are root's",
            closed(f"{HOME}/*admin.conf", "600"),
        ),
        Line("1.1.15, 1.1.16", "the scheduler's is", closed(f"{HOME}/scheduler.conf", "600")),
        Line(
            "1.1.17, 1.1.18",
            "the controllers' is",
            closed(f"{HOME}/controller-manager.conf", "600"),
        ),
        Line("1.1.19", "keys and certificates are root's", closed(f"{HOME}/pki", "755")),
        Line(
            "1.1.20", "certificates are written by root", closed(f"{HOME}/pki -name '*.crt'", "644")
        ),
        Line("1.1.21", "keys are read by root", closed(f"{HOME}/pki -name '*.key'", "600")),
    ]


def node_lines() -> list[Line]:
    """Sections 1.1.9 and 4, on every node."""
    return [
        Line(
            "1.1.9, 1.1.10", "the pod network's files are root's", closed("/etc/cni/net.d", "755")
        ),
        Line(
            "4.1.1",
            "kubelet's unit is for root's eyes",
            closed("$(systemctl show -P DropInPaths kubelet)", "600"),
            PACKAGED,
        ),
        Line("4.1.2", "and root's", closed("$(systemctl show -P DropInPaths kubelet)", "644")),
        Line(
            "4.1.5, 4.1.6", "kubelet's kubeconfig is root's", closed(f"{HOME}/kubelet.conf", "600")
        ),
        Line("4.1.7, 4.1.8", "the CA is written by root", closed(f"{HOME}/pki/ca.crt", "644")),
        Line("4.1.9, 4.1.10", "kubelet's configuration is root's", closed(KUBELET, "600")),
        *_kubelet(),
        *_proxy(),
    ]


def _says(pattern: str) -> str:
    return f"grep -E '^ *{pattern} *$' {KUBELET}"


def _kubelet() -> list[Line]:
    return [
        Line(
            "4.2.1",
            "nobody asks kubelet without a name",
            f"grep -A1 '^ *anonymous:' {KUBELET} | grep 'enabled: false'",
        ),
        Line("4.2.2", "the API server says who may", _says("mode: Webhook")),
        Line("4.2.3", "clients prove themselves", _says("clientCAFile: .+")),
        Line("4.2.4", "no port without a name", f"! {_says('readOnlyPort: [1-9].*')}"),
        Line(
            "4.2.5",
            "connections that idle end",
            # 0s is what kubeadm writes, and stands for the default of 4 hours.
            f"! {_says('streamingConnectionIdleTimeout: -.*')}",
        ),
        Line("4.2.6", "kubelet keeps its chains", f"! {_says('makeIPTablesUtilChains: false')}"),
        Line("4.2.7", "a node has its own name", lacks("kubelet", "hostname-override=.*")),
        Line("4.2.8", "events are kept", f"! {_says('eventRecordQPS: -.*')}"),
        Line(
            "4.2.9",
            "kubelet's certificate is the cluster's",
            f"{_says('serverTLSBootstrap: true')} && openssl verify -CAfile {HOME}/pki/ca.crt"
            " /var/lib/kubelet/pki/kubelet-server-current.pem",
        ),
        Line("4.2.10", "kubelet renews its certificate", f"! {_says('rotateCertificates: false')}"),
        Line(
            "4.2.11",
            "and the one that it shows",
            f"! {_says('RotateKubeletServerCertificate: false')}",
        ),
        Line("4.2.13", "a pod has a limit of processes", _says("podPidsLimit: [1-9][0-9]*")),
        Line("4.2.14", "seccomp is on for each pod", _says("seccompDefault: true")),
        Line(
            "4.2.15",
            "kubelet's unit names whom it lets in",
            "systemctl show -P IPAddressDeny kubelet | tee /dev/stderr | grep -q .",
            "the firewall lets nodes and pods in, and nobody else",
        ),
    ]


def _proxy() -> list[Line]:
    return [
        Line(
            "4.3.1",
            "kube-proxy's numbers are for this machine",
            "at=$(ss -Hltn 'sport = :10249' | awk '{print $4}'); echo \"$at\";"
            " ! echo \"$at\" | grep -vxE '|127.0.0.1:10249|\\[::1\\]:10249' | grep -q .",
        ),
    ]
