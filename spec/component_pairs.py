"""Values of kubelet and kube-proxy that do not go together, or not with the configured version."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from spec.component_kinds import seconds

Reasons = Iterator[tuple[str, str]]


def pairs(setting: str, given: Mapping[str, Any], minor: int) -> Reasons:
    """Fields that another one contradicts, and how; what is not given is the program's default."""
    gates = given.get("featureGates", {})
    if setting == "kubeadm_kube_proxy":
        if given.get("mode") == "nftables" and minor < 31 and not gates.get("NFTablesProxyMode"):
            yield "mode", f"nftables is off in Kubernetes 1.{minor}: featureGates NFTablesProxyMode"
        if "configSyncPeriod" in given and not seconds(given["configSyncPeriod"]):
            yield "configSyncPeriod", "is nothing: write a time such as 15m0s"
        return
    yield from _images(given)
    yield from _eviction(given)
    yield from _shutdown(given)
    yield from _allocatable(given)
    yield from _managers(given)
    if given.get("cpuCFSQuotaPeriod", "100ms") != "100ms" and not gates.get(
        "CustomCPUCFSQuotaPeriod"
    ):
        yield (
            "cpuCFSQuotaPeriod",
            "100ms is all there is without featureGates CustomCPUCFSQuotaPeriod",
        )
    if seconds(given.get("containerLogMonitorInterval", "10s")) < 3:
        yield "containerLogMonitorInterval", "is less than 3s, the least that kubelet takes"


def _images(given: Mapping[str, Any]) -> Reasons:
    """kubelet's own defaults: images go at 85 % full, until 80 % are left, one pull at a time."""
    high = given.get("imageGCHighThresholdPercent", 85)
    low = given.get("imageGCLowThresholdPercent", 80)
    if low >= high and low <= 100 >= high:
        yield "imageGCLowThresholdPercent", f"{low} is not below imageGCHighThresholdPercent {high}"
    least, most = given.get("imageMinimumGCAge", "2m"), given.get("imageMaximumGCAge", "0")
    if 0 < seconds(most) <= seconds(least):
        yield "imageMaximumGCAge", f"{most} is not more than imageMinimumGCAge {least}"
    if given.get("maxParallelImagePulls", 1) > 1 and given.get("serializeImagePulls", True):
        yield "maxParallelImagePulls", "more than one at once wants serializeImagePulls False"


def _eviction(given: Mapping[str, Any]) -> Reasons:
    soft, grace = given.get("evictionSoft", {}), given.get("evictionSoftGracePeriod", {})
    for name in soft:
        if name not in grace:
            yield "evictionSoft", f"{name} has no time in evictionSoftGracePeriod: write both"


def _shutdown(given: Mapping[str, Any]) -> Reasons:
    names = ("shutdownGracePeriod", "shutdownGracePeriodCriticalPods")
    whole, critical = (seconds(given.get(name, "0")) for name in names)
    if critical > whole:
        yield names[1], f"is more than {names[0]}, of which it is a part"
    for name, took in zip(names, (whole, critical), strict=True):
        if 0 < took < 1:
            yield name, f"{given[name]} is less than 1s: write 0, or more"


def _allocatable(given: Mapping[str, Any]) -> Reasons:
    enforced = list(given.get("enforceNodeAllocatable", ["pods"]))
    for kind, cgroup in (("system", "systemReservedCgroup"), ("kube", "kubeReservedCgroup")):
        if any(one.startswith(f"{kind}-reserved") for one in enforced) and not given.get(cgroup):
            yield "enforceNodeAllocatable", f"{kind}-reserved wants {cgroup}: write both"
        if given.get(cgroup) and given.get("reservedSystemCPUs"):
            yield "reservedSystemCPUs", f"does not go with {cgroup}: leave one of them out"
    if "none" in enforced and len(enforced) > 1:
        yield "enforceNodeAllocatable", "none stands alone: leave the rest out, or it"
    if not given.get("cgroupsPerQOS", True) and set(enforced) - {"none"}:
        yield "cgroupsPerQOS", "False wants enforceNodeAllocatable []: write both"
    if given.get("systemCgroups") and not given.get("cgroupRoot"):
        yield "systemCgroups", "wants cgroupRoot: write both"


def _managers(given: Mapping[str, Any]) -> Reasons:
    tables = (given.get("kubeReserved", {}), given.get("systemReserved", {}))
    reserved = given.get("reservedSystemCPUs") or any(
        table.get("cpu", "0") not in ("0", "0m") for table in tables
    )
    if given.get("cpuManagerPolicy") == "static" and not reserved:
        yield "cpuManagerPolicy", "static wants CPU in kubeReserved or systemReserved: write both"
    if given.get("memoryManagerPolicy") == "Static" and not given.get("reservedMemory"):
        yield "memoryManagerPolicy", "Static wants reservedMemory: write both"
