"""What kubelet and kube-proxy would not start with, and what they would."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]
Given = tuple[str, dict[str, Any]]
STATIC = {"cpuManagerPolicy": "static", "topologyManagerPolicy": "best-effort"}
TAINT = {"key": "disk", "value": "slow", "effect": "NoSchedule"}
NUMA = [{"numaNode": 0, "limits": {"memory": "1Gi"}}]


def kubelet(**fields: Any) -> Given:
    return "kubeadm_kubelet", fields


def kube_proxy(**fields: Any) -> Given:
    return "kubeadm_kube_proxy", fields


WRONG: list[tuple[Given, str]] = [
    (kubelet(maxPods=0), "0 is out of its range, from 1"),
    (kubelet(oomScoreAdj=-1001), "from -1000 to 1000"),
    (kubelet(imageGCHighThresholdPercent=101), "from 0 to 100"),
    (kubelet(imageGCHighThresholdPercent=70), "80 is not below imageGCHighThresholdPercent 70"),
    (kubelet(cpuManagerPolicy="Static"), "'Static' is none of none, static"),
    (kubelet(tlsMinVersion="1.2"), "is none of VersionTLS10"),
    (kubelet(evictionHard={"memory.available": "100MB"}), "'100MB' is not an amount"),
    (kubelet(evictionHard={"memory.available": "150%"}), "'150%' is not an amount"),
    (kubelet(evictionHard={"memory": "100Mi"}), "memory is none of allocatableMemory.available"),
    (kubelet(evictionSoft={"memory.available": "1Gi"}), "has no time in evictionSoftGracePeriod"),
    (kubelet(systemReserved={"memory": "1 Gi"}), "'1 Gi' is not an amount such as 512Mi or 1G"),
    (kubelet(kubeReserved={"gpu": "1"}), "gpu is none of cpu"),
    (kubelet(containerLogMaxSize="10MB"), "'10MB' is not an amount"),
    (kubelet(memorySwap={"behavior": "NoSwap"}), "behavior is none of swapBehavior"),
    (kube_proxy(mode="IPVS"), "'IPVS' is none of iptables, ipvs, nftables"),
    (kube_proxy(mode="userspace"), "'userspace' is none of iptables"),
    (kube_proxy(metricsBindAddress="0.0.0.0"), "not an address with its port"),
    (kube_proxy(conntrack={"maxPerCore": "0"}), "maxPerCore: '0' is not a whole number"),
    (kube_proxy(conntrack={"maxper": 1}), "maxper is none of maxPerCore"),
    (kube_proxy(iptables={"syncPeriod": "30"}), "syncPeriod: '30' is not a time such as 1m30s"),
    # Those that the platform says itself.
    (kubelet(healthzPort=0), "kubeadm asks there whether kubelet runs"),
    (kubelet(healthzBindAddress="0.0.0.0"), "kubeadm asks there whether kubelet runs"),
    (kubelet(serverTLSBootstrap=False), "knows kubelets by certificates of the cluster's"),
    (kubelet(rotateCertificates=False), "a node would be shut out after a year"),
    (kubelet(runOnce=True), "kubelet would end"),
    (kubelet(enableDebuggingHandlers=False), "kubectl exec and logs ask it"),
    # Words, forms and ranges.
    (kubelet(memorySwap={"swapBehavior": "Unlimited"}), "is none of NoSwap, LimitedSwap"),
    (kubelet(logging={"format": "xml"}), "format: 'xml' is none of text, json"),
    (kubelet(logging={"verbosity": "4"}), "verbosity: '4' is not a whole number"),
    (kubelet(logging={"level": 4}), "level is none of flushFrequency, format"),
    (kubelet(iptablesMasqueradeBit=32), "from 0 to 31"),
    (kubelet(nodeStatusMaxImages=-2), "from -1 to"),
    (kubelet(memoryThrottlingFactor=1.5), "from 0 (not itself) to 1"),
    (kubelet(reservedSystemCPUs="zero"), "not a list of CPUs such as 0-1,4"),
    (kubelet(reservedSystemCPUs="0,,1"), "not a list of CPUs such as 0-1,4"),
    (kubelet(tlsCipherSuites=["ECDHE-RSA-AES128-GCM-SHA256"]), "not a suite as Go names it"),
    (kubelet(enforceNodeAllocatable=["system"]), "'system' is not pods, none"),
    (kubelet(registerWithTaints=["disk=slow:NoSchedule"]), "is not a list of fields"),
    (kubelet(registerWithTaints=[{"key": "disk"}]), "its effect is none of NoExecute"),
    (kubelet(allowedUnsafeSysctls=[1]), "is not a list of texts"),
    (kubelet(podLogsDir="logs"), "'logs' is not an absolute path"),
    (kube_proxy(bindAddress="eth0"), "'eth0' is not an address such as 0.0.0.0"),
    (kube_proxy(healthzBindAddress="127.0.0.1"), "not an address with its port"),
    (kube_proxy(metricsBindAddress="0.0.0.0:99999"), "not an address with its port"),
    (kube_proxy(nodePortAddresses=["192.168.56.44"]), "not a network such as 10.1.0.0/16"),
    (kube_proxy(detectLocalMode="Cluster"), "is none of ClusterCIDR, NodeCIDR"),
    (kube_proxy(portRange="30000:32767"), "not a range of ports such as 300-2000"),
    (kube_proxy(ipvs={"strictARP": "yes"}), "strictARP: 'yes' is not True or False"),
    (kube_proxy(ipvs={"excludeCIDRs": ["10.0.0.1"]}), "excludeCIDRs: '10.0.0.1' is not a network"),
    (kube_proxy(iptables={"masqueradeBit": 40}), "masqueradeBit: 40 is out of its range"),
    # What does not go together.
    (kubelet(**STATIC), "static wants CPU in kubeReserved or systemReserved"),
    (kubelet(**STATIC, kubeReserved={"cpu": "0"}), "static wants CPU in kubeReserved"),
    (kubelet(memoryManagerPolicy="Static"), "Static wants reservedMemory"),
    (kubelet(enforceNodeAllocatable=["pods", "kube-reserved"]), "wants kubeReservedCgroup"),
    (kubelet(enforceNodeAllocatable=["pods", "none"]), "none stands alone"),
    (kubelet(cgroupsPerQOS=False), "False wants enforceNodeAllocatable []"),
    (kubelet(systemCgroups="/system"), "wants cgroupRoot"),
    (
        kubelet(reservedSystemCPUs="0", kubeReservedCgroup="/k"),
        "does not go with kubeReservedCgroup",
    ),
    (kubelet(maxParallelImagePulls=5), "wants serializeImagePulls False"),
    (kubelet(imageMaximumGCAge="90s"), "90s is not more than imageMinimumGCAge 2m"),
    (kubelet(shutdownGracePeriodCriticalPods="10s"), "is more than shutdownGracePeriod"),
    (kubelet(shutdownGracePeriod="500ms"), "500ms is less than 1s"),
    (kubelet(cpuCFSQuotaPeriod="10ms"), "without featureGates CustomCPUCFSQuotaPeriod"),
    (kubelet(containerLogMonitorInterval="1s"), "is less than 3s"),
    (kube_proxy(configSyncPeriod="0s"), "is nothing: write a time such as 15m0s"),
    (kube_proxy(iptables={"minSyncPeriod": "1m"}), "less than minSyncPeriod 1m"),
    (kube_proxy(nftables={"syncPeriod": "0s"}), "syncPeriod: 0s is nothing"),
]
RIGHT: list[Given] = [
    kubelet(maxPods=250, oomScoreAdj=-999),
    kubelet(evictionHard={"memory.available": "5%", "nodefs.available": "1G"}),
    kubelet(
        evictionSoft={"memory.available": "1.5Gi"},
        evictionSoftGracePeriod={"memory.available": "1m30s"},
    ),
    kubelet(systemReserved={"cpu": "500m", "memory": "1Gi", "ephemeral-storage": "1e9"}),
    kubelet(containerLogMaxSize="10Mi", containerLogMaxFiles=3, tlsMinVersion="VersionTLS12"),
    kubelet(imageGCHighThresholdPercent=70, imageGCLowThresholdPercent=60),
    kube_proxy(conntrack={"maxPerCore": 0, "tcpEstablishedTimeout": "1h"}, oomScoreAdj=-998),
    kube_proxy(ipvs={"scheduler": "rr", "strictARP": True, "syncPeriod": "30s"}),
    kubelet(**STATIC, kubeReserved={"cpu": "500m"}),
    kubelet(**STATIC, reservedSystemCPUs="0-1,4"),
    kubelet(memoryManagerPolicy="Static", reservedMemory=NUMA),
    kubelet(enforceNodeAllocatable=["pods", "kube-reserved"], kubeReservedCgroup="/kube.slice"),
    kubelet(enforceNodeAllocatable=["none"], cgroupsPerQOS=False),
    kubelet(registerWithTaints=[TAINT], allowedUnsafeSysctls=["net.*"]),
    kubelet(shutdownGracePeriod="30s", shutdownGracePeriodCriticalPods="10s"),
    kubelet(serializeImagePulls=False, maxParallelImagePulls=5),
    kubelet(imageMaximumGCAge="168h", tlsCipherSuites=["TLS_AES_128_GCM_SHA256"]),
    kubelet(cpuCFSQuotaPeriod="10ms", featureGates={"CustomCPUCFSQuotaPeriod": True}),
    kubelet(logging={"format": "json", "verbosity": 4}, memorySwap={"swapBehavior": "NoSwap"}),
    kubelet(podLogsDir="/srv/logs/pods", memoryThrottlingFactor=0.9),
    kube_proxy(metricsBindAddress="0.0.0.0:10249", healthzBindAddress="[::]:10256"),
    kube_proxy(mode="", bindAddress="0.0.0.0", portRange=""),
    kube_proxy(mode="nftables", featureGates={"NFTablesProxyMode": True}),
    kube_proxy(nodePortAddresses=["192.168.56.0/24"], detectLocalMode="NodeCIDR"),
    kube_proxy(ipvs={"excludeCIDRs": ["10.0.0.0/8"], "minSyncPeriod": "5s"}),
]


@pytest.mark.parametrize(("given", "reason"), WRONG, ids=str)
def test_what_would_keep_it_from_starting_is_refused(
    hosts: Hosts, given: Given, reason: str
) -> None:
    setting, fields = given
    (mistake,) = mistakes_of(hosts, "k8s_control", **{setting: fields})
    assert mistake.setting == setting
    assert reason in mistake.reason


@pytest.mark.parametrize(("setting", "fields"), RIGHT, ids=str)
def test_what_it_starts_with_is_accepted(
    hosts: Hosts, setting: str, fields: dict[str, Any]
) -> None:
    assert spec.load(changed(hosts, "k8s_control", **{setting: fields}))


@pytest.mark.parametrize(
    ("field", "reason"),
    [
        ({"mode": "nftables"}, "nftables is off in Kubernetes 1.30: featureGates"),
        ({"nodePortAddresses": ["primary"]}, "not a network such as 10.1.0.0/16"),
    ],
)
def test_what_an_older_line_lacks_is_refused_of_it(
    hosts: Hosts, field: dict[str, Any], reason: str
) -> None:
    assert spec.load(changed(hosts, "k8s_control", kubeadm_kube_proxy=field))
    older = changed(hosts, "k8s_node", kubernetes_version="1.30.14")
    older = changed(older, "k8s_control", calico_version="3.28.0", calico_sha256="0" * 64)
    (mistake,) = mistakes_of(older, "k8s_control", kubeadm_kube_proxy=field)
    assert reason in mistake.reason
