"""Everything that it answers."""

from __future__ import annotations

from . import (
    access,
    branches,
    deploy_keys,
    git_http,
    pipeline_api,
    projects,
    runner_api,
    runners,
    variables,
)
from .http import Route

ROUTES: list[Route] = [
    *projects.ROUTES,
    *deploy_keys.ROUTES,
    *variables.ROUTES,
    *runners.ROUTES,
    *runner_api.ROUTES,
    *branches.ROUTES,
    *pipeline_api.ROUTES,
    *access.ROUTES,
    *git_http.ROUTES,
]
