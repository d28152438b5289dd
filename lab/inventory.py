"""The shipped machines, and as many more as WORKERS and CONTROL ask for."""

import runpy as _runpy
from pathlib import Path as _Path

from lab.machines import ADDRESSES as _ADDRESSES
from lab.machines import MORE_CONTROL as _MORE_CONTROL
from lab.machines import addresses as _addresses

_shipped = _runpy.run_path(str(_Path(__file__).parents[1] / "inventory.py"))
_added = {
    name: {"ssh_hostname": address}
    for name, address in _addresses().items()
    if name not in _ADDRESSES
}

docker_host = _shipped["docker_host"]
k8s_control = [*_shipped["k8s_control"], *(it for it in _added.items() if it[0] in _MORE_CONTROL)]
k8s_worker = [*_shipped["k8s_worker"], *(it for it in _added.items() if it[0] not in _MORE_CONTROL)]

k8s_node = k8s_control + k8s_worker
