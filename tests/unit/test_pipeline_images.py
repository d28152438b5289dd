"""Images: built, brought into the registry, and gone back to."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.unit.pipeline import SECRETS, Bench, gates, leaks, shut

REGISTRY = "harbor.local:8080/threebody"


def docker(bench: Bench) -> list[str]:
    asked = bench.remembered("asked").splitlines()
    return [line.removeprefix("docker ") for line in asked if line.startswith("docker ")]


def test_three_images_are_built_with_the_base_images_that_are_set(bench: Bench) -> None:
    done = bench.run("build.sh", NODE_IMAGE="mirror/node:20", REACT_APP_GO_API_BASE="/api/go")
    assert done.returncode == 0
    given = (
        "--build-arg NODE_IMAGE=mirror/node:20 --build-arg REACT_APP_GO_API_BASE=/api/go"
        " --build-arg REACT_APP_LARAVEL_API_BASE=/laravel/ frontend"
    )
    assert docker(bench) == [
        f"build --target test --output type=cacheonly {given}",
        f"build --tag {REGISTRY}/frontend:abcd1234 {given}",
        "build --target test --output type=cacheonly go",
        f"build --tag {REGISTRY}/go:abcd1234 go",
        "build --target test --output type=cacheonly laravel",
        f"build --tag {REGISTRY}/laravel:abcd1234 laravel",
    ]


def test_a_build_that_fails_ends_the_step(bench: Bench) -> None:
    bench.override("docker", "*abcd1234' go'", "exit 17")
    done = bench.run("build.sh")
    assert shut(done) == {
        "gate stayed shut": "an image of go",
        "expected": "docker build of go",
        "came": "status 17",
        "do": "read the lines above; the same command does it on any machine",
    }
    assert len(docker(bench)) == 4


def test_a_test_that_fails_ends_the_step_before_the_image(bench: Bench) -> None:
    bench.override("docker", "*' --target test '*' go'", "exit 1")
    done = bench.run("build.sh")
    assert shut(done)["gate stayed shut"] == "tests of go"
    assert len(docker(bench)) == 3


def test_images_are_pushed_under_the_commit_and_as_latest(bench: Bench) -> None:
    done = bench.run("push.sh")
    assert (done.returncode, done.stderr) == (0, "")
    pushed = [line.split()[-1] for line in docker(bench) if line.startswith("push")]
    assert pushed == [
        f"{REGISTRY}/{part}:{tag}"
        for part in ("frontend", "go", "laravel")
        for tag in ("abcd1234", "latest")
    ]
    assert bench.remembered("password") == SECRETS["HARBOR_PASSWORD"]
    assert "login harbor.local:8080 --username robot$threebody+push --password-stdin" in docker(
        bench
    )
    assert not Path(bench.remembered("config").strip()).exists(), "Docker keeps the password there"
    assert leaks(bench, done) == []


def test_an_image_that_is_there_is_never_replaced(bench: Bench) -> None:
    bench.override("docker", "pull*", "echo pulled")
    done = bench.run("push.sh")
    assert done.returncode == 0
    assert done.stdout.count("is in the registry already") == 3
    assert [line for line in docker(bench) if line.startswith(("push", "build"))] == []


@pytest.mark.parametrize(
    ("program", "pattern", "answer", "gate", "came"),
    [
        ("curl", "*/v2/", "printf 502", "the registry answers", "502"),
        ("curl", "*/v2/", "echo 'no route' >&2; exit 7", "the registry answers", "no route"),
        (
            "docker",
            "login*",
            "cat; echo ' unauthorized' >&2; exit 1",
            "the registry lets robot$threebody+push in",
            "[HARBOR_PASSWORD] unauthorized",
        ),
        (
            "docker",
            "push*",
            "echo 'denied: quota' >&2; exit 1",
            f"{REGISTRY}/frontend:abcd1234 is in the registry",
            "denied: quota",
        ),
    ],
)
def test_a_gate_of_the_registry_says_what_came(
    bench: Bench, program: str, pattern: str, answer: str, gate: str, came: str
) -> None:
    bench.override(program, pattern, answer)
    done = bench.run("push.sh")
    assert done.returncode == 1
    assert (shut(done)["gate stayed shut"], shut(done)["came"]) == (gate, came)
    assert leaks(bench, done) == []


def test_a_rollback_brings_back_what_has_run_here(bench: Bench) -> None:
    bench.run("deploy.sh")
    # laravel's was deployed before digests were named.
    pinned = {"frontend": f"@sha256:{1:064}", "go": f"@sha256:{2:064}", "laravel": ""}
    ran = [
        f"{REGISTRY}/{app}:{tag}{digest}\n"
        for app, digest in pinned.items()
        for tag in ("old00000", "abcd1234")
    ]
    (bench.state / "ran").write_text("".join(ran))
    bench.forget()
    done = bench.run("rollback.sh", "old00000")
    for app, digest in pinned.items():
        image = f"image: {REGISTRY}/{app}:old00000{digest}"
        assert image in map(str.strip, bench.remembered("applied").splitlines())
    assert (done.returncode, done.stderr) == (0, "")
    assert gates(done)[-6:] == [
        "laravel runs old00000",
        "go runs old00000",
        "frontend runs old00000",
        "every worker answers for every app",
        "the edge answers for every app",
        "back at old00000",
    ]
    assert "kind: Job" not in bench.remembered("applied"), "the database stays"


def test_a_rollback_to_something_else_is_refused_with_what_there_is(bench: Bench) -> None:
    images = f"{REGISTRY}/frontend:one@sha256:{1:064}\n{REGISTRY}/go:two\n"
    (bench.state / "ran").write_text(images)
    done = bench.run("rollback.sh", "three")
    assert shut(done)["came"] == "one two"
    assert bench.remembered("applied") == ""
    assert shut(bench.run("rollback.sh"))["expected"] == "rollback.sh TAG"


def test_a_migration_by_hand_is_of_what_runs(bench: Bench) -> None:
    done = bench.run("migrate.sh", TAG="other")
    assert shut(done)["gate stayed shut"] == "laravel runs"
    bench.run("deploy.sh")
    bench.forget()
    done = bench.run("migrate.sh", TAG="other")
    assert done.returncode == 0
    assert gates(done)[-1] == "the database is migrated to abcd1234"
    assert f"image: {REGISTRY}/laravel:abcd1234@sha256:" in bench.remembered("applied")
    assert "kind: Deployment" not in bench.remembered("applied")


@pytest.mark.parametrize(
    ("part", "answer", "came"),
    [
        ("go", "printf 'HTTP/1.1 404 Not Found\\r\\n\\r\\n'", "HTTP/1.1 404 Not Found"),
        ("laravel", "printf 'HTTP/2 401 \\r\\n\\r\\n'", "HTTP/2 401"),
        ("frontend", "echo 'curl: (7) no route' >&2; exit 7", "curl: (7) no route"),
    ],
)
def test_nothing_is_deployed_that_the_registry_does_not_have(
    bench: Bench, part: str, answer: str, came: str
) -> None:
    bench.override("curl", f"*/{part}/manifests/abcd1234", answer)
    done = bench.run("deploy.sh")
    assert shut(done)["gate stayed shut"] == "the registry has images of abcd1234"
    assert shut(done)["expected"] == f"an image {REGISTRY}/{part}:abcd1234"
    assert shut(done)["came"].strip() == came
    assert "kubectl" not in bench.remembered("asked")
    assert leaks(bench, done) == []


def test_a_tag_that_somebody_moved_is_another_image(bench: Bench) -> None:
    bench.run("deploy.sh")
    bench.forget()
    header = f"printf 'docker-content-digest: sha256:{3:064}\\r\\n'"
    bench.override("curl", "*/go/manifests/*", header)
    assert bench.run("deploy.sh").returncode == 0
    assert f"{REGISTRY}/go:abcd1234@sha256:{3:064}\n" in bench.remembered("applied")


def test_the_password_of_the_robot_that_pulls_reaches_curl_as_it_is(bench: Bench) -> None:
    password = 'a"b\\c'
    bench.override("curl", "*/go/manifests/*", "cat $config >$state/config")
    bench.run("deploy.sh", HARBOR_PULL_PASSWORD=password)
    assert bench.remembered("config") == 'user = "robot$threebody+pull:a\\"b\\\\c"\n'
