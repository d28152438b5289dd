"""Take machines back to bare: what the platform has put there goes, packages and data stay.

A deploy of its own: `pyinfra inventory.py operate/reset.py --data confirm=NAME` (`make reset`), of
all machines or of those of a --limit (`make reset NODE=vm-worker`). DATA=1 takes people's data as
well. What the cluster knows is gone with its control plane: `make etcd-backup` keeps it. One that
was cut off is run again; a deploy makes the platform anew.
"""

from __future__ import annotations

import os

from pyinfra import host

import spec
from facts.nodes import REMAINS
from facts.present import present
from gates import Gate
from operate import bare
from operate.confirming import confirmed
from operations import docker, hosts, iptables, node, remains, systemd, ufw, users
from spec import Refused
from tasks.common import UPDATERS
from tasks.gate import passed
from tasks.preflight.alone import alone

with_data = os.environ.get("DATA", "")
if with_data not in ("", "0", "1"):
    raise Refused(f"DATA is {with_data!r}; write DATA=1, or leave it out.", ())

platform = spec.platform()
alone(platform)
what = "the platform and its data" if with_data == "1" else "the platform"
confirmed(platform, what, host.data.get("confirm"))
machine = platform.machine(host.name)
files = bare.files(platform, machine)

systemd.disable(
    name="Stop what the platform serves", units=[*bare.TELL, *bare.OF_EVERY_MACHINE, *bare.UNITS]
)
if "docker_host" in machine.groups:
    docker.compose_down(name="Take down the edge and Harbor", folders=bare.PROJECTS)
    remains.remove(name="Let Docker run without a firewall", paths=[bare.WANTS_FIREWALL])
    systemd.disable(name="Lower the firewall of published ports", units=[bare.FIREWALL])
    for program in ("iptables", "ip6tables"):
        iptables.flush_chain(
            name=f"Let published ports be, by {program}", chain="DOCKER-USER", program=program
        )
    users.leave(name="Take Docker from the runner", user=spec.RUNNER_USER, group="docker")
if "k8s_node" in machine.groups:
    node.reset(name="Take off the machine what makes it a node", platform=platform)
systemd.unmask(name="Let automatic updates be", units=UPDATERS)
hosts.remove_entries(name="Forget the neighbours", own=machine.hostname)
remains.remove(name="Remove the platform's files", paths=files)
ufw.disable(name="Turn the firewall off")
if with_data == "1":
    remains.remove(name="Remove data", paths=bare.data(platform, machine))
left = f"{REMAINS}\n{present(files)}" if "k8s_node" in machine.groups else present(files)
passed(
    name="Wait until nothing of the platform is left",
    gates=[
        Gate(
            awaits="nothing of the platform is left",
            command=f'left=$({left}); echo "$left"; test -z "$left"',
            hint="/var/log/kubeadm.log, journalctl -b, and run this again",
        )
    ],
)
