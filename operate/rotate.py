"""Turn a secret over: a new value everywhere, after which the old one opens nothing.

A deploy of its own: `NAME=push pyinfra inventory.py operate/rotate.py` (`make rotate NAME=push`);
without a NAME it says what there is. The shop serves meanwhile. The new value is in secrets.env
before any machine hears of it, and the old one beside it until none needs it, so one that was cut
off goes on when it is run again.
"""

from __future__ import annotations

import os

from pyinfra import host

from facts.kubernetes import API_PID, KUBECTL
from gates import LAYERS, Gate
from operate.rotating import PULL_SECRET, by_hand, pull_secret, turn
from operations import (
    control_plane,
    database,
    encryption,
    files,
    gitlab,
    kubernetes,
    rotation,
)
from operations import harbor as harbor_accounts
from operations.once import in_limit, once
from spec import Platform
from tasks import application, cluster, monitoring, preflight
from tasks.docker_host import harbor
from tasks.gate import passed, wait_at

platform = preflight.apply()
asked = in_limit()
way = once("turn", lambda: turn(platform, os.environ.get("NAME", ""), asked))
is_docker, is_control = "docker_host" in host.groups, host.name == platform.control.name


# A Secret that only the old key reads makes the whole list fail; then the old one is kept.
readable = [
    Gate(
        awaits="every Secret of the cluster can be read",
        command=f'test -n "$({KUBECTL} get secrets -A -o name)"',
        hint="run this again: it puts the old key back behind the new one, and begins anew",
        within=60,
    )
]


def accounts(platform: Platform) -> None:
    """Harbor's, and who pulls with one of them."""
    if is_docker and way.name == "harbor":
        harbor_accounts.change_password(
            name="Tell Harbor the new password",
            old=way.old.get_secret_value(),
            new=way.new.get_secret_value(),
            url=platform.docker_host.harbor_url,
            ca=platform.registry_ca,
        )
    if is_docker:
        harbor.apply(platform)
    if is_control and way.name == "pull":
        kubernetes.update_secret(
            name="Tell the cluster",
            namespace=platform.k8s_worker.app_namespace,
            secret=PULL_SECRET,
            values=pull_secret(platform),
        )


def secrets_at_rest(platform: Platform) -> None:
    """As Kubernetes' documentation turns a key over: it comes first, all is written anew."""
    if is_control:
        files.configure(
            name="Encrypt with the new key",
            files=[encryption.configuration(platform)],
            process=API_PID,
            load=control_plane.RELOAD_API,
        )
        encryption.rewrite_secrets(name="Encrypt every Secret anew")
        files.configure(
            name="Forget the old key",
            files=[encryption.configuration(way.after)],
            process=API_PID,
            load=control_plane.RELOAD_API,
        )


def way_in(platform: Platform) -> None:
    """Tokens are an account's: they end with it, and another one of its name has none of them."""
    if is_control:
        namespace = f"{platform.k8s_worker.app_namespace}-ci"
        kubernetes.delete(
            name="Remove the pipeline's account, and its tokens with it",
            paths=[f"/api/v1/namespaces/{namespace}/serviceaccounts/ci"],
        )
    cluster.apply(platform)


def tell_pipelines(platform: Platform) -> None:
    """Those that a person has set up are his to tell."""
    passed(name="Wait until pipelines can be told", gates=[])
    if way.tells_pipelines and platform.sets_project_up:
        application.apply(platform)
    elif way.tells_pipelines and is_docker:
        gitlab.instructions(
            name="List what to enter at GitLab", steps=by_hand(platform, way.secret)
        )


if is_docker and way.secret:
    rotation.start(
        name=f"Have a new {way.secret} in secrets.env",
        secret=way.secret,
        old=way.old,
        new=way.new,
    )
passed(name="Wait until the new one can be told", gates=[])
if way.name in ("push", "pull", "harbor"):
    accounts(way.platform)
    tell_pipelines(way.platform)
elif way.name == "encryption":
    secrets_at_rest(way.platform)
elif way.name == "grafana":
    monitoring.apply(way.platform)
elif way.name == "pipeline":
    way_in(way.platform)
    tell_pipelines(way.platform)
else:
    # First, since a pipeline that begins meanwhile brings what it is told.
    tell_pipelines(way.platform)
    if is_control:
        database.change_password(
            name="Let the database know the new password, and no other",
            platform=way.platform,
            whose="application" if way.name == "database" else "root",
            old=way.old.get_secret_value(),
            new=way.new.get_secret_value(),
        )
passed(name="Wait until nobody needs the old one", gates=readable if is_control else [])
if is_docker and way.secret:
    rotation.finish(name="Forget the old one")
for layer in host.loop(LAYERS):  # type: ignore[no-untyped-call]
    wait_at(layer, way.after)
