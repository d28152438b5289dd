"""Values that kubelet and kube-proxy do not start with, though they are of the right kind.

Read from the modules that validate them: k8s.io/kubernetes, pkg/kubelet/apis/config/validation,
pkg/kubelet/eviction and pkg/kubelet/cm, pkg/proxy/apis/config/validation.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from ipaddress import IPv4Network
from typing import Any

from spec.component_kinds import DURATION, KINDS, seconds
from spec.component_pairs import pairs
from spec.names import is_address

WORDS = {
    "configMapAndSecretChangeDetectionStrategy": "Get Cache Watch",
    "cpuManagerPolicy": "none static",
    "detectLocalMode": "ClusterCIDR NodeCIDR BridgeInterface InterfaceNamePrefix",
    "hairpinMode": "promiscuous-bridge hairpin-veth none",
    "imagePullCredentialsVerificationPolicy": "NeverVerify NeverVerifyPreloadedImages"
    " NeverVerifyAllowlistedImages AlwaysVerify",
    "memoryManagerPolicy": "None Static",
    "mode": "iptables ipvs nftables",
    "tlsMinVersion": "VersionTLS10 VersionTLS11 VersionTLS12 VersionTLS13",
    "topologyManagerPolicy": "none best-effort restricted single-numa-node",
    "topologyManagerScope": "container pod",
}
_ANY, _BIT = 2**31 - 1, (0, 31)
NUMBERS = {
    "containerLogMaxFiles": (2, _ANY),
    "containerLogMaxWorkers": (1, _ANY),
    "eventBurst": (0, _ANY),
    "eventRecordQPS": (0, _ANY),
    "evictionMaxPodGracePeriod": (-1, _ANY),
    "imageGCHighThresholdPercent": (0, 100),
    "imageGCLowThresholdPercent": (0, 100),
    "iptablesDropBit": _BIT,
    "iptablesMasqueradeBit": _BIT,
    "kubeAPIBurst": (0, _ANY),
    "kubeAPIQPS": (0, _ANY),
    "masqueradeBit": _BIT,
    "maxOpenFiles": (0, 2**63 - 1),
    "maxPerCore": (0, _ANY),
    "min": (0, _ANY),
    "maxParallelImagePulls": (1, _ANY),
    "maxPods": (1, _ANY),
    "nodeLeaseDurationSeconds": (1, _ANY),
    "nodeStatusMaxImages": (-1, _ANY),
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
AMOUNT = "an amount such as 512Mi or 1G"
# Of what is counted in bytes: so few are a unit that is missing, or `m`, which is a thousandth.
BYTES = {
    *("allocatableMemory.available", "containerfs.available", "imagefs.available", "memory"),
    *("memory.available", "nodefs.available", "ephemeral-storage", "containerLogMaxSize"),
}
FEW = r"0*[1-9][0-9]{0,5}(\.[0-9]+)?m?|[0-9.]+m"
# Of these fields: which names, values of which form, and how that form reads.
TABLES = {
    "evictionHard": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionMinimumReclaim": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionSoft": (SIGNALS, f"{QUANTITY}|{PERCENT}", f"{AMOUNT}, or 10%"),
    "evictionSoftGracePeriod": (SIGNALS, DURATION.pattern, "a time such as 1m30s"),
    "kubeReserved": (RESERVED, QUANTITY, AMOUNT),
    "systemReserved": (RESERVED, QUANTITY, AMOUNT),
}
# A text, or each of a list: its form, and how that reads.
FORMS = {
    "containerLogMaxSize": (QUANTITY, AMOUNT),
    "enforceNodeAllocatable": (
        r"pods|none|(system|kube)-reserved(-compressible)?",
        "pods, none, system-reserved or kube-reserved",
    ),
    "podLogsDir": (r"(/[!-.0-~]+)+", "an absolute path"),
    "portRange": (r"([0-9]+([-+][0-9]+)?)?", "a range of ports such as 300-2000"),
    "reservedSystemCPUs": (r"([0-9]+(-[0-9]+)?(,(?=.)|$))*", "a list of CPUs such as 0-1,4"),
    "tlsCipherSuites": (r"TLS_(AES|CHACHA20|ECDHE|RSA)_[A-Z0-9_]+", "a suite as Go names it"),
}
# Fields of these fields, and their kinds.
_SYNC = {"minSyncPeriod": "duration", "syncPeriod": "duration"}
_MASQUERADE = {"masqueradeAll": "bool", "masqueradeBit": "int"}
INNER = {
    "conntrack": {
        "maxPerCore": "int",
        "min": "int",
        "tcpBeLiberal": "bool",
        "tcpCloseWaitTimeout": "duration",
        "tcpEstablishedTimeout": "duration",
        "udpStreamTimeout": "duration",
        "udpTimeout": "duration",
    },
    "iptables": {"localhostNodePorts": "bool", **_MASQUERADE, **_SYNC},
    "ipvs": {
        "excludeCIDRs": "list",
        "scheduler": "text",
        "strictARP": "bool",
        "tcpFinTimeout": "duration",
        "tcpTimeout": "duration",
        "udpTimeout": "duration",
        **_SYNC,
    },
    "logging": {
        "flushFrequency": "duration",
        "format": "text",
        "options": "object",
        "verbosity": "int",
        "vmodule": "objects",
    },
    "memorySwap": {"swapBehavior": "text"},
    "nftables": {**_MASQUERADE, **_SYNC},
}
INNER_WORDS = {"format": "text json", "swapBehavior": "NoSwap LimitedSwap UnlimitedSwap"}
EFFECTS = ("NoExecute", "NoSchedule", "PreferNoSchedule")


def reasons(setting: str, given: Mapping[str, Any], minor: int) -> Iterator[tuple[str, str]]:
    """Fields whose value would keep the program from starting, and why; kinds are right already."""
    for name, value in given.items():
        if name in ("registerWithTaints", "nodePortAddresses") or name.endswith("Address"):
            yield from ((name, reason) for reason in _special(name, value, minor))
        elif name in TABLES:
            yield from ((name, reason) for reason in _table(value, *TABLES[name]))
        elif name in INNER:
            yield from ((name, reason) for reason in _inner(value, INNER[name]))
        else:
            yield from ((name, reason) for reason in _plain(name, value, WORDS))
    yield from pairs(setting, given, minor)


def _plain(name: str, value: Any, known: Mapping[str, str]) -> Iterator[str]:
    words = known.get(name, "").split()
    # Nothing is the default.
    if words and value and value not in words:
        yield f"{value!r} is none of {', '.join(words)}"
    least, most = NUMBERS.get(name, (0, 0))
    if name in NUMBERS and not least <= value <= most:
        yield f"{value!r} is out of its range, from {least} to {most}"
    if name == "memoryThrottlingFactor" and not 0 < value <= 1:
        yield f"{value!r} is out of its range, from 0 (not itself) to 1"
    if name in FORMS:
        form, reads = FORMS[name]
        for one in [value] if isinstance(value, str) else value:
            if not re.fullmatch(form, one):
                yield f"{one!r} is not {reads}"
        yield from _few(name, value)


def _special(name: str, value: Any, minor: int) -> Iterator[str]:
    """Addresses and networks, and taints."""
    if name == "registerWithTaints":
        for taint in value:
            if not taint.get("key") or taint.get("effect") not in EFFECTS:
                yield f"{taint!r} has no key, or its effect is none of {', '.join(EFFECTS)}"
    elif name == "nodePortAddresses":
        if list(value) != ["primary"] or minor < 31:
            yield from _networks(value)
    elif name == "bindAddress":
        if not is_address(value):
            yield f"{value!r} is not an address such as 0.0.0.0"
    elif name in ("healthzBindAddress", "metricsBindAddress"):
        host, colon, port = value.rpartition(":")
        usual = port.isdecimal() and 1 <= int(port) <= 65535
        if value and not (colon and usual and (is_address(host) or re.fullmatch(r"\[.+\]", host))):
            yield f"{value!r} is not an address with its port, such as 127.0.0.1:10249"


def _networks(values: Iterable[str]) -> Iterator[str]:
    for value in values:
        try:
            IPv4Network(value if "/" in value else "", strict=False)
        except ValueError:
            yield f"{value!r} is not a network such as 10.1.0.0/16"


def _table(value: Mapping[str, str], names: Iterable[str], form: str, reads: str) -> Iterator[str]:
    for name, amount in value.items():
        if name not in names:
            yield f"{name} is none of {', '.join(sorted(names))}"
        elif not re.fullmatch(form, amount):
            yield f"{name}: {amount!r} is not {reads}"
        else:
            yield from (f"{name}: {reason}" for reason in _few(name, amount))


def _few(name: str, amount: Any) -> Iterator[str]:
    if name in BYTES and re.fullmatch(FEW, str(amount)):
        yield f"{amount!r} is next to no bytes: write its unit, as in 512Mi"


def _inner(value: Mapping[str, Any], kinds: Mapping[str, str]) -> Iterator[str]:
    for name, inner in value.items():
        if name not in kinds:
            yield f"{name} is none of {', '.join(kinds)}"
            continue
        reads, fits = KINDS[kinds[name]]
        if not fits(inner):
            yield f"{name}: {inner!r} is not {reads}"
        elif name == "excludeCIDRs":
            yield from (f"{name}: {reason}" for reason in _networks(inner))
        else:
            yield from (f"{name}: {reason}" for reason in _plain(name, inner, INNER_WORDS))
    wanted = [
        value.get(name, default)
        for name, default in (("minSyncPeriod", "0"), ("syncPeriod", "30s"))
    ]
    if "syncPeriod" in kinds and all(KINDS["duration"][1](one) for one in wanted):
        least, usual = (seconds(one) for one in wanted)
        if not usual or least > usual:
            yield f"syncPeriod: {wanted[1]} is nothing, or less than minSyncPeriod {wanted[0]}"
