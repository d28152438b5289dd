"""Every setting, its type and its one home: a class is a file in group_data/."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from typing import Annotated, Any, ClassVar, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, StrictBool, field_validator

from spec.charts import Charts
from spec.labels import (
    AccountName,
    CheckName,
    GitlabProject,
    Image,
    ImagePrefix,
    LabelName,
    LabelValue,
    NamespaceName,
    ProjectName,
    Tag,
    UserName,
)
from spec.lines import minor_of
from spec.mail import Mail
from spec.names import (
    AnyHost,
    FileUrl,
    Host,
    Hostname,
    MirrorUrl,
    RegistryName,
    RegistryUrl,
    RepositoryUrl,
    SharedUrl,
    Url,
)
from spec.networks import Address, DnsServer, Network
from spec.paths import ApplicationSource, BackupFolder, MachinePath, OperatorFolder, OperatorPath
from spec.tiers import Tiers
from spec.types import (
    Burst,
    Days,
    Fingerprint,
    HostKeys,
    Keep,
    KeptImages,
    Mebibytes,
    NodePort,
    Port,
    Rate,
    Recipient,
    Sha256,
    some,
)
from spec.variables import VariableName, VariableValue
from spec.versions import (
    BuildxVersion,
    CalicoVersion,
    ComposeVersion,
    ContainerdVersion,
    DockerVersion,
    FlannelVersion,
    HarborVersion,
    HelmVersion,
    KubernetesVersion,
    RunnerVersion,
)


class Settings(BaseModel):
    """Settings of one group of machines, as its file in group_data/ gives them."""

    model_config = ConfigDict(extra="ignore", frozen=True)
    group: ClassVar[str]

    @field_validator("*", mode="before")
    @classmethod
    def _in_order(cls, value: Any) -> Any:
        """A set has another order in each run, and what gives one after the other is used up."""
        if isinstance(value, Set | Iterator):
            raise ValueError('not a list: write it between brackets, ["…"]')
        return value


class All(Settings):
    """Settings of every machine."""

    group = "all"
    ssh_user: UserName
    node_network: Network
    operator_networks: tuple[Network, ...]
    operator_folder: OperatorFolder
    backup_folder: BackupFolder
    backup_keep: Keep
    backup_days: Days | None
    backup_due: Days
    backup_recipient: Recipient | None
    dns_servers: Annotated[tuple[DnsServer, ...], AfterValidator(some)]
    dns_fallback: tuple[DnsServer, ...]
    dns_probe: Hostname


class DockerHost(Settings):
    """Settings of the machine that runs Docker, the registry, the edge and the runner."""

    group = "docker_host"
    docker_repository: RepositoryUrl
    docker_key_sha256: Sha256
    docker_version: DockerVersion
    docker_containerd_version: ContainerdVersion
    docker_compose_version: ComposeVersion
    docker_buildx_version: BuildxVersion
    docker_image_days: Days
    docker_data_root: MachinePath
    docker_network: Network
    docker_registry_mirrors: tuple[MirrorUrl, ...]
    docker_users: tuple[AccountName, ...]
    harbor_url: RegistryUrl
    harbor_certificate: OperatorPath | None
    harbor_certificate_key: OperatorPath | None
    harbor_ca: OperatorPath | None
    harbor_releases: Url
    harbor_version: HarborVersion
    harbor_sha256: Sha256 | None
    harbor_key: FileUrl
    harbor_key_fingerprint: Fingerprint
    harbor_data: MachinePath
    harbor_project: ProjectName
    harbor_keep_images: KeptImages | None
    harbor_metrics_port: Port
    edge_host: Hostname
    edge_http_port: Port
    edge_https_port: Port
    edge_image: Image
    edge_rate: Rate
    edge_burst: Burst
    edge_connections: Burst
    edge_body_mib: Mebibytes
    edge_certificate: OperatorPath | None
    edge_certificate_key: OperatorPath | None
    gitlab_url: SharedUrl
    gitlab_in_plain_text: StrictBool
    gitlab_ssh_host: Host
    gitlab_ssh_port: Port
    gitlab_host_keys: HostKeys
    gitlab_project: GitlabProject | None
    application_path: MachinePath
    application_source: ApplicationSource | None
    pipeline_variables: Mapping[VariableName, VariableValue]
    runner_repository: RepositoryUrl
    runner_key_fingerprint: Fingerprint
    runner_version: RunnerVersion
    runner_tag: Tag

    @property
    def harbor_host(self) -> str:
        """The registry's name."""
        return urlsplit(self.harbor_url).hostname or ""

    @property
    def harbor_port(self) -> int:
        """Where the registry answers."""
        return urlsplit(self.harbor_url).port or 0

    @property
    def harbor_tls(self) -> bool:
        """Whether the registry speaks HTTPS."""
        return urlsplit(self.harbor_url).scheme == "https"


class K8sNode(Settings):
    """Settings of every machine of the cluster, control plane and workers alike."""

    group = "k8s_node"
    kubernetes_repository: RepositoryUrl
    kubernetes_key_fingerprint: Fingerprint
    kubernetes_version: KubernetesVersion
    kubernetes_kubectl_sha256: Mapping[KubernetesVersion, Sha256]
    containerd_source: Literal["distribution", "docker"]
    containerd_mirrors: Mapping[RegistryName, Url]
    containerd_restrict_oom_score_adj: StrictBool

    @property
    def kubernetes_minor(self) -> str:
        """The minor version, which names the repository: 1.36."""
        return minor_of(self.kubernetes_version)


class K8sControl(Settings):
    """Settings of the cluster, which its control plane applies."""

    group = "k8s_control"
    pod_network: Network
    service_network: Network
    cni: Literal["calico", "flannel"]
    calico_manifests: Url
    calico_version: CalicoVersion
    calico_sha256: Sha256
    calico_encapsulation: Literal["vxlan", "ipip", "bgp"]
    flannel_manifests: Url
    flannel_version: FlannelVersion
    flannel_sha256: Sha256
    flannel_policies_image: Image
    control_plane_address: Address | None
    kubeadm_extra_sans: tuple[AnyHost, ...]
    kubeadm_images: ImagePrefix
    kubeadm_kubelet: Mapping[str, Any]
    kubeadm_kube_proxy: Mapping[str, Any]
    kubeadm_ignored_errors: tuple[CheckName, ...]
    probe_image: Image


class K8sWorker(Settings):
    """Settings of the machines that run the application."""

    group = "k8s_worker"
    app_tiers: Tiers
    monitoring_enabled: StrictBool
    monitoring_worker: str
    monitoring_path: MachinePath
    monitoring_grafana_port: NodePort
    monitoring_prometheus_port: NodePort | None
    monitoring_loki_port: NodePort | None
    monitoring_helm_releases: Url
    monitoring_helm_version: HelmVersion
    monitoring_helm_sha256: Sha256
    monitoring_charts: Charts
    monitoring_mail: Mail | None
    app_namespace: NamespaceName
    app_database_worker: str
    app_database_path: MachinePath
    worker_labels: Mapping[str, Mapping[LabelName, LabelValue]]

    @property
    def node_ports(self) -> tuple[int, ...]:
        """The application's NodePorts, which the edge asks as well."""
        return tuple(tier.port for tier in self.app_tiers.values())

    @property
    def monitoring_ports(self) -> tuple[int, ...]:
        """NodePorts of the monitoring that may be reached, by people alone; none without it."""
        ports = self.monitoring_grafana_port, self.monitoring_prometheus_port
        each = (*ports, self.monitoring_loki_port) if self.monitoring_enabled else ()
        return tuple(port for port in each if port)


GROUPS: tuple[type[Settings], ...] = (All, DockerHost, K8sNode, K8sControl, K8sWorker)
