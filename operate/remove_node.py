"""Take a node out of the cluster: drained, deleted, its machine no node any more.

A deploy of its own: `NODE=vm-worker-2 pyinfra inventory.py operate/remove_node.py` (`make
remove-node NODE=vm-worker-2`). GONE=1 is for a node whose machine is off for good: it is neither
drained nor reset. WITHIN is how many seconds pods may take to move away. One that was cut off goes
on where it was when it is run again; while the machine stands in the inventory, a deploy joins it
again.
"""

from __future__ import annotations

import os

from pyinfra import host, inventory

from facts.asking import ask
from facts.nodes import REMAINS, Nodes
from gates import Gate, gates
from operate.draining import within
from operate.leaving import leaving
from operations import etcd, node
from operations.once import in_limit
from spec import Refused
from tasks import cluster, preflight
from tasks.docker_host import edge
from tasks.gate import passed

# Of the environment, as what is said once, for one run.
gone, seconds = os.environ.get("GONE", ""), within()
if gone not in ("", "0", "1"):
    raise Refused(f"GONE is {gone!r}; write GONE=1, or leave it out.", ())

platform = preflight.apply()
going = leaving(
    platform,
    os.environ.get("NODE", ""),
    ask(inventory.get_host(platform.control.name), Nodes),
    gone == "1",
    in_limit(),
)
control = going.without.control  # any but the one that leaves
is_control = host.name == control.name

if is_control and gone != "1":
    node.drain(name=f"Drain {going.node}", platform=platform, node=going.node, within=seconds)
if is_control:
    node.delete(name=f"Delete the node {going.node}", node=going.node)
if is_control and platform.k8s_control.control_plane_address:
    etcd.remove_member(name=f"Have no member {going.node} in etcd", node=going.node)
# What the one that leaves had for those who ask the cluster, another one has from now on.
if len(going.without.controls) < len(platform.controls):
    cluster.apply(going.without)
passed(
    name=f"Wait until the cluster is whole without {going.node}",
    gates=gates(going.without, control, "cluster") if is_control else [],
)
# Its NodePorts lead to others until it is reset.
if "docker_host" in host.groups:
    edge.apply(going.without)
passed(name=f"Wait until nobody is sent to {going.node}", gates=[])
if going.is_on(host.name):
    node.reset(name="Take off the machine what makes it a node", platform=platform)
passed(
    name=f"Wait until {going.node} is an ordinary machine",
    gates=[
        Gate(
            awaits="nothing of a node is left",
            command=f'left=$({REMAINS}\n); echo "$left"; test -z "$left"',
            hint="/var/log/kubeadm.log, and run this again",
        )
    ]
    if going.is_on(host.name)
    else [],
)
