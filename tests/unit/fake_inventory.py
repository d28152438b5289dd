"""The shipped machines behind pyinfra's @fake connector, bare, or with the fault in $FAKE_FAULT.

Those of $FAKE_KEPT are secrets that they keep, other ones than ours.
"""

import os as _os
import runpy as _runpy
from pathlib import Path as _Path

from tests.unit.probe_recorded import SYSTEM as _SYSTEM
from tests.unit.probe_recorded import printed as _printed

_shipped = _runpy.run_path(str(_Path(__file__).parents[2] / "inventory.py"))
_fault = _os.environ.get("FAKE_FAULT", "")
_probe = {
    "": {"stdout": _printed()},
    "distribution": {
        "stdout": _printed(
            system="distribution plan9\nversion 4\narchitecture amd64\n"
            "memory 8000\ncpus 2\nwatchers 128\nwatches 65536\n"
            "flags cx16 lahf_lm popcnt sse4_1 sse4_2 ssse3"
        )
    },
    "room": {"stdout": _printed(system=_SYSTEM + "\nroom /usr 12 /usr")},
    "sudo": {"success": False, "stderr": ["refused: sudo: a password is required"]},
}.get(_fault, {"stdout": ["os debian 13", "free / 9000"]})
_theirs = [f"{name} {'0a' * 32}" for name in _os.environ.get("FAKE_KEPT", "").split()]
_faked = {
    "fake_delay": 0,
    "fake_delay_jitter": 0,
    "fake_responses": {
        "refused: $said": _probe,
        # Digests that are nobody's, of what a platform keeps that others have deployed.
        "sha256sum | cut": _theirs,
        "users/current": {"success": False},
        "clock_daemon": ["distribution debian", "codename trixie", "architecture amd64"],
    },
}


def _fake(group: str) -> list[tuple[str, dict[str, object]]]:
    return [(f"@fake/{name}", {**data, **_faked}) for name, data in _shipped[group]]


docker_host = _fake("docker_host")
k8s_control = _fake("k8s_control")
k8s_worker = _fake("k8s_worker")
k8s_node = k8s_control + k8s_worker
