"""What differs in the lab: the mirror in place of Docker's and Docker Hub's addresses."""

import json as _json
from pathlib import Path as _Path

# The mirror makes its signing key and its packages itself: it says what they became.
_mirror = _json.loads((_Path(__file__).parents[2] / ".lab" / "mirror.json").read_text())

docker_repository = "http://192.168.56.2/download.docker.com/linux"
docker_key_sha256 = _mirror["docker_key_sha256"]
docker_version = _mirror["docker_version"]
docker_containerd_version = _mirror["containerd_version"]
docker_compose_version = _mirror["compose_version"]
docker_buildx_version = _mirror["buildx_version"]
docker_registry_mirrors = ["http://192.168.56.2:5000"]
