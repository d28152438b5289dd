"""What differs in the lab: the mirror in place of Docker's and Docker Hub's addresses."""

import json as _json
import os as _os
from pathlib import Path as _Path

from lab import PROJECT as _PROJECT

# The mirror makes its signing key and its packages itself: it says what they became.
_mirror = _json.loads((_Path(__file__).parents[2] / ".lab" / "mirror.json").read_text())

docker_repository = "http://192.168.56.2/download.docker.com/linux"
docker_key_sha256 = _mirror["docker_key_sha256"]
docker_version = _mirror["docker_version"]
docker_containerd_version = _mirror["containerd_version"]
docker_compose_version = _mirror["compose_version"]
docker_buildx_version = _mirror["buildx_version"]
harbor_releases = "http://192.168.56.2/github.com/goharbor/harbor/releases/download"
harbor_version = _mirror["harbor_version"]
harbor_sha256 = _mirror["harbor_sha256"]
harbor_key = "http://192.168.56.2/keyserver.ubuntu.com/pks/lookup"
harbor_key_fingerprint = _mirror["harbor_key_fingerprint"]
docker_registry_mirrors = ["http://192.168.56.2:5000"]

gitlab_url = "http://192.168.56.2/gitlab.com"
gitlab_in_plain_text = True
gitlab_host_keys = [_mirror["gitlab_host_key"]]
# Only where a run may set it up: see lab/README.md.
gitlab_project = _PROJECT if _os.environ.get("GITLAB_TOKEN") else None
# What no machine here reaches, and what a Go that links dynamically would need.
pipeline_variables = {
    "KUBECTL_RELEASES": "http://192.168.56.2/dl.k8s.io/release",
    "RUNTIME_IMAGE": "distroless/static-debian12:nonroot",
}
runner_repository = "http://192.168.56.2/packages.gitlab.com/runner/gitlab-runner"
runner_key_fingerprint = _mirror["runner_key_fingerprint"]
runner_version = _mirror["runner_version"]
