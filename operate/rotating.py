"""What is turned over, from what to what, and whether that may be."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass, replace

from pydantic import SecretStr

from facts.gitlab import WRONG, Access, find, sentence
from operations.pipeline import UNDER_WAY
from spec import Platform, Refused
from spec.reserved import PIPELINE_SECRETS
from spec.rotation import ROTATIONS
from spec.secrets import MADE

PULL_SECRET = "harbor-pull"  # noqa: S105 - its name, as the pipeline makes it


@dataclass(frozen=True)
class Turn:
    """What is turned over, and the platform with the new value."""

    name: str
    secret: str  # in secrets.env; "" where it is in no file
    old: SecretStr
    new: SecretStr
    platform: Platform

    @property
    def tells_pipelines(self) -> bool:
        """Whether it is one of those that pipelines have."""
        return _tells_pipelines(self.secret)

    @property
    def after(self) -> Platform:
        """The platform when nobody needs the old value any more."""
        return replace(self.platform, before={})


def turn(platform: Platform, name: str, asked: frozenset[str]) -> Turn:
    """What is turned over; raises Refused with the reason against it."""
    offered = [it for it in ROTATIONS if it != "grafana" or platform.watches]
    if name not in offered:
        told = [f"{it:<13} {ROTATIONS[it].what}" for it in offered]
        raise Refused(f"NAME is {name!r}, and nothing was touched; write NAME= with one of", told)
    secret = ROTATIONS[name].secret
    for reason in _against(platform, name, secret, asked):
        raise Refused(f"{reason} Nothing was touched.", ())
    if not secret:
        return Turn(name, "", SecretStr(""), SecretStr(""), platform)
    ours: SecretStr = getattr(platform.secrets, secret)
    # One that was cut off goes on with the value that it has made.
    going_on = secret in platform.before
    old = platform.before[secret] if going_on else ours
    new = ours if going_on else SecretStr(MADE[secret]())
    secrets = platform.secrets.model_copy(update={secret: new})
    return Turn(name, secret, old, new, replace(platform, secrets=secrets, before={secret: old}))


def pull_secret(platform: Platform) -> dict[str, str]:
    """What the cluster pulls with, to the letter as the pipeline writes it."""
    robot = next(it for it in platform.robots if it.name == "pull")
    login = f"{robot.login}:{robot.secret.get_secret_value()}"
    auth = base64.b64encode(login.encode()).decode()
    auths = {"auths": {platform.registry: {"auth": auth}}}
    return {".dockerconfigjson": json.dumps(auths, separators=(",", ":"))}


def by_hand(platform: Platform, secret: str) -> list[str]:
    """What a person has to enter at GitLab, where no run may: a line each."""
    keys = [it.key for it in platform.pipeline_secrets if it.name == secret]
    keys += [] if secret else ["KUBECONFIG_PROD"]
    source = f"{secret} of secrets.env" if secret else f"{platform.pipeline_kubeconfig.name}"
    return [f"a pipeline has the old one until you set {key} at GitLab: {source}" for key in keys]


def _tells_pipelines(secret: str) -> bool:
    return not secret or secret in PIPELINE_SECRETS.values()


def _against(platform: Platform, name: str, secret: str, asked: frozenset[str]) -> Iterator[str]:
    if name == "encryption" and len(platform.controls) > 1:
        yield (
            "With three control planes this key is not turned over by a run yet: each of them has"
            " to read with it before one writes with it (Kubernetes' documentation, \"Rotate a"
            ' decryption key").'
        )
    for other in (it for it, about in ROTATIONS.items() if about.secret in platform.before):
        if other != name:
            yield f"{other} is half turned over: `make rotate NAME={other}` first."
    if any(key.lower() == secret and value for key, value in os.environ.items()):
        yield f"{secret} comes from the environment, where nothing can be kept: secrets.env can."
    if left := sorted({it.name for it in platform.machines} - asked):
        yield f"{', '.join(left)} is left out by --limit: all machines are to have it."
    told = _tells_pipelines(secret) and platform.sets_project_up
    if told and (url := _under_way(platform)):
        yield f"{url} has not ended, and knows the old one: wait for it."


def _under_way(platform: Platform) -> str:
    """A pipeline of the project that is at work; "" where none is."""
    token, settings = platform.secrets.gitlab_token, platform.docker_host
    assert token
    assert settings.gitlab_project
    access = Access(settings.gitlab_url, settings.gitlab_project, token)
    try:
        project = find(access)
        rows = project.pipelines.list(per_page=20, get_all=False) if project else []
    except WRONG as wrong:
        raise Refused(f"{sentence(access, wrong)}. Nothing was touched.", ()) from None
    return next((str(row.web_url) for row in rows if row.status in UNDER_WAY), "")
