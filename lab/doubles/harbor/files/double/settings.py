"""harbor.yml, read and checked as the real `prepare` does it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

LEVELS = ("debug", "info", "warning", "error", "fatal")
UNITS = {"k": 1 << 10, "M": 1 << 20, "G": 1 << 30}


class Invalid(Exception):
    """A setting that Harbor refuses."""


@dataclass(frozen=True)
class Settings:
    """What the double takes from harbor.yml."""

    hostname: str
    http_port: int
    https_port: int  # 0 without https
    certificate: str
    private_key: str
    external_url: str
    admin_password: str
    database_password: str
    data_volume: str
    log_location: str
    log_count: int
    log_bytes: int
    metrics_port: int  # 0 without metrics
    metrics_path: str

    @property
    def is_https(self) -> bool:
        """Whether it is served with a certificate."""
        return self.https_port != 0


def load(path: Path) -> Settings:
    """The settings of a file; a KeyError where the real one has one as well."""
    told: dict[str, Any] = yaml.safe_load(path.read_text())
    if told["hostname"] in ("127.0.0.1", "localhost"):
        raise Invalid(f"{told['hostname']} can not be the hostname")
    if told["hostname"] == "reg.mydomain.com":
        raise Invalid("Please specify hostname")
    http, https = told.get("http") or {}, told.get("https") or {}
    if https and "/your/" in https["certificate"] + https["private_key"]:
        raise Invalid("Error: The protocol is https but attribute ssl_cert is not set")
    _must_have(told)
    local = told["log"].get("local") or {}
    metric = told.get("metric") or {}
    has_metrics = metric and metric["enabled"]
    size = str(local.get("rotate_size", "200M"))
    return Settings(
        hostname=told["hostname"],
        http_port=http.get("port", 80),
        https_port=https.get("port", 443) if https else 0,
        certificate=https["certificate"] if https else "",
        private_key=https["private_key"] if https else "",
        external_url=told.get("external_url") or _url(told["hostname"], http, https),
        admin_password=told["harbor_admin_password"],
        database_password=told["database"]["password"],
        data_volume=told["data_volume"],
        log_location=local.get("location", "/var/log/harbor"),
        log_count=local.get("rotate_count", 50),
        log_bytes=int(size[:-1]) * UNITS[size[-1]] if size[-1] in UNITS else int(size),
        metrics_port=metric["port"] if has_metrics else 0,
        metrics_path=metric["path"] if has_metrics else "",
    )


def _must_have(told: dict[str, Any]) -> None:
    """What means nothing here, and without which the real one breaks off."""
    for section, names in {
        "jobservice": ("max_job_workers", "job_loggers", "logger_sweeper_duration"),
        "notification": ("webhook_job_max_retry", "webhook_job_http_client_timeout"),
    }.items():
        for name in names:
            told[section][name]
    if told["log"]["level"] not in LEVELS:
        raise Invalid("log level must be one of debug, info, warning, error, fatal")


def _url(hostname: str, http: dict[str, Any], https: dict[str, Any]) -> str:
    scheme, usual = ("https", 443) if https else ("http", 80)
    port = (https or http).get("port", usual)
    return f"{scheme}://{hostname}" + ("" if port == usual else f":{port}")
