"""Everything that it answers."""

from __future__ import annotations

from . import deploy_keys, projects, runner_api, runners, variables
from .http import Route

ROUTES: list[Route] = [
    *projects.ROUTES,
    *deploy_keys.ROUTES,
    *variables.ROUTES,
    *runners.ROUTES,
    *runner_api.ROUTES,
]
