"""Harbor: its administrator's password, its installer, its way back."""

from __future__ import annotations

import json
import shlex

from pyinfra import host
from pyinfra.api.command import StringCommand

from facts.asking import ask
from facts.certificate import Shown
from facts.docker import Compose
from facts.files import Paths, PathState
from facts.harbor import API, HEALTH, HOME, Harbor, HarborApi, curl, is_well
from operations import Commands, operation, refuse, until
from operations.downloads import Signed, fetch
from operations.files import File

INSTALL = "/usr/local/sbin/harbor-install"
BACK = "/usr/local/sbin/harbor-back"
SHOW = "/usr/local/sbin/harbor-certificate"
CACHE = "/var/cache/harbor"
REFUSED = (
    "Harbor at {url} refuses harbor_admin_password of secrets.env: it counts at the first"
    " installation only; put the password that Harbor has there"
)


@operation()
def check_login(login: File, url: str, ca: str) -> Commands:
    """Have a Harbor that is there let this administrator in before anything is made with it.

    Where another password was used until now it is asked; where none answers nobody can tell.
    """
    if login.same_content(ask(host, Paths, paths=[login.path]).get(login.path, PathState())):
        return
    if not ask(host, Harbor).version:
        return
    status = f"{curl(ca)} --config - -o /dev/null -w '%{{http_code}}' {url}{API}/users/current"
    refused = shlex.quote(REFUSED.format(url=url))
    yield StringCommand(
        f'[ "$({status})" != 401 ] || {{ echo {refused} >&2; exit 1; }}',
        _stdin=login.content,
    )


@operation()
def change_password(old: str, new: str, url: str, ca: str) -> Commands:
    """Have the administrator log in with `new`, who did so with `old`."""
    body = json.dumps({"old_password": old, "new_password": new})
    settings = {"user": f"admin:{new}"}, {"user": f"admin:{old}", "data": body}
    # As curl's own configuration neither password stands in a command line.
    asks, tells = (
        "".join(f"{name} = {json.dumps(value)}\n" for name, value in one.items())
        for one in settings
    )
    with_status = f"{curl(ca)} --config - -o /dev/null -w '%{{http_code}}'"
    told = f"Harbor at {url} was told a new password for admin, and answers"
    yield StringCommand(
        f'IFS= read -r new; [ "$(echo "$new" | {with_status} {url}{API}/users/current)" = 200 ]'
        f" || {{ came=$({with_status} -X PUT -H 'Content-Type: application/json'"
        f' {url}{API}/users/1/password); [ "$came" = 200 ] ||'
        f' {{ echo {shlex.quote(told)} "$came" >&2; exit 1; }}; }}',
        _stdin=asks + tells.rstrip("\n"),
    )


@operation()
def install(
    version: str, releases: str, check: str | Signed, config: str, data: str, url: str, ca: str
) -> Commands:
    """Have this version installed with the configuration in /etc/harbor, whose sum is `config`.

    Its data stays. An upgrade keeps a copy of the database and the configuration (`back`); a
    downgrade is refused, because a database only ever goes forward.
    """
    found = ask(host, Harbor)
    if (found.version, found.config, found.intact) == (version, config, True):
        return
    if _ordered(found.version) > _ordered(version):
        yield refuse(
            f"Harbor {found.version} is installed, and harbor_version is the older {version}:"
            " its database cannot go back by itself; `make harbor-back` undoes the last upgrade"
        )
        return
    name = f"harbor-offline-installer-v{version}.tgz"
    bundle = f"{CACHE}/{name}"
    if found.version != version:
        source = f"{releases}/v{version}/{name}"
        yield StringCommand(
            f'[ "$(cat {HOME}/.version 2>/dev/null)" = {version} ] || '
            f"( {fetch('the Harbor installer', source, bundle, check)} )"
        )
    words = [INSTALL, version, data, url, config, bundle, *([ca] if ca else [])]
    yield StringCommand(shlex.join(words))


@operation()
def start(url: str, ca: str, within: int = 180) -> Commands:
    """Have every container run as installed and every component healthy, within so many seconds.

    One that is still starting is waited for; anything else is stopped and started in its order.
    """
    complete = ask(host, Compose, project=HOME).complete
    if ask(host, HarborApi, url=url, ca=ca, path=HEALTH).is_well and complete:
        return
    restart = "systemctl restart harbor-compose.service"
    well = f"{{ {is_well(url, ca)}; }}"
    if complete:
        restart = f"{until(well, 60)} && exit; {restart}"
    yield StringCommand(
        f"{restart}; {until(well, within)} || "
        f'{{ echo "Harbor is not healthy after {within} s: ${{said:-no answer from {url}}};'
        ' see docker ps -a, /var/log/harbor" >&2; exit 1; }'
    )


@operation()
def certificate(data: str, certificate: str, host_name: str, port: int) -> Commands:
    """Have Harbor show this certificate, in place of the one that it was installed with."""
    if not ask(host, Shown, host_name=host_name, port=port, certificate=certificate):
        yield StringCommand(shlex.join([SHOW, data]))


@operation()
def roll_back(data: str) -> Commands:
    """Bring back the Harbor before the last upgrade, with its database and configuration."""
    yield StringCommand(shlex.join([BACK, data]))


def _ordered(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.lstrip("v").split(".") if part.isdecimal())
