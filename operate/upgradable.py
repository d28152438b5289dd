"""Whether a cluster may be upgraded now, and its next node, by what its API server says."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from facts.kubernetes import KUBECTL
from facts.nodes import NodeState
from facts.upgrade import UpgradeState
from gates import Gate
from operate.ready import answered, left_out, unready
from spec import Platform, Refused
from spec.lines import is_newer, minor_of


def upgradable(
    platform: Platform,
    nodes: Mapping[str, NodeState],
    state: UpgradeState,
    asked: frozenset[str],
) -> None:
    """Raise Refused with the reason when it may not; `asked` are the machines of this run."""
    answered(platform, nodes)
    for reason in (*left_out(platform, asked), *_against(platform, nodes, state)):
        raise Refused(f"{reason} Nothing was touched.", ())


def settled(platform: Platform) -> Gate:
    """A new kubelet starts the control plane's programs anew, some 12 s after it says Ready."""
    began = "systemctl show kubelet --property ActiveEnterTimestampMonotonic --value"
    return Gate(
        awaits=f"kubelet of {platform.control.hostname} is done with the control plane",
        command=(
            f"age=$(($(cut -d. -f1 /proc/uptime) - $({began}) / 1000000));"
            f' echo "it runs for $age s"; test $age -ge 30 && {KUBECTL} get --raw /readyz'
        ),
        hint="crictl ps -a; journalctl -u kubelet -n 50",
        within=180,
    )


def serving(platform: Platform, name: str) -> list[Gate]:
    """What must hold before the next node is emptied."""
    version = platform.k8s_node.kubernetes_version
    asked = f"{KUBECTL} -n {platform.k8s_worker.app_namespace} get"
    without = (
        "{{range .items}}{{if and .spec.replicas (not .status.readyReplicas)}}"
        "{{.metadata.name}} {{end}}{{end}}"
    )
    return [
        Gate(
            awaits=f"{name} is Ready, with kubelet {version}",
            command=f"nodes-show | tee /dev/stderr | grep -qx '{name} v{version} Ready'",
            hint=f"on {name}: journalctl -u kubelet -n 50",
            within=180,
        ),
        Gate(
            awaits="every part of the application has a pod that is Ready",
            command=(
                f"left=$({asked} deployments,statefulsets -o go-template='{without}') &&"
                ' echo "$left" && test -z "$left"'
            ),
            hint=f"{asked} pods",
            within=300,
            every=3,
        ),
    ]


def _against(
    platform: Platform, nodes: Mapping[str, NodeState], state: UpgradeState
) -> Iterator[str]:
    if len(platform.controls) > 1:
        yield (
            "Three control planes are not upgraded by a run yet: do it by hand, one machine after"
            ' the other (kubeadm\'s documentation, "Upgrading kubeadm clusters"), then set'
            " kubernetes_version and deploy."
        )
    wanted = platform.k8s_node.kubernetes_version
    known = [machine.hostname for machine in platform.members("k8s_node")]
    if strangers := [name for name in known if name not in nodes]:
        yield (
            f"{', '.join(strangers)} is no node of the cluster yet: take its line out of the"
            " inventory until this is done, or put kubernetes_version back and deploy first."
        )
    yield from unready(nodes)
    if others := [name for name in nodes if name not in known]:
        yield (
            f"{', '.join(others)} is in the cluster, and no machine of the inventory: put its line"
            " back, or take it out with `make remove-node`."
        )
    for name, node in nodes.items():
        if is_newer(node.kubelet, wanted):
            yield (
                f"kubelet of {name} is {node.kubelet}, and kubernetes_version is {wanted}: no"
                " kubelet may be newer than the API server."
            )
    ended = [api for api in state.deprecated if api.removed and _is_gone(api.removed, wanted)]
    if ended:
        names = ", ".join(f"{api.name} (gone from {api.removed} on)" for api in ended)
        yield (
            f"Somebody has asked for {names} since the API server was started: move them to the API"
            " that followed (kubernetes.io, Deprecated API Migration Guide). The API server forgets"
            " who asked before when it is restarted (on the control plane, crictl stop its"
            " container)."
        )


def _is_gone(removed: str, wanted: str) -> bool:
    return not is_newer(f"{removed}.0", f"{minor_of(wanted)}.0")
