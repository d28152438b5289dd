"""What must hold of the registry."""

from __future__ import annotations

import shlex

from gates.gate import Gate
from spec import Platform


def gates(platform: Platform) -> list[Gate]:
    """B3: the registry is whole, knows its robots and nobody else, and has room."""
    settings = platform.docker_host
    url = settings.harbor_url
    trusting = f" --cacert {platform.registry_ca}" if platform.registry_ca else ""
    ask = f"curl -sS --max-time 10{trusting}"
    status = f"{ask} -o /dev/null -w '%{{http_code}}\\n'"
    logins = " && ".join(
        f"{{ said=$({status} --config /etc/harbor/{robot.name}.curl {url}/v2/);"
        f' echo "{robot.name}: $said"; test "$said" = 200; }}'
        for robot in platform.robots
    )
    wrong = shlex.quote(f"{platform.robots[-1].login}:wrong")
    return [
        Gate(
            "docker_host",
            "every component of Harbor is healthy",
            # /health answers 200 in any case, and tells the truth in its body.
            f"said=$({ask} {url}/api/v2.0/health); echo \"$said\" | tr '{{' '\\n' |"
            " grep -v '\"healthy\"'; case $said in *'\"unhealthy\"'*) false;;"
            ' *\'"status":"healthy"\'*) ;; *) false;; esac',
            "docker ps -a; tail /var/log/harbor/*.log; systemctl restart harbor-compose;"
            " after an upgrade: make harbor-back",
            within=120,
            every=2,
        ),
        Gate(
            "docker_host",
            f"{platform.registry} asks who is there",
            f"{status} {url}/v2/ | tee /dev/stderr | grep -qx 401",
            "systemctl status harbor-compose; docker logs nginx; who has the port: lsof -i"
            f" :{settings.harbor_port}",
            within=30,
        ),
        Gate(
            "docker_host",
            "the registry's robots may log in, and nobody else",
            f"{logins} && {status} -u {wrong} {url}/v2/ | tee /dev/stderr | grep -qx 401",
            f"the robot accounts of {settings.harbor_project} in Harbor; a run sets their secrets",
            within=30,
        ),
        Gate(
            "docker_host",
            f"the project {settings.harbor_project} is private",
            f"{status} {url}/api/v2.0/projects/{settings.harbor_project} | tee /dev/stderr |"
            " grep -qx 401",
            f"the project's configuration at {url}: public must be off",
        ),
        Gate(
            "docker_host",
            f"there is room for images under {settings.harbor_data}",
            f"df -h {settings.harbor_data} | tail -n 1;"
            f' test "$(df --output=avail -BM {settings.harbor_data} | tail -n 1 | tr -dc 0-9)"'
            " -ge 1024",
            f"du -sh {settings.harbor_data}/*; Harbor's garbage collection",
        ),
    ]
