"""C5: what control planes are among each other: members of one etcd, behind one address."""

from __future__ import annotations

import re
from collections.abc import Sequence

from gates.gate import Gate
from spec import Machine, Platform


def gates(platform: Platform) -> list[Gate]:
    """What is asked on each of them once all of them have joined."""
    return [
        answers(
            platform.endpoint,
            "systemctl status haproxy keepalived; journalctl -u haproxy -n 50: whom it takes for"
            " down, and why",
        ),
        etcd_has(platform.controls, alone=True),
    ]


def answers(at: str, hint: str) -> Gate:
    """The API server at an address with a port is the cluster's, and ready."""
    return Gate(
        awaits=f"the Kubernetes API answers at {at}",
        command=(
            f"curl -sS --max-time 5 --cacert /etc/kubernetes/pki/ca.crt https://{at}/readyz |"
            " tee /dev/stderr | grep -qx ok"
        ),
        hint=hint,
        within=120,
        every=2,
    )


def etcd_has(machines: Sequence[Machine], alone: bool = False) -> Gate:
    """These are members of etcd, and one leads; where they are `alone`, all take part.

    Between two joins one may be off: etcd takes a member only while most of the others are there.
    """
    names = "|".join(re.escape(machine.hostname) for machine in machines)
    allowed = f"^({names}) (leader|follower)$" if alone else " (leader|follower|away)$"
    return Gate(
        awaits=f"etcd has {', '.join(it.hostname for it in machines)}, and a leader",
        command=(
            'said=$(etcd-members) && echo "$said" && ! echo "$said" |'
            f" grep -qvE '{allowed}' && echo \"$said\" | grep -cE '^({names}) ' |"
            f" grep -qx {len(machines)} && echo \"$said\" | grep -c ' leader$' | grep -qx 1"
        ),
        hint=(
            "etcd-members; crictl ps -a, crictl logs of etcd; a machine that is gone for good:"
            " make remove-node NODE=… GONE=1"
        ),
        within=120,
        every=2,
    )


def held(platform: Platform, machine: Machine) -> Gate:
    """The virtual address is at exactly one machine, this one or another."""
    address = platform.k8s_control.control_plane_address
    ask = f"arping -I \"$(ip -o -4 addr show to {machine.address} | awk '{{print $2; exit}}')\""
    return Gate(
        awaits=f"exactly one machine has {address}",
        # With -D it is a success that nobody else answers.
        command=(
            f"if ip -o -4 addr show to {address} | grep .; then {ask} -D -c 2 -w 2 {address};"
            f" else {ask} -c 1 -w 2 {address}; fi"
        ),
        hint=(
            "systemctl status keepalived haproxy; journalctl -u keepalived -n 50; ip neigh: whose"
            " card answers; ufw status: vrrp between the control planes"
        ),
        within=30,
    )
