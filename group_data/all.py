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
# Where `make backup` and `make etcd-backup` put what they bring, from operator_folder on; how many
# of each stay, and of the first for how many days at most, if that counts. The newest always stays.
backup_folder = "backups"
backup_keep = 14
backup_days = None
# So many days after the last good `make backup` a gate is shut; before the first one it is open.
backup_due = 8
# Whom `make backup` encrypts for: the public key that `age-keygen -o KEY` prints, age1…. Keep the
# file KEY, which has the private one, elsewhere: without it nobody can read a backup.
backup_recipient = None

dns_servers = ["1.1.1.1", "8.8.8.8"]
dns_fallback = ["9.9.9.9", "8.8.4.4"]
# A name that must resolve before anything is fetched by name.
dns_probe = "registry-1.docker.io"
