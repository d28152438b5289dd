"""Settings of the machine that runs Docker, the registry, the TLS edge and the runner."""

docker_repository = "https://download.docker.com/linux"
docker_key_sha256 = "1500c1f56fa9e26b9b8f42452a553675796ade0807cdce11975eb98170b3a570"
docker_version = "28.5.1"
docker_containerd_version = "1.7.28"
docker_compose_version = "2.40.0"
docker_buildx_version = "0.29.1"
docker_data_root = "/var/lib/docker"
# Containers get their addresses here; it may overlap no other network.
docker_network = "172.20.0.0/14"
# Mirrors of docker.io, asked first.
docker_registry_mirrors = []
# Who else may use Docker, which is as good as root; ssh_user always may.
docker_users = []

# The registry, over plain HTTP inside the node network.
harbor_host = "harbor.local"
harbor_port = 8080

# The TLS edge.
edge_host = "hit.local"
edge_http_port = 80
edge_https_port = 443
edge_image = "nginx:1.28-alpine"
# Requests a second that one address may send to /go/ and to /laravel/, and how many at once on top.
edge_rate = 5
edge_burst = 10
# An own certificate and its key, as paths on the operator's machine; None makes a self-signed one.
edge_certificate = None
edge_certificate_key = None
