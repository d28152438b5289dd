"""Secrets that count once: what the platform has must be what secrets.env says, before a write."""

from __future__ import annotations

import secrets
import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import SecretStr
from pyinfra.api.host import Host

from facts.harbor import HOME, account, curl
from facts.kept import Digests, digest
from facts.kubernetes import ADMIN, API, KUBECTL, SERVER
from operations import run
from spec import Mistake, Platform
from spec.secrets import SECRETS_FILE

BRING = f"bring {SECRETS_FILE.name} from where the platform was deployed"


@dataclass(frozen=True)
class Kept:
    """A secret that a platform keeps from its beginning, and where; `change` says how to turn it.

    `proves` is shell that ends well when the secret on its input is the right one all the same,
    for one that a person may have changed where it counts.
    """

    name: str  # in secrets.env
    group: str
    shows: str  # shell, as root: the secret as the machine has it, or nothing
    value: str
    change: str
    proves: str = ""


def kept(platform: Platform) -> tuple[Kept, ...]:
    """Those that no run can change; it can those of Harbor's robots and database, for example."""
    have, edge = platform.secrets, platform.docker_host
    login = curl(platform.registry_ca)
    namespace = platform.k8s_worker.app_namespace
    as_root = shlex.quote(
        "IFS= read -r MYSQL_PWD; export MYSQL_PWD; exec mysqladmin -h 127.0.0.1 -u root status"
    )
    return (
        Kept(
            "harbor_admin_password",
            "docker_host",
            f"[ -e {HOME}/harbor.yml ] &&"
            f""" sed -n 's/^user = "admin:\\(.*\\)"$/\\1/p' {account("admin")}""",
            _plain(have.harbor_admin_password),
            "change it in Harbor (admin, Change Password) first, and here then",
            # The password comes as curl's own configuration, and so stands in no command line.
            f"sed 's/.*/user = \"admin:&\"/' | {login} --fail --output /dev/null"
            f" --config - {edge.harbor_url}/api/v2.0/users/current",
        ),
        Kept(
            "kubernetes_encryption_key",
            "k8s_control",
            "[ -e /etc/kubernetes/admin.conf ] &&"
            " sed -n '/^ *secret: */{s///p;q}' /etc/kubernetes/encryption.yaml",
            platform.encryption_key,
            "with another one nobody reads what the cluster has encrypted",
        ),
        Kept(
            "database_root_password",
            "k8s_control",
            f"[ -e {ADMIN} ] && at={SERVER} &&"
            f' {API} "$at/api/v1/namespaces/{namespace}/secrets/app-secrets?pretty=true"'
            """ | sed -n 's/^ *"MYSQL_ROOT_PASSWORD": "\\(.*\\)".*/\\1/p' | base64 --decode""",
            _plain(have.database_root_password),
            "change it in MySQL (ALTER USER) first, and here then",
            f"{KUBECTL} -n {namespace} exec --stdin mysql-0 -c mysql -- sh -c {as_root}",
        ),
    )


def differing(host: Host, platform: Platform) -> dict[Kept, bool]:
    """The secrets that a machine keeps, and whether each is another one than ours."""
    ours = {one.name: one for one in kept(platform) if one.group in host.groups}
    if not ours:
        return {}
    salt = secrets.token_hex(16)
    shown = {name: one.shows for name, one in ours.items()}
    answers = host.get_fact(Digests, commands=shown, salt=salt)
    # One that is turned over is the old one as well, until everything has the new one.
    before = replace(platform, secrets=platform.secrets.model_copy(update={**platform.before}))
    known = {(it.name, digest(salt, it.value)) for it in (*ours.values(), *kept(before))}
    return {
        one: (name, answers[name]) not in known and not _proven(host, one)
        for name, one in ours.items()
        if name in answers
    }


def findings(found: Mapping[Host, Mapping[Kept, bool]]) -> Iterator[Mistake]:
    """Every secret that is not the platform's."""
    for host, secrets_of in found.items():
        for one, differs in secrets_of.items():
            if differs:
                reason = f"is not what {host.name} has: {BRING}. {one.change}"
                yield Mistake("secrets", one.name, "", reason)


def _proven(host: Host, one: Kept) -> bool:
    return bool(one.proves) and run(host, one.proves, _stdin=one.value)


def _plain(secret: SecretStr) -> str:
    return secret.get_secret_value()
