"""The service: its unit, the loop that asks for jobs, and what it tells of itself."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from . import build, config, figures, network
from .log import OFF, say, short

UNIT = Path("/etc/systemd/system/gitlab-runner.service")
TEXT = """[Unit]
Description=GitLab Runner
ConditionFileIsExecutable=/usr/bin/gitlab-runner
After=network.target

[Service]
StartLimitInterval=5
StartLimitBurst=10
ExecStart=/usr/bin/gitlab-runner "run" "--working-directory" "{home}" "--config" \
  "/etc/gitlab-runner/config.toml" "--service" "gitlab-runner" "--user" "{user}"
Restart=always
RestartSec=120
EnvironmentFile=-/etc/sysconfig/gitlab-runner

[Install]
WantedBy=multi-user.target
"""


def install(user: str, home: str) -> None:
    """Write the unit and enable it."""
    UNIT.write_text(TEXT.format(user=user, home=home))
    subprocess.run(["systemctl", "enable", "gitlab-runner"], check=True)


def uninstall() -> None:
    """Take the unit away."""
    subprocess.run(["systemctl", "disable", "gitlab-runner"], check=False)
    UNIT.unlink(missing_ok=True)


def run(path: Path, home: str, user: str) -> None:
    """Ask for jobs and do them, one at a time; a changed config.toml counts at the next round."""
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    leaving: list[int] = []
    # The job that it has comes to its end first.
    signal.signal(signal.SIGQUIT, lambda number, _: leaving.append(number))
    system_id = config.system_id(path)
    figures.tell_beside()
    known = None
    while not leaving:
        seen = path.stat().st_mtime_ns if path.exists() else 0
        if seen != known:
            known, settings = seen, config.load(path)
            say("Configuration loaded", builds="0", max_builds="1")
        for runner in settings.runners:
            body = {
                "info": network.info(runner.executor),
                "token": runner.token,
                "system_id": system_id,
            }
            reply = network.send("POST", f"{runner.url}/api/v4/jobs/request", body)
            who = short(runner.token)
            if reply.status == 201:
                say("Checking for jobs... received", job=str(reply.body["id"]), runner=who)
                build.run(runner, reply.body, system_id, home, user)
                figures.done(who, runner.name, system_id)
                say("Job ended", job=str(reply.body["id"]), runner=who)
            elif reply.status == 403:
                say("Checking for jobs... forbidden", "ERROR", runner=who, status=f"403{OFF}")
            elif reply.status != 204:
                say("Checking for jobs... failed", "WARNING", runner=who, status=reply.reason)
        if not leaving:
            time.sleep(settings.check_interval)
