"""What differs in the lab: the mirror's Helm, and its own charts under the real ones' names."""

import json as _json
import runpy as _runpy
from pathlib import Path as _Path

_checkout = _Path(__file__).parents[2]
_mirror = _json.loads((_checkout / ".lab" / "mirror.json").read_text())
_pins = _runpy.run_path(str(_checkout / "group_data/k8s_worker.py"))["monitoring_charts"]

monitoring_helm_releases = "http://192.168.56.2/get.helm.sh"
monitoring_helm_version = _mirror["helm_version"]
monitoring_helm_sha256 = _mirror["helm_sha256"]
monitoring_charts = {
    name: {
        **pin,
        "releases": "http://192.168.56.2/charts",
        "sha256": _mirror[f"chart_{name}_sha256"],
        "source": "lab/mirror/charts",
    }
    for name, pin in _pins.items()
}
