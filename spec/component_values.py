"""Values that kubelet and kube-proxy do not start with, though they are of the right kind.

Read from the modules that validate them: k8s.io/kubernetes, pkg/kubelet/apis/config/validation and
pkg/kubelet/eviction, pkg/proxy/apis/config/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

WORDS = {
    "configMapAndSecretChangeDetectionStrategy": "Get Cache Watch",
    "cpuManagerPolicy": "none static",
    "hairpinMode": "promiscuous-bridge hairpin-veth none",
    "memoryManagerPolicy": "None Static",
    "mode": "iptables ipvs nftables",
    "tlsMinVersion": "VersionTLS10 VersionTLS11 VersionTLS12 VersionTLS13",
    "topologyManagerPolicy": "none best-effort restricted single-numa-node",
    "topologyManagerScope": "container pod",
}
_PORT, _ANY = (0, 65535), 2**31 - 1
NUMBERS = {
    "containerLogMaxFiles": (2, _ANY),
    "eventBurst": (0, _ANY),
    "eventRecordQPS": (0, _ANY),
    "evictionMaxPodGracePeriod": (-1, _ANY),
    "healthzPort": _PORT,
    "imageGCHighThresholdPercent": (0, 100),
    "imageGCLowThresholdPercent": (0, 100),
    "kubeAPIBurst": (0, _ANY),
    "kubeAPIQPS": (-1, _ANY),
    "maxOpenFiles": (0, 2**63 - 1),
    "maxParallelImagePulls": (1, _ANY),
    "maxPods": (1, _ANY),
    "nodeLeaseDurationSeconds": (1, _ANY),
    "oomScoreAdj": (-1000, 1000),
    "podPidsLimit": (-1, 2**63 - 1),
    "podsPerCore": (0, _ANY),
    "registryBurst": (0, _ANY),
    "registryPullQPS": (0, _ANY),
}
SIGNALS = {
    *("allocatableMemory.available", "containerfs.available", "containerfs.inodesFree"),
    *("imagefs.available", "imagefs.inodesFree", "memory.available", "nodefs.available"),
    *("nodefs.inodesFree", "pid.available"),
}
RESERVED = {"cpu", "ephemeral-storage", "memory", "pid"}
QUANTITY = r"[0-9]+(\.[0-9]+)?(m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei|[eE][0-9]+)?"
PERCENT = r"(100|[0-9]{1,2})(\.[0-9]+)?%"
DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+|0")
BOUND = r"([0-9.]+|\[[0-9a-f:]+\]):[0-9]{1,5}"
AMOUNT = "an amount such as 512Mi or 1G"
# Of these fields: which names, values of which form, and how that form reads.
TABLES = {
    "evictionHard": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionMinimumReclaim": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionSoft": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionSoftGracePeriod": (SIGNALS, DURATION.pattern, "a time such as 1m30s"),
    "kubeReserved": (RESERVED, QUANTITY, AMOUNT),
    "systemReserved": (RESERVED, QUANTITY, AMOUNT),
}
# Fields of kube-proxy's fields, and of one of kubelet's.
INNER = {
    "conntrack": "maxPerCore min tcpBeLiberal tcpCloseWaitTimeout tcpEstablishedTimeout"
    " udpStreamTimeout udpTimeout",
    "iptables": "localhostNodePorts masqueradeAll masqueradeBit minSyncPeriod syncPeriod",
    "ipvs": "excludeCIDRs minSyncPeriod scheduler strictARP syncPeriod tcpFinTimeout tcpTimeout"
    " udpTimeout",
    "memorySwap": "swapBehavior",
    "nftables": "masqueradeAll masqueradeBit minSyncPeriod syncPeriod",
}
INNER_NUMBERS = ("maxPerCore", "min", "masqueradeBit")


def reasons(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Fields whose value would keep the program from starting, and why; kinds are right already."""
    for name, value in given.items():
        if (words := WORDS.get(name, "").split()) and value not in words:
            yield name, f"{value!r} is none of {', '.join(words)}"
        least, most = NUMBERS.get(name, (0, 0))
        if name in NUMBERS and not least <= value <= most:
            yield name, f"{value!r} is out of its range, from {least} to {most}"
        if name in TABLES:
            yield from ((name, reason) for reason in _table(value, *TABLES[name]))
        if name == "containerLogMaxSize" and not re.fullmatch(QUANTITY, value):
            yield name, f"{value!r} is not {AMOUNT}"
        if name == "metricsBindAddress" and not re.fullmatch(BOUND, value):
            yield name, f"{value!r} is not an address with its port, such as 127.0.0.1:10249"
        if name in INNER and isinstance(value, Mapping):
            yield from ((name, reason) for reason in _inner(value, INNER[name].split()))
    yield from _pairs(given)


def _table(value: Mapping[str, str], names: Iterable[str], form: str, reads: str) -> Iterator[str]:
    for name, amount in value.items():
        if name not in names:
            yield f"{name} is none of {', '.join(sorted(names))}"
        elif not re.fullmatch(form, amount):
            yield f"{name}: {amount!r} is not {reads}"


def _inner(value: Mapping[str, Any], names: Iterable[str]) -> Iterator[str]:
    for name, inner in value.items():
        if name not in names:
            yield f"{name} is none of {', '.join(names)}"
        elif name in INNER_NUMBERS and type(inner) is not int:
            yield f"{name}: {inner!r} is not a whole number"
        elif name.endswith(("Period", "Timeout")) and not DURATION.fullmatch(str(inner)):
            yield f"{name}: {inner!r} is not a time such as 1m30s"


def _pairs(given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """kubelet's own defaults: images go at 85 % full, until 80 % are left."""
    high = given.get("imageGCHighThresholdPercent", 85)
    low = given.get("imageGCLowThresholdPercent", 80)
    if low >= high and low <= 100 >= high:
        yield "imageGCLowThresholdPercent", f"{low} is not below imageGCHighThresholdPercent {high}"
    soft, grace = given.get("evictionSoft", {}), given.get("evictionSoftGracePeriod", {})
    for name in soft:
        if name in SIGNALS and name not in grace:
            yield "evictionSoft", f"{name} has no time in evictionSoftGracePeriod: write both"
