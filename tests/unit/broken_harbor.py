"""A Harbor that is well, as tools on PATH tell it, and how each of its gates is broken."""

from __future__ import annotations

from tests.unit.harbor_recorded import HEALTHY, UNHEALTHY

WELL = f"""case "$*" in
  */api/v2.0/health) echo '{HEALTHY}';;
  *--config*push.curl*/v2/|*--config*pull.curl*/v2/) echo 200;;
  *harbor.local:8080/v2/|*/api/v2.0/projects/threebody) echo 401;;
  *edge-health*) echo 204;;
  *) echo "301 https://hit.local/";; esac"""
ROOM = "printf ' Avail\\n %sM\\n'"


def curl(asked: str, answer: str) -> dict[str, str]:
    """Tools of a machine where one request is answered in another way."""
    told = f'case "$*" in {asked}) {answer}; exit;; esac'
    return {"curl": f"{told}\n{WELL}"}


HEALTH = "every component of Harbor is healthy"
ASKS = "harbor.local:8080 asks who is there"
LOGINS = "the registry's robots may log in, and nobody else"
PRIVATE = "the project threebody is private"
# The gate, how its subject is broken, what the answer then holds.
BROKEN = [
    (HEALTH, curl("*/health", f"echo '{UNHEALTHY}'"), '"name":"registry","status":"unhealthy"'),
    (HEALTH, curl("*/health", "echo '<html>502 Bad Gateway</html>'"), "502 Bad Gateway"),
    (HEALTH, curl("*/health", "echo refused >&2; exit 7"), "refused"),
    (HEALTH, curl("*/health", "echo '{}'"), ""),
    (ASKS, curl("*/v2/", "echo 200"), "200"),
    (ASKS, curl("*/v2/", "echo refused >&2; echo 000; exit 7"), "refused"),
    (LOGINS, curl("*push.curl*", "echo 401"), "push: 401"),
    (LOGINS, curl("*pull.curl*", "echo 401"), "pull: 401"),
    (LOGINS, curl("*wrong*", "echo 200"), "200"),
    (PRIVATE, curl("*/projects/*", "echo 200"), "200"),
    (PRIVATE, curl("*/projects/*", "echo 404"), "404"),
    ("there is room for images under /data/harbor", {"df": f"{ROOM} 1023"}, "1023"),
    ("there is room for images under /data/harbor", {"df": "echo gone >&2; exit 1"}, "gone"),
]
