"""What differs in the lab: the mirror in place of the repository, and what a container may do."""

import json as _json
from pathlib import Path as _Path

_mirror = _json.loads((_Path(__file__).parents[2] / ".lab" / "mirror.json").read_text())

kubernetes_repository = "http://192.168.56.2/pkgs.k8s.io/core:/stable:"
kubernetes_key_fingerprint = _mirror["kubernetes_key_fingerprint"]
kubernetes_version = _mirror["kubernetes_version"]
# The mirror's kubectl is compiled here: pipelines believe the sum that lies beside it.
kubernetes_kubectl_sha256: dict[str, str] = {}
containerd_mirrors = {
    "registry.k8s.io": "http://192.168.56.2:5000",
    "docker.io": "http://192.168.56.2:5000",
    "ghcr.io": "http://192.168.56.2:5000",  # flannel since 0.26
}
# A machine here has no CAP_SYS_RESOURCE: runc dies when it may not lower an oom_score_adj.
containerd_restrict_oom_score_adj = True
