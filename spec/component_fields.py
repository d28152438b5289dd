"""Fields of kubelet's and kube-proxy's configuration, by kind, and since which minor version.

Read from the API types in the Go modules k8s.io/kubelet (config/v1beta1) and k8s.io/kube-proxy
(config/v1alpha1), v0.28.0 to v0.37.0; none of them went away in between.
"""

from __future__ import annotations

KUBELET = {
    "bool": """
        cgroupsPerQOS cpuCFSQuota enableContentionProfiling enableControllerAttachDetach
        enableDebugFlagsHandler enableDebuggingHandlers enableProfilingHandler enableServer
        enableSystemLogHandler enableSystemLogQuery failCgroupV1 failSwapOn
        kernelMemcgNotification localStorageCapacityIsolation makeIPTablesUtilChains
        mergeDefaultEvictionSettings protectKernelDefaults registerNode rotateCertificates
        runOnce seccompDefault serializeImagePulls serverTLSBootstrap singleProcessOOMKill
    """,
    "bools": """
        featureGates
    """,
    "duration": """
        containerLogMonitorInterval cpuCFSQuotaPeriod cpuManagerReconcilePeriod
        evictionPressureTransitionPeriod fileCheckFrequency httpCheckFrequency
        imageMaximumGCAge imageMinimumGCAge nodeStatusReportFrequency
        nodeStatusUpdateFrequency runtimeRequestTimeout shutdownGracePeriod
        shutdownGracePeriodCriticalPods streamingConnectionIdleTimeout syncFrequency
        volumeStatsAggPeriod
    """,
    "int": """
        containerLogMaxFiles containerLogMaxWorkers eventBurst eventRecordQPS
        evictionMaxPodGracePeriod healthzPort imageGCHighThresholdPercent
        imageGCLowThresholdPercent iptablesDropBit iptablesMasqueradeBit kubeAPIBurst
        kubeAPIQPS maxOpenFiles maxParallelImagePulls maxPods nodeLeaseDurationSeconds
        nodeStatusMaxImages oomScoreAdj podPidsLimit podsPerCore port readOnlyPort
        registryBurst registryPullQPS
    """,
    "list": """
        allowedUnsafeSysctls clusterDNS enforceNodeAllocatable
        preloadedImagesVerificationAllowlist tlsCipherSuites tlsCurvePreferences
    """,
    "number": """
        memoryThrottlingFactor
    """,
    "object": """
        authentication authorization crashLoopBackOff logging memorySwap staticPodURLHeader
        tracing userNamespaces
    """,
    "objects": """
        registerWithTaints reservedMemory shutdownGracePeriodByPodPriority
    """,
    "text": """
        address cgroupDriver cgroupRoot clusterDomain
        configMapAndSecretChangeDetectionStrategy containerLogMaxSize
        containerRuntimeEndpoint contentType cpuManagerPolicy hairpinMode healthzBindAddress
        imagePullCredentialsVerificationPolicy imageServiceEndpoint kubeReservedCgroup
        kubeletCgroups memoryManagerPolicy memoryReservationPolicy podCIDR podLogsDir
        providerID reservedSystemCPUs resolvConf showHiddenMetricsForVersion staticPodPath
        staticPodURL systemCgroups systemReservedCgroup tlsCertFile tlsMinVersion
        tlsPrivateKeyFile topologyManagerPolicy topologyManagerScope volumePluginDir
    """,
    "texts": """
        cpuManagerPolicyOptions defaultPodSysctls evictionHard evictionMinimumReclaim
        evictionSoft evictionSoftGracePeriod kubeReserved qosReserved systemReserved
        topologyManagerPolicyOptions
    """,
}
KUBELET_SINCE = {
    "containerLogMaxWorkers": 30,
    "containerLogMonitorInterval": 30,
    "crashLoopBackOff": 32,
    "defaultPodSysctls": 37,
    "failCgroupV1": 31,
    "imageMaximumGCAge": 29,
    "imagePullCredentialsVerificationPolicy": 33,
    "memoryReservationPolicy": 36,
    "mergeDefaultEvictionSettings": 33,
    "podLogsDir": 30,
    "preloadedImagesVerificationAllowlist": 33,
    "singleProcessOOMKill": 32,
    "tlsCurvePreferences": 36,
    "userNamespaces": 33,
}
KUBE_PROXY = {
    "bool": """
        bindAddressHardFail enableProfiling windowsRunAsService
    """,
    "bools": """
        featureGates
    """,
    "duration": """
        configSyncPeriod
    """,
    "int": """
        oomScoreAdj
    """,
    "list": """
        nodePortAddresses
    """,
    "object": """
        clientConnection conntrack detectLocal iptables ipvs logging nftables winkernel
    """,
    "text": """
        bindAddress clusterCIDR detectLocalMode healthzBindAddress hostnameOverride
        metricsBindAddress mode portRange showHiddenMetricsForVersion
    """,
}
KUBE_PROXY_SINCE = {
    "nftables": 29,
    "windowsRunAsService": 31,
}
