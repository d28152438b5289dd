"""`gitlab-runner COMMAND`: register, verify, list, run, and what the package calls."""

from __future__ import annotations

import argparse
import subprocess
import sys
from pathlib import Path

from . import VERSION, config, network, service
from .config import Runner
from .log import OFF, Ended, end, say, short

DEFAULT = "/etc/gitlab-runner/config.toml"
# What belongs to GitLab since runners are made there.
RESERVED = (
    "locked",
    "access-level",
    "run-untagged",
    "maximum-timeout",
    "paused",
    "tag-list",
    "maintenance-note",
)


def main() -> int:
    """Do one command; returns its exit status."""
    if sys.argv[1:] in (["--version"], ["-v"]):
        print(f"Version:      {VERSION}\nGit revision: v{VERSION}\nOS/Arch:      linux/amd64")
        return 0
    options = _options()
    try:
        COMMANDS[options.command](options)
    except Ended as ended:
        return ended.status
    return 0


def register(options: argparse.Namespace) -> None:
    """Ask GitLab about the token, and write the runner into config.toml, again if it is there."""
    runner = Runner(options.name, options.url.rstrip("/"), options.token, options.executor)
    if any(getattr(options, name.replace("-", "_")) for name in RESERVED):
        raise end(
            "Runner configuration other than name and executor configuration is reserved"
            f" (specifically {', '.join(f'--{name}' for name in RESERVED)}) and cannot be specified"
            " when registering with a runner authentication token."
        )
    number = _ask(runner, options.config)
    if not number:
        raise end("Failed to verify the runner.", "PANIC")
    config.add(options.config, runner, number)
    print(f'Configuration (with the authentication token) was saved in "{options.config}"')


def verify(options: argparse.Namespace) -> None:
    """Ask GitLab about every runner; only a "no" is a failure, no answer is none."""
    answers = [_ask(runner, options.config) for runner in config.load(options.config).runners]
    if 0 in answers:
        raise end("Failed to verify runners")


def show(options: argparse.Namespace) -> None:
    """Every runner of config.toml."""
    say("Listing configured runners", ConfigFile=str(options.config))
    for one in config.load(options.config).runners:
        say(one.name, Executor=one.executor, Token=one.token, URL=one.url)


def _ask(runner: Runner, path: Path) -> int | None:
    """The runner's number; 0 when GitLab refuses the token, None when it does not say."""
    who = short(runner.token)
    body = {"token": runner.token, "system_id": config.system_id(path)}
    reply = network.send("POST", f"{runner.url}/api/v4/runners/verify", body)
    if reply.status == 200:
        say("Verifying runner... is valid", runner=who)
        return int(reply.body["id"])
    if reply.status == 403:
        say("Verifying runner... is not valid", runner=who)
        return 0
    say("Verifying runner... failed", "ERROR", runner=who, status=reply.reason)
    return None


def _systemctl(options: argparse.Namespace) -> None:
    done = subprocess.run(["systemctl", options.command, "gitlab-runner"], check=False)
    raise Ended(done.returncode)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="gitlab-runner", allow_abbrev=False)
    commands = parser.add_subparsers(dest="command", required=True)
    made = {name: commands.add_parser(name, allow_abbrev=False) for name in COMMANDS}
    for name in ("register", "verify", "list", "run"):
        made[name].add_argument("-c", "--config", type=Path, default=Path(DEFAULT))
    for name in ("run", "install"):
        made[name].add_argument("--user", default="")
        made[name].add_argument("--working-directory", default="/")
    made["run"].add_argument("--service")
    made["register"].add_argument("-n", "--non-interactive", action="store_true")
    for name in ("url", "token", "executor", "name", *RESERVED):
        made["register"].add_argument(f"--{name}", default="")
    return parser.parse_args()


COMMANDS = {
    "register": register,
    "verify": verify,
    "list": show,
    "run": lambda it: service.run(it.config, it.working_directory, it.user),
    "install": lambda it: service.install(it.user, it.working_directory),
    "uninstall": lambda _: service.uninstall(),
    "start": _systemctl,
    "stop": _systemctl,
    "restart": _systemctl,
    "status": _systemctl,
}

if __name__ == "__main__":
    print(f"Runtime platform{OFF}", file=sys.stderr)
    sys.exit(main())
