"""Settings of every machine of the cluster, control plane and workers alike."""

# One repository for each minor version; the key signs all of them.
kubernetes_repository = "https://pkgs.k8s.io/core:/stable:"
kubernetes_key_fingerprint = "DE15B14486CD377B9E876E1A234654DA9A296436"
# What goes with a line, and when that ends, is in spec/lines.py. A cluster that runs goes up by
# `make upgrade`.
kubernetes_version = "1.36.3"
# sha256 of kubectl for Linux on x86-64, by version: pipelines fetch it. Of one that is not here
# they believe the sum that lies beside it.
kubernetes_kubectl_sha256 = {
    "1.36.3": "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336",
    "1.30.14": "7ccac981ece0098284d8961973295f5124d78eab7b89ba5023f35591baa16271",
}

# Where containerd comes from: "distribution", or "docker" for the docker_containerd_version of
# Docker's repository. Kubernetes 1.37 and later need that: no distribution brings a containerd 2.
containerd_source = "distribution"
# Where containerd asks first for the images of a registry, by the registry's name.
containerd_mirrors = {}
# Only where the machine itself may not lower an oom_score_adj, as in a container.
containerd_restrict_oom_score_adj = False
