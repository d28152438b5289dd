"""Harbor's core: the API, and the say over the registry."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path
from urllib.parse import urlsplit

from . import gatekeeper, health, metrics, projects, records, repositories, robots, room, users
from .accounts import account, admin
from .web import Answer, Request, Route, serve

PORT = 8080
API = "/api/v2.0"
CONFIGURATIONS = Path(__file__).with_name("configurations.json")


def system(request: Request) -> Answer:
    """GET /systeminfo: a little for everybody, more for who is logged in."""
    shown: dict[str, object] = {
        "auth_mode": "db_auth",
        "banner_message": "",
        "oidc_provider_name": "",
        "primary_auth_mode": False,
        "self_registration": False,
    }
    if account(request):
        url = os.environ["EXT_ENDPOINT"]
        shown |= {
            "current_time": records.now(),
            "external_url": url,
            "harbor_version": f"v{os.environ['HARBOR_VERSION']}-",
            "has_ca_root": False,
            "notification_enable": True,
            "project_creation_restriction": "everyone",
            "read_only": False,
            "registry_storage_provider_name": "filesystem",
            "registry_url": urlsplit(url).netloc,
        }
    return Answer(body=shown)


def configurations(request: Request) -> Answer:
    """GET /configurations: what a fresh Harbor has; nothing of it can be changed here."""
    admin(request)
    return Answer(body=json.loads(CONFIGURATIONS.read_text()))


def ping(_request: Request) -> Answer:
    """GET /ping."""
    return Answer(body="Pong", content_type="text/plain")


PROJECT = f"{API}/projects/([^/]+)"
REPOSITORY = f"{PROJECT}/repositories/([^/]+)"
ROUTES: list[Route] = [
    ("GET", f"{API}/health", health.shown),
    ("GET", f"{API}/ping", ping),
    ("GET", f"{API}/systeminfo", system),
    ("GET", f"{API}/statistics", repositories.statistics),
    ("GET", f"{API}/configurations", configurations),
    ("HEAD", f"{API}/projects", projects.exists),
    ("GET", f"{API}/projects", projects.listed),
    ("POST", f"{API}/projects", projects.create),
    ("GET", PROJECT, projects.read),
    ("PUT", PROJECT, projects.change),
    ("DELETE", PROJECT, projects.delete),
    ("GET", f"{PROJECT}/repositories", repositories.listed),
    ("GET", REPOSITORY, repositories.read),
    ("GET", f"{REPOSITORY}/artifacts", repositories.artifacts),
    ("GET", f"{REPOSITORY}/artifacts/([^/]+)", repositories.artifact),
    ("GET", f"{API}/robots", robots.listed),
    ("POST", f"{API}/robots", robots.create),
    ("GET", rf"{API}/robots/(\d+)", robots.read),
    ("PUT", rf"{API}/robots/(\d+)", robots.change),
    ("PATCH", rf"{API}/robots/(\d+)", robots.renew),
    ("DELETE", rf"{API}/robots/(\d+)", robots.delete),
    ("POST", f"{API}/retentions", room.create),
    ("GET", rf"{API}/retentions/(\d+)", room.read),
    ("PUT", rf"{API}/retentions/(\d+)", room.change),
    ("GET", f"{API}/system/gc/schedule", room.schedule),
    ("POST", f"{API}/system/gc/schedule", room.set_schedule),
    ("PUT", f"{API}/system/gc/schedule", room.set_schedule),
    ("GET", f"{API}/users/current", users.current),
    ("PUT", f"{API}/users/1/password", users.change_password),
    ("GET", "/service/token", gatekeeper.token),
    ("GET", "/v2/_catalog", gatekeeper.catalog),
    ("GET", "/authorize", gatekeeper.authorize),
    ("*", "/v2/(.*)", gatekeeper.told),
]


def main() -> None:
    """Wait for the database, give the admin a password once, answer for ever."""
    threading.Thread(target=health.watch, daemon=True).start()
    threading.Thread(target=_first_install, daemon=True).start()
    answers = metrics.Answers()
    metrics.tell_beside(answers.figures)
    serve(PORT, ROUTES, answers.add)


def _first_install() -> None:
    """The password of harbor.yml counts where there is none yet."""
    while True:
        try:
            ((stored,),) = records.query("SELECT password FROM users WHERE id = 1")
            if stored is None:
                users.set_password(os.environ["HARBOR_ADMIN_PASSWORD"])
            return
        except records.Unavailable:
            time.sleep(1)


if __name__ == "__main__":
    main()
