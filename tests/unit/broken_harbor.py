"""A Harbor that is well, as tools on PATH tell it, and how each of its gates is broken."""

from __future__ import annotations

from tests.unit.harbor_recorded import HEALTHY, UNHEALTHY
from tests.unit.one_gate import shut

WELL = f"""case "$*" in
  */api/v2.0/health) echo '{HEALTHY}';;
  *--config*push.curl*/v2/|*--config*pull.curl*/v2/) echo 200;;
  *harbor.local:8080/v2/|*/api/v2.0/projects/threebody) echo 401;;
  *edge-health*) echo 204;;
  *) echo "301 https://hit.local/";; esac"""
ROOM = "printf ' Avail\\n %sM\\n'"


def curl(asked: str, answer: str) -> str:
    """A curl for which one request is answered in another way."""
    return f'case "$*" in {asked}) {answer}; exit;; esac\n{WELL}'


HEALTH = "every component of Harbor is healthy"
ASKS = "harbor.local:8080 asks who is there"
LOGINS = "the registry's robots may log in, and not with a wrong password"
PRIVATE = "the project threebody is private"
ROOMY = "there is room for images under /data/harbor"
UNWELL = '"name":"registry","status":"unhealthy"'
GATEWAY = "502 Bad Gateway"
BROKEN = [
    shut(HEALTH, came=UNWELL, curl=curl("*/health", f"echo '{UNHEALTHY}'")),
    shut(HEALTH, came=GATEWAY, curl=curl("*/health", f"echo '<html>{GATEWAY}</html>'")),
    shut(HEALTH, came="no answer", curl=curl("*/health", "exit 7")),
    shut(HEALTH, came="{}", curl=curl("*/health", "echo '{}'")),
    shut(ASKS, came="200", curl=curl("*/v2/", "echo 200")),
    shut(ASKS, came="refused", curl=curl("*/v2/", "echo refused >&2; echo 000; exit 7")),
    shut(LOGINS, came="push: 401", curl=curl("*push.curl*", "echo 401")),
    shut(LOGINS, came="pull: 401", curl=curl("*pull.curl*", "echo 401")),
    shut(LOGINS, came="200", curl=curl("*wrong*", "echo 200")),
    shut(PRIVATE, came="200", curl=curl("*/projects/*", "echo 200")),
    shut(PRIVATE, came="404", curl=curl("*/projects/*", "echo 404")),
    shut(ROOMY, came="1023", df=f"{ROOM} 1023"),
    shut(ROOMY, came="gone", df="echo gone >&2; exit 1"),
]
