"""Settings of every machine."""

# How pyinfra gets in: an ordinary user who may use sudo. Its password, if sudo asks for one, is a
# secret: see secrets.env.
ssh_user = "admin"
_sudo = True

# The network that the machines share; it may use every port that a role opens.
node_network = "192.168.56.0/24"
# Networks of people who administer the machines, elsewhere or within node_network: for SSH, the
# Kubernetes API, Harbor, and NodePorts, which answer to the edge and to them alone. SSH from the
# address that a run comes from is always let in.
operator_networks = []
# Where a run puts what it brings here, kubeconfig and kubeconfig-ci; from this checkout's top.
operator_folder = "."
# Where `make etcd-backup` puts what it brings, from operator_folder on; and how many it keeps.
backup_folder = "backups"
backup_keep = 14

dns_servers = ["1.1.1.1", "8.8.8.8"]
dns_fallback = ["9.9.9.9", "8.8.4.4"]
# A name that must resolve before anything is fetched by name.
dns_probe = "registry-1.docker.io"
