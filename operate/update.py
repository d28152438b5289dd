"""What Debian or Ubuntu has for packages that nobody pins: one machine after the other.

A deploy of its own: `pyinfra inventory.py operate/update.py` (`make update`). A machine is rebooted
where what runs is older than what is installed then, and the next one has its turn when every gate
of every machine is open again. WITHIN is how many seconds the pods of a node may take to move away.
One that was cut off goes on where it was when it is run again.
"""

from __future__ import annotations

from pyinfra import host, inventory, state

from facts.asking import ask
from facts.nodes import Nodes
from gates import by_layer, gates
from operate.draining import within
from operate.updatable import known, updatable
from operate.upgradable import serving
from operations import apt, node, reboot
from operations.once import in_limit, once
from tasks import preflight
from tasks.gate import passed
from tasks.preflight.lock import Lock

PODS = ("cluster", "application", "monitoring")  # what is only well where pods may be
seconds = within()

platform = preflight.apply()
control = inventory.get_host(platform.control.name)
asked = in_limit()
updatable(platform, ask(control, Nodes), asked)
once("updates", lambda: known(platform, list(state.inventory.get_active_hosts())))
is_control = host.name == platform.control.name
own = platform.machine(host.name)
nodes = platform.members("k8s_node")
# What an update breaks is seen first where its pods can move, and last where people come in.
turns = (*(it for it in nodes if it != platform.control), platform.control, platform.docker)

apt.repair(name="Repair half-configured packages")
for machine in host.loop(nodes):  # type: ignore[no-untyped-call]
    if is_control:
        node.uncordon(name=f"Uncordon {machine.hostname}", node=machine.hostname)
passed(name="Wait until every gate is open", gates=gates(platform, own))

for machine in host.loop(turns):  # type: ignore[no-untyped-call]
    name, is_node = machine.hostname, machine in nodes
    is_here = host.name == machine.name
    if is_control and is_node:
        node.drain_for_updates(
            name=f"Empty {name}",
            platform=platform,
            node=name,
            machine=inventory.get_host(machine.name),
            within=seconds,
        )
    passed(name=f"Wait until {name} is empty", gates=[])
    if is_here:
        apt.upgrade(name=f"Bring {name} the packages that wait")
        reboot.reboot(
            name=f"Reboot {name} where what runs is old", held_again=lambda it: Lock(it).answer()
        )
    below = by_layer(platform, own) if is_here else {}
    passed(
        name=f"Wait until {name} may have pods",
        gates=[gate for layer in below if layer not in PODS for gate in below[layer]],
    )
    if is_control and is_node:
        node.uncordon(name=f"Uncordon {name}", node=name)
    passed(
        name=f"Wait until all is well with {name}",
        gates=[
            *gates(platform, own),
            *(serving(platform, name) if is_control and is_node else []),
        ],
    )
