"""Settings of the machine that runs Docker, the registry, the TLS edge and the runner."""

docker_repository = "https://download.docker.com/linux"
docker_key_sha256 = "1500c1f56fa9e26b9b8f42452a553675796ade0807cdce11975eb98170b3a570"
docker_version = "28.5.1"
docker_containerd_version = "1.7.28"
docker_compose_version = "2.40.0"
docker_buildx_version = "0.29.1"
# What builds leave here, of images and cache, goes after so many days; the registry keeps its own.
docker_image_days = 14
docker_data_root = "/var/lib/docker"
# Containers get their addresses here; it may overlap no other network.
docker_network = "172.20.0.0/14"
# Mirrors of docker.io, asked first.
docker_registry_mirrors = []
# Who else may use Docker, which is as good as root; ssh_user always may.
docker_users = []

# The registry: its name, its port, and http or https. Over http Docker has to be told that it may.
harbor_url = "http://harbor.local:8080"
# For https: an own certificate and its key, as paths on the operator's machine; with None the
# platform's own CA signs one. `harbor_ca` is who signed an own one, where machines do not trust it
# already.
harbor_certificate = None
harbor_certificate_key = None
harbor_ca = None
harbor_releases = "https://github.com/goharbor/harbor/releases/download"
harbor_version = "2.14.1"
# The bundle's sha256: `curl -sSL …/harbor-offline-installer-v2.14.1.tgz | sha256sum`, best on two
# networks. Without it an OpenPGP signature is asked for, which releases after 2.11 do not have.
harbor_sha256 = None
harbor_key = (
    "https://keyserver.ubuntu.com/pks/lookup?op=get&options=mr"
    "&search=0x7722D168DAEC457806C96FF9644FF454C0B4115C"
)
harbor_key_fingerprint = "7722D168DAEC457806C96FF9644FF454C0B4115C"
# Images, database and keys; give it a disk of its own if there is one.
harbor_data = "/data/harbor"
harbor_project = "threebody"
# So many of the images pushed last stay in each repository, and any that was pulled in the last 90
# days; Harbor removes the others at night. With None it removes none, but by a rule of your own.
harbor_keep_images = 30
# Where it tells the monitoring of itself, where there is one; nobody else is let in.
harbor_metrics_port = 9191

# The TLS edge.
edge_host = "hit.local"
edge_http_port = 80
edge_https_port = 443
edge_image = "nginx:1.30-alpine"
# Requests a second that one address may send to all tiers but the one at /, and how many at once on
# top.
edge_rate = 5
edge_burst = 10
# Requests of one address that are at work at once, and how large a request's body may be, in MiB.
edge_connections = 100
edge_body_mib = 1
# An own certificate and its key, as paths on the operator's machine; with None the platform's own
# CA signs one: `make ca` says how browsers trust it.
edge_certificate = None
edge_certificate_key = None

# Where the code lives: its API, and its SSH behind 443, which gets through where 22 is closed.
gitlab_url = "https://gitlab.com"
# True lets gitlab_url be http: whoever is on the way reads gitlab_token, the runner's token, the
# code and every variable of the pipeline, and may change any of them.
gitlab_in_plain_text = False
gitlab_ssh_host = "altssh.gitlab.com"
gitlab_ssh_port = 443
# As GitLab publishes them (docs: "GitLab.com settings", SSH host keys): SHA256:eUXGGm1Y… and
# SHA256:HbW3g8zU…. Nobody is asked to believe the first key that comes.
gitlab_host_keys = [
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf",
    "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBFSMqzJeV9rUzU4kWitG"
    "jeR4PWSa29SPqJ1fVkhtj3Hw9xjLVXVYrU9QlYWrOLXBpQ6KWjbjTDTdDkoohFzgbEY=",
]

# The project in GitLab that the application is pushed to, as "group/name"; None: not yet. With
# gitlab_token among the secrets a run sets it up; without, it prints what to enter there by hand.
gitlab_project = None
# Variables of its pipelines besides the secrets, {"GO_IMAGE": "…"}: what differs from the
# application's own deploy/ci/settings.sh and Dockerfiles.
pipeline_variables = {}

# The application's repository: laid out once, then its developers'. `application_source` is an
# application of your own in place of the shipped one: a folder or an archive on the operator's
# machine, or a git address that the machine itself clones. README says what it must have.
application_path = "/srv/threebody"
application_source = None

# The CI runner. Its key is known by its fingerprint, not by a sum: GitLab moves the end of its life
# every year or two, and the file changes with it.
runner_repository = "https://packages.gitlab.com/runner/gitlab-runner"
runner_key_fingerprint = "F6403F6544A38863DAA0B6E03F01618A51312F3F"
runner_version = "18.8.0"
# What jobs ask for in `tags:`. It is set in GitLab, where the runner is made: no runner can say it.
runner_tag = "deploy"
