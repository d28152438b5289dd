"""What differs in the lab: the mirror's manifests, and what a container's kernel refuses."""

import json as _json
import os as _os
from pathlib import Path as _Path

from lab.machines import VIRTUAL as _VIRTUAL

_mirror = _json.loads((_Path(__file__).parents[2] / ".lab" / "mirror.json").read_text())
_minor = int(_mirror["kubernetes_version"].split(".")[1])

cni = _mirror["cni"]
calico_manifests = "http://192.168.56.2/raw.githubusercontent.com/projectcalico/calico"
flannel_manifests = "http://192.168.56.2/raw.githubusercontent.com/flannel-io/flannel"
flannel_version = _mirror["flannel_version"]
flannel_sha256 = _mirror["flannel_sha256"]

control_plane_address = _VIRTUAL if _os.environ.get("CONTROL") else None

# A machine's disk is the outer machine's: what else fills that one must evict no pod and drop no
# image here. kubelet's own limits are parts of the whole, 10 and 15 of a hundred.
kubeadm_kubelet = {
    "evictionHard": {
        "memory.available": "100Mi",
        "nodefs.available": "1Gi",
        "imagefs.available": "1Gi",
    },
    "imageGCHighThresholdPercent": 100,
}
# nf_conntrack_max is the outer machine's, and read-only here.
kubeadm_kube_proxy = {"conntrack": {"maxPerCore": 0}}
# kubeadm 1.30 fails this check of its own when a newer Go compiled it: its URL parser got stricter.
kubeadm_ignored_errors = ["HTTPProxyCIDR"]
if _minor >= 35:
    # A machine here has the cgroups that the outer machine has, and those may be of version 1.
    kubeadm_kubelet["failCgroupV1"] = False
    kubeadm_ignored_errors = ["SystemVerification"]
