"""What must hold of the registry."""

from __future__ import annotations

import shlex

from facts.harbor import account, curl, is_well
from gates.gate import Gate
from spec import Platform


def gates(platform: Platform) -> list[Gate]:
    """B3: the registry is whole, knows its robots by their passwords, and has room."""
    settings = platform.docker_host
    url, ca, data = settings.harbor_url, platform.registry_ca, settings.harbor_data
    status = f"{curl(ca)} --show-error -o /dev/null -w '%{{http_code}}\\n'"
    return [
        Gate(
            awaits="every component of Harbor is healthy",
            command=f'{is_well(url, ca)} || {{ echo "${{said:-no answer}}"; false; }}',
            hint=(
                "docker ps -a; tail /var/log/harbor/*.log; systemctl restart harbor-compose;"
                " after an upgrade: make harbor-back"
            ),
            within=120,
            every=2,
        ),
        Gate(
            awaits=f"{platform.registry} asks who is there",
            command=f"{status} {url}/v2/ | tee /dev/stderr | grep -qx 401",
            hint=(
                "systemctl status harbor-compose; docker logs nginx; who has the port: lsof -i"
                f" :{settings.harbor_port}"
            ),
            within=30,
        ),
        _logins(platform, status),
        Gate(
            awaits=f"the project {settings.harbor_project} is private",
            command=(
                f"{status} {url}/api/v2.0/projects/{settings.harbor_project} | tee /dev/stderr |"
                " grep -qx 401"
            ),
            hint=f"the project's configuration at {url}: public must be off",
        ),
        Gate(
            awaits=f"there is room for images under {data}",
            command=(
                f"df -h {data} | tail -n 1;"
                f' test "$(df --output=avail -BM {data} | tail -n 1 | tr -dc 0-9)" -ge 1024'
            ),
            hint=f"du -sh {data}/*; Harbor's garbage collection",
        ),
    ]


def _logins(platform: Platform, status: str) -> Gate:
    """One gate: Harbor makes a robot wait after a wrong password, so that comes last."""
    settings = platform.docker_host
    v2 = f"{settings.harbor_url}/v2/"
    robots = " ".join(robot.name for robot in platform.robots)
    wrong = shlex.quote(f"{platform.robots[-1].login}:wrong")
    return Gate(
        awaits="the registry's robots may log in, and not with a wrong password",
        command=(
            f"for robot in {robots}; do"
            f' said=$({status} --config {account("$robot")} {v2}); echo "$robot: $said";'
            f' test "$said" = 200 || exit 1; done;'
            f" {status} -u {wrong} {v2} | tee /dev/stderr | grep -qx 401"
        ),
        hint=f"the robot accounts of {settings.harbor_project} in Harbor; a run sets their secrets",
        within=30,
    )
