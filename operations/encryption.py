"""What the cluster's Secrets are encrypted with at rest, and every one of them anew."""

from __future__ import annotations

from pyinfra.api.command import StringCommand

from facts.kubernetes import KUBECTL
from operations import Commands, operation, until
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.secrets import cipher_key

# Seconds: the API may boot, and who changes a Secret meanwhile makes it refuse ours.
RENEWED_WITHIN = 180


def configuration(platform: Platform) -> File:
    """For the API server: it writes with the first key, and reads with each.

    All have one name: it stands before what they have encrypted, and clusters of old know this one.
    """
    before = platform.before.get("kubernetes_encryption_key")
    keys = [platform.encryption_key, *([cipher_key(before)] if before else [])]
    return source(
        platform, "k8s_control", "/etc/kubernetes/encryption.yaml", mode="0600", keys=keys
    )


@operation()
def rewrite_secrets() -> Commands:
    """Have every Secret encrypted with the first key: what is written back is written with it."""
    # Told nothing, `replace` ends well: what was asked for must have come.
    written = (
        f'{{ secrets=$({KUBECTL} get secrets -A -o json) && [ -n "$secrets" ] &&'
        f' printf %s "$secrets" | {KUBECTL} replace -f - >/dev/null; }}'
    )
    yield StringCommand(until(written, RENEWED_WITHIN))
