"""Names that settings had in earlier versions, and what to write now."""

from __future__ import annotations

# What stands here is refused with these words: a setting that nobody reads is never passed over.
RENAMED = {
    "app_frontend_port": "write it as app_tiers, under frontend, as port",
    "app_go_port": "write it as app_tiers, under go, as port",
    "app_laravel_port": "write it as app_tiers, under laravel, as port",
    "project_path": "it is called application_path now",
    "project_source": "it is called application_source now",
    "project_variables": "it is called pipeline_variables now",
    "seed": "it is an argument of one command now: make migrate SEED=1",
}
