"""What gitlab-runner 16.11.4 does, recorded with a real one: the double does the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import zlib
from pathlib import Path

import pytest

from lab.mirror import real
from tests.lab.recording import Told, recording
from tests.lab.runner_contract import (
    CONTRACT,
    TOKEN,
    Product,
    always,
    compare,
    gitlab,
    recorded,
    serve_until_done,
)

DEB = real.found("gitlab-runner_*.deb")


@pytest.fixture(scope="module")
def unpacked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The real package's files."""
    folder = tmp_path_factory.mktemp("real")
    assert DEB is not None
    subprocess.run(["dpkg-deb", "-x", DEB, folder], check=True)
    return folder


@pytest.fixture(params=["double", "real"])
def product(request: pytest.FixtureRequest, tmp_path: Path) -> Product:
    if request.param == "double":
        return Product((sys.executable, "-B", "-m", "gitlab_runner"), tmp_path)
    if DEB is None:
        pytest.skip("no real gitlab-runner in lab/real/")
    unpacked: Path = request.getfixturevalue("unpacked")
    return Product((str(unpacked / "usr/bin/gitlab-runner"),), tmp_path)


def test_register_asks_once_and_writes_a_private_file(product: Product) -> None:
    with recording(always(200)) as server:
        done = product.register(server.url)
    assert done.returncode == recorded("register --non-interactive")
    (asked,) = server.asked
    compare(asked, CONTRACT["requests"][0])
    (runner,) = product.runners()
    assert {key: runner[key] for key in ("name", "url", "id", "token", "executor")} == {
        "name": "vm-docker",
        "url": server.url,
        "id": 1,
        "token": TOKEN,
        "executor": "shell",
    }
    assert "token_obtained_at" in runner
    assert product.config.stat().st_mode & 0o777 == 0o600
    assert (product.folder / ".runner_system_id").read_text() == asked.body["system_id"]


def test_register_twice_writes_the_runner_twice(product: Product) -> None:
    with recording(always(200)) as server:
        product.register(server.url)
        done = product.register(server.url)
    assert done.returncode == recorded("the same again")
    first, second = product.runners()
    assert first["token"] == second["token"]


def test_a_refused_token_registers_nothing(product: Product) -> None:
    with recording(always(403)) as server:
        done = product.register(server.url)
    assert done.returncode == recorded("register with a token that the server answers 403")
    assert "PANIC: Failed to verify the runner." in done.stderr
    assert not product.config.exists()


def test_a_token_that_is_too_short_is_a_crash(product: Product) -> None:
    with recording(always(200)) as server:
        done = product.register(server.url, token="glrt-short")
    assert done.returncode == recorded("register with a token shorter")
    assert "panic" in done.stderr
    assert not product.config.exists()


def test_tags_belong_to_the_server(product: Product) -> None:
    with recording(always(200)) as server:
        done = product.register(server.url, "--tag-list", "deploy")
    assert done.returncode == recorded("register --token glrt-… --tag-list")
    assert "FATAL: " in done.stderr
    assert "cannot be specified" in done.stderr
    assert not product.config.exists()


# Recorded with the same real runner: its exit status is a failure only where GitLab says no.
VERIFIED = {
    200: (recorded("verify"), "Verifying runner... is valid", ""),
    403: (1, "Verifying runner... is not valid", ""),
    404: (0, "Verifying runner... failed", "404 Not Found (told to)"),
    500: (0, "Verifying runner... failed", "500 Internal Server Error (told to)"),
    0: (0, "Verifying runner... failed", "couldn't execute POST against "),
}


def test_verify_tells_a_page_that_is_no_json_by_its_status_alone(product: Product) -> None:
    with recording(always(200)) as server:
        product.register(server.url)
        before = product.config.read_text()
    with recording(lambda _: Told(502, "no json of an API's")) as server:
        product.config.write_text(re.sub(r"http://127.0.0.1:\d+", server.url, before))
        done = product.run("verify")
    assert done.returncode == 0
    assert re.sub(r"\x1b\[[0-9;]*m", "", done.stderr).strip().endswith(" status=502 Bad Gateway")


@pytest.mark.parametrize("status", VERIFIED)
def test_verify_says_what_gitlab_said_and_changes_nothing(product: Product, status: int) -> None:
    with recording(always(200)) as server:
        product.register(server.url)
        before = product.config.read_bytes()
        if not status:
            gone = before.replace(server.url.encode(), b"http://127.0.0.1:1")
            product.config.write_bytes(gone)
            before = gone
    with recording(always(status or 200)) as server:
        if status:
            before = re.sub(rb"http://127.0.0.1:\d+", server.url.encode(), before)
            product.config.write_bytes(before)
        done = product.run("verify")
    exit_status, line, reason = VERIFIED[status]
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
    assert done.returncode == exit_status
    (told,) = (row for row in output.splitlines() if "Verifying runner" in row)
    assert line in told
    assert re.search(r" runner=goodgoodg( |$)", told)
    assert reason in told
    assert not reason or f" status={'' if 'execute' in reason else 'POST '}" in told
    assert product.config.read_bytes() == before


def test_list_shows_each_runner(product: Product) -> None:
    with recording(always(200)) as server:
        product.register(server.url)
    done = product.run("list")
    output = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr)
    assert done.returncode == 0
    assert re.search(rf"^vm-docker +Executor=shell Token={TOKEN} URL={server.url}$", output, re.M)


def test_a_job_is_asked_for_logged_and_ended_as_recorded(product: Product) -> None:
    given = json.loads(json.dumps(CONTRACT["job_given"]))
    expected = CONTRACT["requests"]
    with recording(gitlab(given)) as server:
        product.register(server.url)
        serve_until_done(product, server, len(expected))
    for asked, wanted in zip(server.asked, expected, strict=False):
        compare(asked, wanted)
    patch, put = server.asked[2], server.asked[3]
    assert patch.path.endswith("?debug_trace=false")
    # The sum is of what was sent.
    assert put.body["output"] == {
        "checksum": f"crc32:{zlib.crc32(patch.raw):08x}",
        "bytesize": len(patch.raw),
    }
    assert patch.headers["Content-Range"] == f"0-{len(patch.raw) - 1}"
    assert "S3cretValue99" not in patch.body


def test_a_job_that_fails_says_with_which_status(product: Product) -> None:
    given = json.loads(json.dumps(CONTRACT["job_given"]))
    given["steps"][0]["script"] = ["echo before", "exit 3", "echo after"]
    with recording(gitlab(given)) as server:
        product.register(server.url)
        serve_until_done(product, server, 4)
    put = server.asked[3].body
    assert (put["state"], put["failure_reason"], put["exit_code"]) == (
        "failed",
        "script_failure",
        3,
    )
    log = re.sub(r"\x1b\[[0-9;]*m", "", server.asked[2].body)
    assert "\nbefore\n" in log
    assert "\nafter\n" not in log
    assert log.endswith("ERROR: Job failed: exit status 3\n\n")
