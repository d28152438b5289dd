"""Repositories and artifacts of a project, as far as the registry's files know them."""

from __future__ import annotations

from typing import Any

from . import storage
from .accounts import admin
from .projects import Project, every, get, paged
from .web import Answer, Refusal, Request


def listed(request: Request, project: str) -> Answer:
    """GET /projects/NAME/repositories."""
    admin(request)
    found = get(project)
    return paged(request, [_repository(found, name) for name in storage.repositories(found.name)])


def read(request: Request, project: str, repository: str) -> Answer:
    """GET /projects/NAME/repositories/REPOSITORY."""
    admin(request)
    found = get(project)
    return Answer(body=_repository(found, _existing(f"{found.name}/{repository}")))


def artifacts(request: Request, project: str, repository: str) -> Answer:
    """GET …/artifacts."""
    admin(request)
    found = get(project)
    name = _existing(f"{found.name}/{repository}")
    return paged(request, [_artifact(found, name, digest) for digest in storage.artifacts(name)])


def artifact(request: Request, project: str, repository: str, reference: str) -> Answer:
    """GET …/artifacts/TAG or DIGEST."""
    admin(request)
    found = get(project)
    name = _existing(f"{found.name}/{repository}")
    digest = storage.resolved(name, reference)
    if digest is None:
        raise Refusal(404, f"artifact {name}{mark(reference)}{reference} not found")
    return Answer(body=_artifact(found, name, digest))


def mark(reference: str) -> str:
    """What stands between a repository and a tag or digest of it."""
    return "@" if ":" in reference else ":"


def statistics(request: Request) -> Answer:
    """GET /statistics."""
    admin(request)
    projects = every()
    public = [project for project in projects if project.is_public]
    public_repositories = sum(len(storage.repositories(project.name)) for project in public)
    total = len(storage.repositories())
    shown = {
        "private_project_count": len(projects) - len(public),
        "private_repo_count": total - public_repositories,
        "public_project_count": len(public),
        "public_repo_count": public_repositories,
        "total_project_count": len(projects),
        "total_repo_count": total,
        "total_storage_consumption": storage.consumption(),
    }
    return Answer(body=shown)


def _existing(name: str) -> str:
    if not storage.artifacts(name):
        raise Refusal(404, f"repository {name} not found")
    return name


def _repository(project: Project, name: str) -> dict[str, Any]:
    times = sorted(storage.pushed(name, digest) for digest in storage.artifacts(name))
    return {
        "artifact_count": len(times),
        "creation_time": times[0],
        "name": name,
        "project_id": project.id,
        "update_time": times[-1],
    }


def _artifact(project: Project, name: str, digest: str) -> dict[str, Any]:
    told = storage.manifest(digest)
    tags = storage.artifacts(name)[digest]
    return {
        "digest": digest,
        "manifest_media_type": told.get("mediaType", ""),
        "media_type": (told.get("config") or {}).get("mediaType", told.get("mediaType", "")),
        "project_id": project.id,
        "push_time": storage.pushed(name, digest),
        "repository_name": name,
        "size": storage.size(digest),
        "tags": [{"immutable": False, "name": tag} for tag in tags] or None,
        "type": "IMAGE",
    }
