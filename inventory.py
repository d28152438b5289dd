"""Which machine plays which role.

`ssh_hostname` is how pyinfra reaches a machine and, unless `address` says otherwise, where the
other machines reach it on the node network. `host_key` (`"ssh-ed25519 AAAA…"`) is the key that it
proves itself by, in place of a line in known_hosts, which `make trust` writes.
"""

docker_host = [("vm-docker", {"ssh_hostname": "192.168.56.42"})]
k8s_control = [("vm-k8s", {"ssh_hostname": "192.168.56.43"})]
k8s_worker = [("vm-worker", {"ssh_hostname": "192.168.56.44"})]

k8s_node = k8s_control + k8s_worker
