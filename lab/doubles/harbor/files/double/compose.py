"""docker-compose.yml: the same services, names, mounts and order as the real one's."""

from __future__ import annotations

from typing import Any

from .settings import Settings

Volume = str | dict[str, str]
DROPPED = {"cap_drop": ["ALL"]}


def compose(settings: Settings, version: str) -> dict[str, Any]:
    """The file as data."""
    data = settings.data_volume
    ports = [f"{settings.http_port}:8080"]
    certificates = []
    if settings.is_https:
        ports.append(f"{settings.https_port}:8443")
        certificates.append(f"{data}/secret/cert:/etc/cert:z")
    if settings.metrics_port:
        ports.append(f"{settings.metrics_port}:9090")
    log = {
        "image": f"goharbor/harbor-log:{version}",
        "container_name": "harbor-log",
        "restart": "always",
        **DROPPED,
        "cap_add": ["CHOWN", "DAC_OVERRIDE", "SETGID", "SETUID"],
        "volumes": [
            f"{settings.log_location}/:/var/log/docker/:z",
            _file("./common/config/log/rotation", "/etc/harbor-log/rotation"),
        ],
        "ports": ["127.0.0.1:1514:10514"],
        "networks": ["harbor"],
    }
    services = {
        "registry": _service(
            f"registry-photon:{version}",
            "registry",
            [
                f"{data}/registry:/storage:z",
                "./common/config/registry/:/etc/registry/:z",
                _file(f"{data}/secret/registry/root.crt", "/etc/registry/root.crt"),
            ],
        ),
        "registryctl": _service(f"harbor-registryctl:{version}", "registryctl"),
        "postgresql": _service(
            f"harbor-db:{version}",
            "harbor-db",
            [f"{data}/database:/var/lib/postgresql/data:z"],
            env="db",
        ),
        "core": _service(
            f"harbor-core:{version}",
            "harbor-core",
            [
                f"{data}/:/data/:z",
                _file(f"{data}/secret/core/private_key.pem", "/etc/core/private_key.pem"),
                _file(f"{data}/secret/keys/secretkey", "/etc/core/key"),
            ],
            after=["registry", "redis", "postgresql"],
            env="core",
        ),
        "portal": _service(
            f"harbor-portal:{version}",
            "harbor-portal",
            [_file("./common/config/portal/nginx.conf", "/etc/nginx/nginx.conf")],
        ),
        "jobservice": _service(
            f"harbor-jobservice:{version}",
            "harbor-jobservice",
            [f"{data}/job_logs:/var/log/jobs:z"],
            after=["core"],
            env="jobservice",
        ),
        "redis": _service(f"redis-photon:{version}", "redis", [f"{data}/redis:/var/lib/redis"]),
        "proxy": _service(
            f"nginx-photon:{version}",
            "nginx",
            ["./common/config/nginx:/etc/nginx:z", *certificates],
            after=["registry", "core", "portal"],
        )
        | {"ports": ports},
    }
    if settings.metrics_port:
        exporter = _service(f"harbor-exporter:{version}", "harbor-exporter", env="exporter")
        del exporter["cap_drop"]
        services["exporter"] = exporter | {"depends_on": ["core", "postgresql"]}
    for name, service in services.items():
        address = {"syslog-address": "tcp://localhost:1514", "tag": name}
        service["logging"] = {"driver": "syslog", "options": address}
    return {"services": {"log": log, **services}, "networks": {"harbor": {"external": False}}}


def _file(source: str, target: str) -> Volume:
    """A mount that fails where the short form would make a directory of a missing file."""
    return {"type": "bind", "source": source, "target": target}


def _service(
    image: str,
    name: str,
    volumes: list[Volume] | None = None,
    after: list[str] | None = None,
    env: str = "",
) -> dict[str, Any]:
    service: dict[str, Any] = {
        "image": f"goharbor/{image}",
        "container_name": name,
        "restart": "always",
        **DROPPED,
        "networks": ["harbor"],
        "depends_on": ["log", *(after or [])],
    }
    if volumes:
        service["volumes"] = volumes
    if env:
        service["env_file"] = [f"./common/config/{env}/env"]
    return service
