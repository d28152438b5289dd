"""What breaks the subject of each gate of the cluster, and what mends it by hand."""

from __future__ import annotations

from tests.lab.breaks import Break
from tests.lab.cluster import CNI, KUBERNETES, TUNNEL

KUBECTL = "kubectl --kubeconfig /etc/kubernetes/admin.conf"
# kubelet would say otherwise within seconds.
UNREADY = (
    f"systemctl stop kubelet && {KUBECTL} patch node vm-k8s --subresource=status --patch"
    """ '{"status":{"conditions":[{"type":"Ready","status":"Unknown"}]}}'"""
)
READY = (
    f"systemctl start kubelet && {KUBECTL} wait --for=condition=Ready node/vm-k8s --timeout=180s"
)
# With kubelet stopped, which would say otherwise as well.
OLD = (
    f"{KUBECTL} patch node vm-k8s --subresource=status --patch"
    """ '{"status":{"nodeInfo":{"kubeletVersion":"v1.29.0"}}}'"""
)
DISK = (
    f"{KUBECTL} patch node vm-k8s --subresource=status --patch"
    """ '{{"status":{{"conditions":[{{"type":"DiskPressure","status":"{}"}}]}}}}'"""
)
POLICY = (
    f"{KUBECTL} -n threebody-probe patch networkpolicy probe --type=json --patch"
    """ '[{{"op":"replace","path":"/spec/ingress","value":{}}}]'"""
)
DAEMON = {
    "calico": "-n kube-system patch daemonset calico-node",
    "flannel": "-n kube-flannel patch daemonset kube-flannel-ds",
}[CNI]
# Another one than runs; with "OnDelete" no pod is touched for it.
OTHER = (
    f"{KUBECTL} {DAEMON} --patch"
    """ '{{"spec":{{"updateStrategy":{{"type":"{}"}},"template":{{"metadata":{{"annotations":"""
    """{{"other":{}}}}}}}}}}}'"""
)
AGAIN = f"until {KUBECTL} get --raw /readyz; do sleep 1; done"
AUDITED = "pgrep -f '^kube-apiserver .*audit-log-path='"
CLUSTER_BREAKS = {
    "swap is off": Break(
        1,
        "vm-worker",
        # A container is refused swap of its own.
        "printf 'Filename Type Size Used Priority\\n/swap.img file 1048572 0 -2\\n' >/root/swaps"
        " && mount --bind /root/swaps /proc/swaps",
        "umount /proc/swaps",
    ),
    "bridged packets pass iptables, and packets are routed": Break(
        2, "vm-worker", "sysctl -w net.ipv4.ip_forward=0", "sysctl -w net.ipv4.ip_forward=1"
    ),
    "containerd runs pods under systemd's cgroups": Break(
        6, "vm-worker", "systemctl stop containerd", "systemctl start containerd"
    ),
    "containerd knows the registry harbor.local:8080": Break(
        1,
        "vm-worker",
        "mv /etc/containerd/certs.d/harbor.local:8080 /root/",
        "mv /root/harbor.local:8080 /etc/containerd/certs.d/",
    ),
    "harbor.local:8080 can be reached from here": Break(
        3,
        "vm-worker",
        "iptables -I OUTPUT -d 192.168.56.42 -j REJECT",
        "iptables -D OUTPUT -d 192.168.56.42 -j REJECT",
    ),
    f"kubelet, kubeadm and kubectl are {KUBERNETES}": Break(
        1, "vm-worker", "mv /usr/bin/kubectl /root/", "mv /root/kubectl /usr/bin/"
    ),
    "their versions are held": Break(
        1, "vm-worker", "apt-mark unhold kubeadm", "apt-mark hold kubeadm"
    ),
    "kubelet runs": Break(3, "vm-worker", "systemctl stop kubelet", "systemctl start kubelet"),
    "/data/threebody/mysql is the database's alone": Break(
        1, "vm-worker", "chmod 0755 /data/threebody/mysql", "chmod 0700 /data/threebody/mysql"
    ),
    "the Kubernetes API answers at 192.168.56.43:6443": Break(
        6,
        "vm-k8s",
        "mv /etc/kubernetes/manifests/kube-apiserver.yaml /root/ &&"
        " crictl rm -f $(crictl ps -q --name kube-apiserver)",
        "mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/ &&"
        f" until {KUBECTL} get --raw /readyz; do sleep 1; done",
    ),
    "certificates of the control plane last another 30 days": Break(
        1,
        "vm-k8s",
        "cd /etc/kubernetes/pki && cp -a front-proxy-client.crt /root/ &&"
        " openssl req -x509 -nodes -newkey rsa:2048 -days 29 -subj /CN=x -keyout /dev/null"
        " -out front-proxy-client.crt",
        "mv /root/front-proxy-client.crt /etc/kubernetes/pki/",
    ),
    "the node vm-k8s is Ready": Break(5, "vm-k8s", UNREADY, READY),
    "no node is cordoned": Break(
        5, "vm-k8s", f"{KUBECTL} cordon vm-worker", f"{KUBECTL} uncordon vm-worker"
    ),
    "every kubelet is heard of": Break(5, "vm-k8s", UNREADY, READY),
    "every node is Ready": Break(5, "vm-k8s", UNREADY, READY),
    f"kubelet is v{KUBERNETES} on every node": Break(5, "vm-k8s", OLD, READY),
    "no node is short of disk, memory or processes": Break(
        5, "vm-k8s", DISK.format("True"), DISK.format("False")
    ),
    "admin may ask the cluster": Break(
        1, "vm-k8s", "mv /home/admin/.kube/config /root/", "mv /root/config /home/admin/.kube/"
    ),
    "pods find names": Break(
        2,
        "vm-k8s",
        f"{KUBECTL} -n kube-system scale deployment coredns --replicas=0 &&"
        f" {KUBECTL} -n kube-system wait --for=delete pod -l k8s-app=kube-dns --timeout=180s",
        f"{KUBECTL} -n kube-system scale deployment coredns --replicas=2",
    ),
    "pods on one node reach those on the next": Break(
        4,
        "vm-k8s",
        f"iptables -t raw -I PREROUTING -p udp --dport {TUNNEL} -j DROP",
        f"iptables -t raw -D PREROUTING -p udp --dport {TUNNEL} -j DROP",
    ),
    "the pod network has one version on every node": Break(
        1, "vm-k8s", OTHER.format("OnDelete", '"yes"'), OTHER.format("RollingUpdate", "null")
    ),
    "pods reach vm-docker": Break(
        4,
        "vm-k8s",
        "iptables -t raw -I PREROUTING -s 10.244.0.0/16 -d 192.168.56.42 -j DROP",
        "iptables -t raw -D PREROUTING -s 10.244.0.0/16 -d 192.168.56.42 -j DROP",
    ),
    "a network policy is enforced": Break(
        3, "vm-k8s", POLICY.format("[{}]"), POLICY.format('[{"ports":[{"port":7070}]}]')
    ),
    "no token to join with is left": Break(
        1,
        "vm-k8s",
        "kubeadm token create abcdef.0123456789abcdef",
        "kubeadm token delete abcdef",
    ),
    "the API server writes down who asked for what": Break(
        8,
        "vm-k8s",
        "cd /etc/kubernetes/manifests && mv kube-apiserver.yaml /root/ &&"
        " grep -v audit-log-path= /root/kube-apiserver.yaml >kube-apiserver.yaml &&"
        f" while {AUDITED}; do sleep 1; done; {AGAIN}",
        "mv /root/kube-apiserver.yaml /etc/kubernetes/manifests/ &&"
        f" until {AUDITED}; do sleep 1; done; {AGAIN}",
    ),
    "every kubelet has a certificate of the cluster's": Break(
        7,
        "vm-worker",
        "systemctl stop kubelet && cd /root && openssl req -x509 -newkey rsa:2048 -nodes -days 9"
        " -subj /CN=vm-worker -keyout own.key -out own.crt 2>/dev/null && systemd-run --quiet"
        " --unit impostor openssl s_server -accept 10250 -www -cert /root/own.crt -key"
        " /root/own.key && until curl -ks https://127.0.0.1:10250/; do sleep 1; done",
        "systemctl stop impostor && systemctl start kubelet",
        seen_on="vm-k8s",
    ),
    "a pod of the application's stays in its namespace": Break(
        1,
        "vm-k8s",
        f"{KUBECTL} label namespace threebody-prod pod-security.kubernetes.io/enforce-",
        f"{KUBECTL} label namespace threebody-prod pod-security.kubernetes.io/enforce=baseline",
    ),
    "the pipeline's token lasts another 30 days, and ends": Break(
        2,
        "vm-k8s",
        "cd /home/admin/.kube && cp -a ci /root/ &&"
        f" token=$({KUBECTL} -n threebody-prod-ci create token ci --duration=24h) &&"
        ' sed -i "s/token: [^}]*/token: $token/" ci',
        "mv /root/ci /home/admin/.kube/",
    ),
    "the pipeline may make Deployments in threebody-prod": Break(
        1, "vm-k8s", "mv /home/admin/.kube/ci /root/", "mv /root/ci /home/admin/.kube/"
    ),
    "the pipeline may not read the Secrets of kube-system": Break(
        2,
        "vm-k8s",
        f"{KUBECTL} -n kube-system create rolebinding too-much --clusterrole=admin"
        " --serviceaccount=threebody-prod-ci:ci",
        f"{KUBECTL} -n kube-system delete rolebinding too-much",
    ),
}
