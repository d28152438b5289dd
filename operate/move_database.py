"""Move the shop's database to another worker, with its data.

A deploy of its own: `NODE=vm-worker-2 pyinfra inventory.py operate/move_database.py` (`make
move-database NODE=vm-worker-2`). The shop has no database meanwhile. The copy is compared with what
it is of before the cluster is told; the old data is set aside, not removed, once the database is at
work again. One that was cut off goes on when it is run again.
"""

from __future__ import annotations

import os

from pyinfra import host, inventory

from facts.asking import ask
from facts.database import DataFolder, Moving
from facts.nodes import Nodes
from operate.moving import Seen, follows, move
from operations import database
from operations.once import in_limit
from tasks import preflight
from tasks.gate import passed

platform = preflight.apply()
path = platform.k8s_worker.app_database_path
control = inventory.get_host(platform.control.name)
way = move(
    platform,
    os.environ.get("NODE", ""),
    Seen(
        ask(control, Nodes),
        ask(control, Moving),
        lambda it: ask(inventory.get_host(it.name), DataFolder, path=path),
        in_limit(),
    ),
)
is_control = host.name == platform.control.name

if is_control and not way.is_handed_over:
    database.stop(name="Stop the database", platform=platform, from_=way.source, to=way.target)
passed(name="Wait until nobody writes to the database", gates=[])
if host.name == way.target.name and not way.is_handed_over:
    database.copy(
        name=f"Copy its data from {way.source.hostname}, and compare it",
        path=path,
        from_=way.source,
    )
passed(name="Wait until its data is whole", gates=[])
if is_control:
    database.hand_over(
        name=f"Hand it over to {way.target.hostname}", platform=way.after, to=way.target
    )
passed(
    name=f"Wait until it is at work on {way.target.hostname}",
    gates=[follows(way)] if is_control else [],
)
if host.name == way.source.name:
    database.set_aside(name="Set the old data aside", path=path)
passed(name="Wait until the old data is out of the way", gates=[])
if is_control:
    database.finish_move(name="Say that the move is over", platform=platform, to=way.target)
