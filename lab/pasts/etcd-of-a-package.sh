# Debian's own etcd on a control plane to be
# from: the package etcd-server; kubernetes/kubeadm's "Port-2379" check
# on: vm-k8s
# refused: port 2379 (etcd) is held by etcd
systemd-run --quiet --collect python3 -c 'import http.server
open("/proc/self/comm", "w").write("etcd")
http.server.HTTPServer(("127.0.0.1", 2379), None).serve_forever()'
timeout 20 sh -c 'until ss -Hltn | grep -q :2379; do sleep 0.2; done'
