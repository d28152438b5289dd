"""The image `prepare`: everything that Harbor runs with, made anew from harbor.yml."""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import string
import subprocess
import sys
from pathlib import Path

import yaml

from .compose import compose
from .settings import Invalid, Settings, load

INPUT = Path("/input/harbor.yml")
CONFIG = Path("/config")
DATA = Path("/data")
COMPOSE = Path("/compose_location/docker-compose.yml")
HOST = Path("/hostfs")
VERSIONS = Path("/usr/src/app/versions")
TEMPLATES = Path(__file__).parent / "nginx"
HARBOR, STORES = 10000, 999  # users: Harbor's own programs; database and redis


def prepare() -> int:
    """Wipe the configuration and write it again, with new secrets; keep the keys of the data."""
    for part in CONFIG.iterdir():
        shutil.rmtree(part) if part.is_dir() else part.unlink()
    try:
        settings = load(INPUT)
    except Invalid as error:
        print("Error happened in config validation...")
        print(f"ERROR:root:{error}")
        return 255
    version = _version()
    for name, owner in (("registry", HARBOR), ("job_logs", HARBOR), ("ca_download", HARBOR)):
        _directory(DATA / name, owner)
    for name in ("database", "redis"):
        _directory(DATA / name, STORES)
    (DATA / "database").chmod(0o700)
    _nginx(settings)
    _environments(settings, version)
    _registry(settings)
    _write(CONFIG / "log/rotation", f"{settings.log_bytes} {settings.log_count}\n", HARBOR)
    _keys()
    COMPOSE.write_text(yaml.safe_dump(compose(settings, f"v{version}"), sort_keys=False))
    print(f"Generated configuration file: {COMPOSE}")
    return 0


def migrate(source: str, output: str, target: str) -> int:
    """Bring a harbor.yml to the form of another version; the double's differ by `_version` only."""
    newest = f"{_version().rpartition('.')[0]}.0"
    target = target or newest
    minors = range(int(newest.split(".")[1]) + 1)
    if target not in {f"2.{minor}.0" for minor in minors}:
        print(f"target version {target} not supported")
        return 255
    path = _on_host(source)
    text = path.read_text()
    found = str(yaml.safe_load(text).get("_version", ""))
    if found == target:
        print(f"Version of input harbor.yml is identical to target {found}, no need to upgrade")
        return 0
    if found not in {f"2.{minor}.0" for minor in minors}:
        print(f"the version {found} not supported")
        return 255
    kept = [line for line in text.splitlines() if not line.startswith("_version:")]
    print(f"migrating to version {target}")
    _on_host(output or source).write_text("\n".join([*kept, f"_version: {target}", ""]))
    print(f"Written new values to {output or source}")
    return 0


def _version() -> str:
    versions: dict[str, str] = yaml.safe_load(VERSIONS.read_text())
    return versions["VERSION_TAG"].removeprefix("v")


def _nginx(settings: Settings) -> None:
    locations = (TEMPLATES / "locations.conf").read_text()
    kind = "https" if settings.is_https else "http"
    server = (TEMPLATES / f"{kind}.conf").read_text()
    server = server.replace("@https_port@", str(settings.https_port))
    frame = (TEMPLATES / "nginx.conf").read_text()
    if settings.metrics_port:
        server += (TEMPLATES / "metrics.conf").read_text()
        server = server.replace("@metrics_port@", str(settings.metrics_port))
        server = server.replace("@metrics_path@", settings.metrics_path)
    _write(CONFIG / "nginx/nginx.conf", frame.replace("@server@", server), HARBOR)
    _write(CONFIG / "nginx/locations.conf", locations, HARBOR)
    _write(CONFIG / "portal/nginx.conf", (TEMPLATES / "portal.conf").read_text(), HARBOR)
    if settings.is_https:
        certificates = DATA / "secret/cert"
        shutil.rmtree(certificates, ignore_errors=True)
        given = {"server.crt": settings.certificate, "server.key": settings.private_key}
        for name, path in given.items():
            _write(certificates / name, _on_host(path).read_text(), HARBOR)


def _environments(settings: Settings, version: str) -> None:
    core = {
        "EXT_ENDPOINT": settings.external_url,
        "HARBOR_VERSION": version,
        "HARBOR_ADMIN_PASSWORD": settings.admin_password,
        "POSTGRESQL_PASSWORD": settings.database_password,
        "CORE_SECRET": _word(16),
        "CSRF_KEY": _word(32),
    }
    exporter = {
        "HARBOR_EXPORTER_PORT": "8080",
        "HARBOR_EXPORTER_METRICS_PATH": "/metrics",
        "HARBOR_EXPORTER_CACHE_TIME": "23",
        "HARBOR_SERVICE_HOST": "core",
        "HARBOR_SERVICE_PORT": "8080",
        "HARBOR_DATABASE_PASSWORD": settings.database_password,
    }
    metrics = {"METRIC_PATH": settings.metrics_path, "METRIC_PORT": str(settings.metrics_port)}
    is_told = bool(settings.metrics_port)
    for name, values in {
        "core": core | (metrics if is_told else {}),
        "db": {"POSTGRES_PASSWORD": settings.database_password},
        "jobservice": metrics if is_told else {},
        **({"exporter": exporter} if is_told else {}),
    }.items():
        lines = (f"{key}={value}\n" for key, value in values.items())
        _write(CONFIG / name / "env", "".join(lines), 0)


def _registry(settings: Settings) -> None:
    """The registry believes the tokens that core signs, and only those."""
    told = {
        "version": 0.1,
        "log": {"level": "info", "fields": {"service": "registry"}},
        "storage": {
            "cache": {"blobdescriptor": "redis"},
            "filesystem": {"rootdirectory": "/storage"},
            "delete": {"enabled": True},
        },
        "redis": {"addr": "redis:6379", "db": 1},
        "http": {"addr": ":5000", "secret": _word(16), "debug": _debug(settings)},
        "auth": {
            "token": {
                "realm": f"{settings.external_url}/service/token",
                "service": "harbor-registry",
                "issuer": "harbor-token-issuer",
                "rootcertbundle": "/etc/registry/root.crt",
            }
        },
    }
    _write(CONFIG / "registry/config.yml", yaml.safe_dump(told, sort_keys=False), HARBOR)


def _debug(settings: Settings) -> dict[str, object]:
    """Where the registry tells of itself: beside what it serves, or to itself alone."""
    if not settings.metrics_port:
        return {"addr": "localhost:5001"}
    told = {"enabled": True, "path": settings.metrics_path}
    return {"addr": f":{settings.metrics_port}", "prometheus": told}


def _keys() -> None:
    """What must outlive every `prepare`: without it the data cannot be used any more."""
    secretkey = DATA / "secret/keys/secretkey"
    if not secretkey.exists():
        _write(secretkey, _word(16), HARBOR)
        print(f"Generated and saved secret to file: {secretkey}")
    key, certificate = DATA / "secret/core/private_key.pem", DATA / "secret/registry/root.crt"
    if not (key.exists() and certificate.exists()):
        key.parent.mkdir(parents=True, exist_ok=True)
        certificate.parent.mkdir(parents=True, exist_ok=True)
        subprocess.run(
            (
                *("openssl", "req", "-x509", "-newkey", "rsa:2048", "-noenc", "-days", "3650"),
                *("-subj", "/CN=harbor", "-keyout", key, "-out", certificate),
            ),
            check=True,
            capture_output=True,
        )
        for path in (key, certificate):
            os.chown(path, HARBOR, HARBOR)
            path.chmod(0o600)


def _directory(path: Path, owner: int) -> None:
    path.mkdir(parents=True, exist_ok=True)
    if path.stat().st_uid != owner:
        for part in (path, *path.rglob("*")):
            os.chown(part, owner, owner)


def _write(path: Path, text: str, owner: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    os.chown(path, owner, owner)
    path.chmod(0o600)
    print(f"Generated configuration file: {path}")


def _on_host(path: str) -> Path:
    return HOST / path.lstrip("/") if HOST.is_dir() else Path(path)


def _word(length: int) -> str:
    return "".join(secrets.choice(string.ascii_letters + string.digits) for _ in range(length))


def main() -> int:
    """`prepare`, or `migrate -i FILE [-o FILE] [-t VERSION]`."""
    parser = argparse.ArgumentParser(prog="main.py")
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("prepare")
    migration = commands.add_parser("migrate")
    migration.add_argument("-i", "--input", required=True)
    migration.add_argument("-o", "--output", default="")
    migration.add_argument("-t", "--target", default="")
    given = parser.parse_args()
    if given.command == "prepare":
        return prepare()
    return migrate(given.input, given.output, given.target)


if __name__ == "__main__":
    sys.exit(main())
