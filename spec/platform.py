"""The checked platform: machines with roles, settings by group, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import SecretStr

from spec import firewall, kubernetes
from spec.names import is_address
from spec.networks import widest
from spec.parts import JOURNALS_PORT, Machine, OpenPort, PipelineSecret, Robot
from spec.reserved import PIPELINE_SECRETS
from spec.secrets import CHECKOUT, Secrets, cipher_key
from spec.settings import All, DockerHost, K8sControl, K8sNode, K8sWorker

RUNNER_USER = "gitlab-runner"  # its package names it


@dataclass(frozen=True)
class Platform:
    """Everything that tasks, gates, templates and tests may know; made by `spec.load` only."""

    machines: tuple[Machine, ...]
    all: All
    docker_host: DockerHost
    k8s_node: K8sNode
    k8s_control: K8sControl
    k8s_worker: K8sWorker
    secrets: Secrets
    before: Mapping[str, SecretStr] = field(default_factory=dict)  # those that are turned over
    asked: str = ""  # the control plane that has the cluster, once they were asked

    def machine(self, name: str) -> Machine:
        """The machine of that inventory name."""
        return next(machine for machine in self.machines if machine.name == name)

    def members(self, group: str) -> tuple[Machine, ...]:
        """The machines of a group, in the inventory's order."""
        return tuple(machine for machine in self.machines if group in machine.groups)

    def names(self, machine: Machine) -> tuple[str, ...]:
        """Every name that resolves to a machine, its host name first (runbook A3)."""
        if "docker_host" in machine.groups:
            registry, edge = self.docker_host.harbor_host, self.docker_host.edge_host
            return (machine.hostname, *(name for name in (registry, edge) if not is_address(name)))
        return (machine.hostname,)

    @property
    def registry(self) -> str:
        """The registry as image names carry it: host:port."""
        return f"{self.docker_host.harbor_host}:{self.docker_host.harbor_port}"

    @property
    def plain_registries(self) -> tuple[str, ...]:
        """Registries that Docker asks over plain HTTP, as host:port.

        Mirrors too: Docker itself believes their address, and its builder does not.
        """
        own = [] if self.docker_host.harbor_tls else [self.registry]
        mirrors = [urlsplit(url) for url in self.docker_host.docker_registry_mirrors]
        return (*own, *(mirror.netloc for mirror in mirrors if mirror.scheme == "http"))

    @property
    def registry_ca(self) -> str:
        """Where Docker finds whom to trust for the registry's certificate; "" over plain HTTP."""
        if not self.docker_host.harbor_tls:
            return ""
        return f"/etc/docker/certs.d/{self.registry}/ca.crt"

    @property
    def registry_variables(self) -> dict[str, str]:
        """Where a pipeline finds the registry, whatever its repository was laid out with."""
        found = {
            "REGISTRY": f"{self.registry}/{self.docker_host.harbor_project}",
            "REGISTRY_URL": self.docker_host.harbor_url,
            "REGISTRY_CA": self.registry_ca,
        }
        return {key: value for key, value in found.items() if value}

    @property
    def robots(self) -> tuple[Robot, ...]:
        """The registry's robot accounts: CI pushes, Kubernetes pulls."""
        prefix = f"robot${self.docker_host.harbor_project}+"
        return (
            Robot("push", f"{prefix}push", ("push", "pull"), self.secrets.harbor_push_secret),
            Robot("pull", f"{prefix}pull", ("pull",), self.secrets.harbor_pull_secret),
        )

    @property
    def encryption_key(self) -> str:
        """What the cluster's Secrets are encrypted with, of the length that the cipher takes."""
        return cipher_key(self.secrets.kubernetes_encryption_key)

    @property
    def docker_users(self) -> tuple[str, ...]:
        """Who may use Docker without sudo."""
        return tuple(dict.fromkeys((self.all.ssh_user, *self.docker_host.docker_users)))

    @property
    def runner_token(self) -> str:
        """The runner's authentication token; "" while GitLab knows no runner here."""
        token = self.secrets.runner_token
        return token.get_secret_value() if token else ""

    @property
    def sets_project_up(self) -> bool:
        """Whether a run may set the project at GitLab up, and knows which."""
        return bool(self.docker_host.gitlab_project and self.secrets.gitlab_token)

    @property
    def to_do(self) -> tuple[str, ...]:
        """What a person has left to do, a sentence each; nothing here waits for it."""
        if self.runner_token or self.sets_project_up:
            return ()
        settings = self.docker_host
        return (
            f"no runner is registered: make one in {settings.gitlab_url} with the tag"
            f" {settings.runner_tag}, set runner_token in secrets.env",
        )

    @property
    def pipeline_secrets(self) -> tuple[PipelineSecret, ...]:
        """What a pipeline has to be told, besides the way into the cluster."""
        return tuple(
            PipelineSecret(key, name, getattr(self.secrets, name))
            for key, name in PIPELINE_SECRETS.items()
        )

    @property
    def kubeconfig(self) -> Path:
        """Where a run brings the administrator's kubeconfig, on the operator's machine."""
        return CHECKOUT / self.all.operator_folder / "kubeconfig"

    @property
    def pipeline_kubeconfig(self) -> Path:
        """The same for the pipeline's."""
        return CHECKOUT / self.all.operator_folder / "kubeconfig-ci"

    @property
    def ca_file(self) -> Path:
        """Where `make ca` puts the platform's own CA, on the operator's machine."""
        return CHECKOUT / self.all.operator_folder / "ca.crt"

    @property
    def backups(self) -> Path:
        """Where what is backed up comes to, on the operator's machine."""
        return CHECKOUT / self.all.operator_folder / self.all.backup_folder

    def open_ports(self, machine: Machine) -> tuple[OpenPort, ...]:
        """Exactly what the firewall of a machine lets in."""
        return tuple(firewall.open_ports(self, machine))

    @property
    def controls(self) -> tuple[Machine, ...]:
        """The machines of the control plane: one, or three."""
        return self.members("k8s_control")

    @property
    def control(self) -> Machine:
        """The machine of the control plane where the cluster is asked: the first that has it."""
        return next((it for it in self.controls if it.name == self.asked), self.controls[0])

    @property
    def docker(self) -> Machine:
        """The machine of the registry, the edge and the runner."""
        return self.members("docker_host")[0]

    def virtual_address(self, machine: Machine) -> IPv4Address | None:
        """The one that moves among control planes, of a machine that may have it."""
        is_one = "k8s_control" in machine.groups
        return self.k8s_control.control_plane_address if is_one else None

    @property
    def endpoint(self) -> str:
        """Where the Kubernetes API answers, as host:port: whoever holds the virtual address."""
        if virtual := self.k8s_control.control_plane_address:
            return f"{virtual}:{kubernetes.BALANCED_PORT}"
        return f"{self.controls[0].address}:{kubernetes.API_PORT}"

    @property
    def api(self) -> str:
        """The same as a URL."""
        return f"https://{self.endpoint}"

    @property
    def title(self) -> str:
        """Which platform this is, to tell it from others."""
        return f"{self.controls[0].hostname} at {self.api}"

    @property
    def node_addresses(self) -> tuple[IPv4Network, ...]:
        """The nodes of the cluster, an address each."""
        return tuple(IPv4Network(node.address) for node in self.members("k8s_node"))

    @property
    def node_port_sources(self) -> tuple[IPv4Network, ...]:
        """From where NodePorts may be reached: the edge, and operators."""
        edge = (IPv4Network(machine.address) for machine in self.members("docker_host"))
        return widest(*edge, *self.all.operator_networks)

    @property
    def watchers(self) -> tuple[IPv4Network, ...]:
        """From where the monitoring may be reached: operators, and nobody else."""
        return widest(*self.all.operator_networks)

    @property
    def watches(self) -> bool:
        """Whether this platform has a monitoring of its own."""
        return self.k8s_worker.monitoring_enabled

    @property
    def tells(self) -> bool:
        """Whether somebody is told of alerts."""
        return bool(self.secrets.alert_webhook or self.k8s_worker.monitoring_mail)

    @property
    def journals(self) -> str:
        """Where machines bring their journals, as host:port."""
        (worker,) = filter(self.keeps_watch, self.machines)
        return f"{worker.address}:{JOURNALS_PORT}"

    def keeps_watch(self, machine: Machine) -> bool:
        """Whether the monitoring runs on this machine, and keeps what it knows there."""
        return machine.hostname == self.k8s_worker.monitoring_worker

    @property
    def pod_sources(self) -> tuple[IPv4Network, ...]:
        """Whose packets a node hands on to a pod, besides pods': those that asked a NodePort."""
        return widest(*self.node_port_sources, *self.node_addresses)
