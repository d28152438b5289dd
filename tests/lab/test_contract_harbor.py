"""Harbor's contract, as a real one was recorded: the double and the real one both keep it."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lab.machines import Machine
from lab.mirror import oci, root
from tests.lab import harbors
from tests.lab.harbors import ADDRESS, DATA, PASSWORD, REAL, SETTINGS, Harbor, Skopeo

pytestmark = pytest.mark.usefixtures("docker_only")

CONTRACT = json.loads((Path(__file__).parent / "contracts/harbor-2.14.1.json").read_text())
TELLING = {
    "Content-Type",
    "Docker-Distribution-Api-Version",
    "Location",
    "Set-Cookie",
    "Www-Authenticate",
    "X-Total-Count",
}
# What differs from one Harbor to the next, by the key that it stands under, and what it looks like.
TIME = r"20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"
VARIABLE = {
    "creation_time": TIME,
    "current_time": TIME,
    "issued_at": TIME,
    "update_time": TIME,
    "secret": r"[A-Za-z0-9]{32}|…",
    "token": r"eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+|…",
    "Set-Cookie": r"sid=([0-9a-f]{32}; Path=/; HttpOnly|…)",
}
RECORDED_AT = "192.168.56.42:8080"
PUSH, PULL = "robot$threebody+push", "robot$threebody+pull"
CHOSEN = "Abcdefgh1234567890"  # the secret that a recorded row gives to the push robot
WRONG = {  # rows that were asked with a password that does not count
    "create a project with a wrong password",
    "token with a wrong secret",
    "registry endpoint with a wrong password",
}


@dataclass(frozen=True)
class Spoken:
    """A Harbor to which every recorded row was said, and where its answers differed."""

    harbor: Harbor
    differences: dict[str, object]
    pull_secret: str


@pytest.fixture(scope="module", params=["double", "real"])
def spoken(
    request: pytest.FixtureRequest, docker: Machine, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Spoken]:
    if request.param == "real" and not REAL.exists():
        pytest.skip(f"no real Harbor: {REAL} is not there")
    package = harbors.bundle(request.param, tmp_path_factory.mktemp("bundle"))
    with harbors.installed(request.param, docker, package) as harbor:
        differences: dict[str, object] = {}
        pull_secret = ""
        for number, row in enumerate(CONTRACT["rows"]):
            asked = row["request"]
            user = asked["auth"] or ""
            right = PASSWORD if user == "admin" else CHOSEN
            password = "Wrong" + right if row["what"] in WRONG else right
            reply = harbor.ask(asked["method"], asked["path"], user, password, asked["body"])
            came = (reply.status, reply.headers, reply.body)
            expected = normal((row["status"], row["headers"], row["body"]))
            if normal(came) != expected:
                differences[f"{number} {row['what']}"] = {"came": normal(came), "for": expected}
            if row["what"] == "create a pull robot" and isinstance(reply.body, dict):
                pull_secret = reply.body.get("secret", "")
        yield Spoken(harbor, differences, pull_secret)


@pytest.fixture(scope="module")
def skopeo(tmp_path_factory: pytest.TempPathFactory) -> Skopeo:
    work = tmp_path_factory.mktemp("skopeo")
    image = oci.Image("pause", ("1",), [oci.Entry("hello", b"hello\n")])
    oci.write(image, root.architecture(root.tree()), work / "pause")
    return Skopeo(work)


def normal(answer: tuple[int, dict[str, str], Any]) -> object:
    """An answer without what is variable by its nature."""
    status, headers, body = answer
    telling = {name: value for name, value in headers.items() if name in TELLING}
    return status, _plain(telling), _plain(body)


def _plain(value: Any, key: str = "") -> Any:
    if isinstance(value, dict):
        return {name: _plain(part, name) for name, part in value.items()}
    if isinstance(value, list):
        return [_plain(part) for part in value]
    if isinstance(value, str):
        if key in VARIABLE and re.fullmatch(VARIABLE[key], value):
            return "…"
        if key == "Www-Authenticate":
            return value.replace(RECORDED_AT, ADDRESS)
    return value


def test_every_recorded_request_is_answered_as_recorded(spoken: Spoken) -> None:
    assert len(CONTRACT["rows"]) > 40
    assert spoken.differences == {}


def test_clients_fare_as_recorded(spoken: Spoken, skopeo: Skopeo) -> None:
    def push(target: str, user: str, secret: str) -> tuple[int, str]:
        plain = ("--insecure-policy", "copy", "--quiet", "--dest-tls-verify=false")
        where = ("oci:/mirror/work/pause", f"docker://{ADDRESS}/{target}")
        return skopeo(*plain, "--dest-creds", f"{user}:{secret}", *where)

    def pull(*credentials: str) -> tuple[int, str]:
        plain = ("inspect", "--tls-verify=false", "--format", "{{.Digest}}")
        return skopeo(*plain, *credentials, f"docker://{ADDRESS}/threebody/pause:1")

    def login(user: str, secret: str) -> tuple[int, str]:
        plain = ("login", "--tls-verify=false", "--authfile", "/mirror/work/auth.json")
        return skopeo(*plain, "-u", user, "-p", secret, ADDRESS)

    came = {
        "push by the push robot": push("threebody/pause:1", PUSH, CHOSEN),
        "push by the pull robot": push("threebody/pause:2", PULL, spoken.pull_secret),
        "push, wrong secret": push("threebody/pause:3", PUSH, "Wrong" + CHOSEN),
        "pull by the pull robot": pull("--creds", f"{PULL}:{spoken.pull_secret}"),
        "pull, anonymous": pull("--no-creds"),
        "push to a project that does not exist": push("nothing/pause:1", PUSH, CHOSEN),
        "login, wrong password": login(PUSH, "Wrong" + CHOSEN),
        "login, push robot": login(PUSH, CHOSEN),
    }
    recorded = {row["what"]: (row["exit"], row["last_line"]) for row in CONTRACT["cli"]}
    assert {what: _said(*end) for what, end in came.items()} == {
        what: _said(*end) for what, end in recorded.items()
    }


def _said(status: int, line: str) -> tuple[int, str]:
    """Without times, digests, and what one skopeo says and another does not."""
    line = re.sub(r'time="[^"]*" ', "", line)
    line = line.replace("unauthorized: authentication required", "authentication required")
    return status, re.sub("sha256:[0-9a-f]{64}", "sha256:…", line).rstrip('"')


def test_docker_pushes_and_pulls_with_the_robots(spoken: Spoken) -> None:
    sh, image = spoken.harbor.sh, "127.0.0.1:8080/threebody/hello:1"
    sh(f"mkdir -p hello; date > hello/now; tar -C hello -c . | docker import - {image}")
    asked = "docker --config ./{0} login 127.0.0.1:8080 -u {1} --password-stdin"
    for name, user, secret in (("a", PUSH, CHOSEN), ("b", PULL, spoken.pull_secret)):
        sh(f"echo {secret} | {asked.format(name, user.replace('$', chr(92) + '$'))}")
    refused = sh(f"docker --config ./b push {image}", check=False)
    assert "unauthorized to access repository: threebody/hello, action: push" in refused
    sh(f"docker --config ./a push {image}")
    sh(f"docker rmi {image}")
    assert "unauthorized" in sh(f"docker --config ./none pull {image}", check=False)
    sh(f"docker --config ./b pull {image} && docker rmi {image}")
    found = "/api/v2.0/projects/threebody/repositories/hello/artifacts/1"
    assert spoken.harbor.ask("GET", found, "admin").body["tags"][0]["name"] == "1"


@pytest.mark.parametrize(
    ("container", "part"), [("harbor-db", "database"), ("registry", "registry")]
)
def test_health_names_what_is_stopped_and_answers_200(
    spoken: Spoken, container: str, part: str
) -> None:
    spoken.harbor.sh(f"docker stop -t 5 {container}")
    try:
        known = spoken.harbor.wait(healthy=False)
        assert known[part] == "unhealthy"
        assert spoken.harbor.ask("GET", "/api/v2.0/health").status == 200
    finally:
        spoken.harbor.sh("docker compose up -d")
    assert set(spoken.harbor.wait().values()) == {"healthy"}


def test_the_migration_leaves_settings_of_this_version_alone(spoken: Spoken) -> None:
    image = f"goharbor/prepare:v{harbors.VERSION}"
    migrate = f"docker run --rm -v /:/hostfs {image} migrate -i {harbors.HOME}/harbor.yml"
    assert "identical to target 2.14.0, no need to upgrade" in spoken.harbor.sh(migrate)
    assert spoken.harbor.sh("cat harbor.yml") == SETTINGS
    spoken.harbor.sh(f"{migrate} -t 1.0.0 && exit 1; cat harbor.yml")
    assert spoken.harbor.sh("cat harbor.yml") == SETTINGS


def test_settings_that_cannot_be_are_refused_and_change_nothing(spoken: Spoken) -> None:
    before = spoken.harbor.sh("cat docker-compose.yml; docker ps -q --no-trunc | sort")
    refused = [
        SETTINGS.replace("harbor.local", "reg.mydomain.com"),
        SETTINGS.replace("harbor.local", "127.0.0.1"),
        SETTINGS.replace("level: info", "level: loud"),
        SETTINGS.replace("jobservice:", "jobs:"),
        SETTINGS + "https: {port: 8443, certificate: /no/such.crt, private_key: /no/such.key}\n",
    ]
    try:
        for text in refused:
            spoken.harbor.settings(text)
            command = "./install.sh" if text is refused[0] else "./prepare"
            status = spoken.harbor.sh(f"{command} >/dev/null 2>&1; echo $?").strip()
            assert status != "0", text
            after = spoken.harbor.sh("cat docker-compose.yml; docker ps -q --no-trunc | sort")
            assert after == before, text
    finally:
        spoken.harbor.settings(SETTINGS)
        spoken.harbor.sh("./prepare")  # the refused ones have wiped common/config


@pytest.mark.soak(reason="another installation of Harbor")
def test_a_second_installation_keeps_data_and_passwords(spoken: Spoken) -> None:
    """Neither password of harbor.yml counts again; psql can change the database's."""
    harbor = spoken.harbor
    env, key = "grep ^CORE_SECRET= common/config/core/env", f"cat {DATA}/secret/keys/secretkey"
    secrets, kept = harbor.sh(env), harbor.sh(key)
    alter = shlex.quote("ALTER USER postgres PASSWORD 'other123'")
    harbor.machine.ssh(f"echo {alter} | sudo docker exec -i harbor-db psql -U postgres")
    other = SETTINGS.replace(PASSWORD, "Other12345").replace("root123", "other123")
    harbor.settings(other)
    harbor.install()
    assert harbor.sh(env) != secrets
    assert harbor.sh(key) == kept
    assert harbor.ask("GET", "/api/v2.0/users/current", "admin", "Other12345").status == 401
    assert harbor.ask("GET", "/api/v2.0/users/current", "admin", PASSWORD).status == 200
    assert harbor.ask("GET", "/v2/", PUSH, CHOSEN).status == 200
    assert harbor.ask("GET", "/api/v2.0/projects/threebody", "admin").body["project_id"] == 2
    harbor.settings(SETTINGS)  # its database password is not the one that counts
    harbor.sh("./install.sh")
    assert harbor.wait(within=25).get("database") != "healthy"
