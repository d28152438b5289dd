"""Every gate of a deployment, seen shut for its own reason."""

from __future__ import annotations

import re

import pytest

from tests.unit.pipeline import SECRETS, Bench, gates, leaks, shut

SAYS = "echo '{}' >&2; exit 1"
# What goes wrong: a command, what it does then, the gate that stays shut, what came.
BROKEN = {
    "the cluster": (
        "*'get nodes'*",
        SAYS.format("dial tcp: i/o timeout"),
        "the cluster answers",
        "i/o timeout",
    ),
    "no namespace": (
        "*'get namespace'*",
        SAYS.format("namespaces not found"),
        "namespace threebody-prod and its default service account are there",
        "namespaces not found",
    ),
    "no account": (
        "*'get serviceaccount default --output name'*",
        SAYS.format("serviceaccounts not found"),
        "namespace threebody-prod and its default service account are there",
        "serviceaccounts not found",
    ),
    "the patch is lost": (
        "*'patch serviceaccount'*",
        "echo patched",
        "every pod may pull from the registry",
        "patched",
    ),
    "another pull secret": (
        "*'get serviceaccount default --output jsonpath'*",
        "echo harbor-pull-old",
        "every pod may pull from the registry",
        "",
    ),
    "pods stay": (
        "*'get pods'*'--output name'",
        "echo pod/go-1",
        "applications are at 0",
        "pod/go-1",
    ),
    "mysql hangs": (
        "*'rollout status statefulset/mysql'*",
        SAYS.format("timed out waiting"),
        "mysql is rolled out",
        "timed out waiting",
    ),
    "mysql is not Ready": (
        "*'wait --for condition=Ready'*",
        SAYS.format("timed out on pods/mysql-0"),
        "mysql-0 is Ready",
        "timed out on pods/mysql-0",
    ),
    "mysqld is deaf": (
        "*' sh mysqladmin'*",
        "cat >/dev/null; echo 'connect to server failed'; exit 1",
        "mysqld answers",
        "",
    ),
    "root is refused": (
        "*' sh mysql'*",  # mysqladmin, too
        "cat >/dev/null; " + SAYS.format("ERROR 1045 (28000): Access denied"),
        "database shop and user shop are there",
        "ERROR 1045 (28000): Access denied",
    ),
    "no old job goes": (
        "*'delete job'*",
        SAYS.format("timed out waiting for the condition"),
        "the database is migrated to abcd1234",
        "timed out waiting for the condition",
    ),
    "laravel hangs": (
        "*'rollout status deployment/laravel'*",
        SAYS.format("exceeded its progress deadline"),
        "laravel runs abcd1234",
        "exceeded its progress deadline",
    ),
    "go hangs": (
        "*'rollout status deployment/go'*",
        SAYS.format("exceeded its progress deadline"),
        "go runs abcd1234",
        "exceeded its progress deadline",
    ),
    "frontend hangs": (
        "*'rollout status deployment/frontend'*",
        SAYS.format("exceeded its progress deadline"),
        "frontend runs abcd1234",
        "exceeded its progress deadline",
    ),
}
REFUSED = {
    "name: app-secrets": "app-secrets is stored",
    "name: harbor-pull": "harbor-pull is stored",
    "kind: StatefulSet": "manifests are applied",
    "kind: Job": "the database is migrated to abcd1234",
}
UNANSWERED = {
    "*:30080/": "every worker answers for every app",
    "*:30081/healthz": "every worker answers for every app",
    "*:30082/healthz": "every worker answers for every app",
    "https://hit.local/": "the edge answers for every app",
    "https://hit.local/go/*": "the edge answers for every app",
    "https://hit.local/laravel/*": "the edge answers for every app",
}


@pytest.mark.parametrize("case", BROKEN)
def test_a_gate_stays_shut_and_says_what_came(bench: Bench, case: str) -> None:
    pattern, answer, gate, came = BROKEN[case]
    bench.override("kubectl", pattern, answer)
    done = bench.run("deploy.sh")
    assert done.returncode == 1
    assert shut(done)["gate stayed shut"] == gates(done)[-1] == gate
    assert came in shut(done)["came"]
    assert shut(done).keys() == {"gate stayed shut", "expected", "came", "do"}
    assert leaks(bench, done) == []


@pytest.mark.parametrize("document", REFUSED)
def test_what_the_cluster_refuses_is_told_with_its_file(bench: Bench, document: str) -> None:
    (bench.state / "refused").write_text(document)
    done = bench.run("deploy.sh")
    assert shut(done)["gate stayed shut"] == REFUSED[document]
    assert "admission denied the request" in shut(done)["came"]
    assert leaks(bench, done) == []


@pytest.mark.parametrize("url", UNANSWERED)
def test_what_does_not_answer_is_told_with_its_address(bench: Bench, url: str) -> None:
    bench.override("curl", url, "echo 'curl: (22) status 503' >&2; exit 22")
    done = bench.run("deploy.sh")
    assert shut(done)["gate stayed shut"] == UNANSWERED[url]
    assert url.strip("*") in shut(done)["expected"]
    assert "503" in shut(done)["came"]


def test_all_missing_variables_are_named_at_once(bench: Bench) -> None:
    done = bench.run("deploy.sh", KUBECONFIG_PROD="", MYSQL_PASSWORD="", APP_KEY="")
    assert shut(done)["came"] == "without KUBECONFIG_PROD MYSQL_PASSWORD APP_KEY"
    assert bench.remembered("asked") == ""


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("APP_KEY", "base64:short", "an APP_KEY of 32 bytes"),
        ("MYSQL_PASSWORD", "it's", "MYSQL_PASSWORD without quotes, backslashes and line ends"),
        ("MYSQL_DATABASE", "a`b", "MYSQL_DATABASE without quotes, backslashes and line ends"),
    ],
)
def test_a_value_that_would_break_something_is_refused_and_not_shown(
    bench: Bench, name: str, value: str, expected: str
) -> None:
    done = bench.run("deploy.sh", **{name: value})
    assert shut(done)["expected"] == expected
    assert value not in done.stdout + done.stderr
    assert bench.remembered("asked") == ""


def test_a_kubeconfig_that_is_no_file_is_not_shown(bench: Bench) -> None:
    done = bench.run("deploy.sh", KUBECONFIG_PROD="apiVersion: v1\ntoken: abc")
    assert shut(done)["expected"] == "a path to a file in KUBECONFIG_PROD"
    assert "token" not in done.stdout + done.stderr


def test_a_kubectl_that_cannot_be_had_or_is_another_one_is_not_run(bench: Bench) -> None:
    done = bench.run("deploy.sh", KUBECTL_SHA256="")  # one of somebody's, and no sum but upstream's
    assert shut(done)["gate stayed shut"] == "kubectl 1.36.3 is here"
    assert shut(done)["expected"].startswith("sha256 ebbd080e7c2e275")
    done = bench.run("deploy.sh", KUBECTL_SHA256="0" * 64)
    assert shut(done)["expected"] == f"sha256 {'0' * 64}"
    settings = bench.tree / "deploy/ci/settings.sh"
    settings.write_text(re.sub("ebbd080e[0-9a-f]+", "", settings.read_text()))
    bench.override("curl", "*kubectl.sha256", "echo 'curl: (6) no such host' >&2; exit 6")
    assert "kubectl.sha256" in shut(bench.run("deploy.sh", KUBECTL_SHA256=""))["expected"]
    assert not list((bench.tree / ".bin").iterdir())
    assert "kubectl --namespace" not in bench.remembered("asked")


def test_an_image_that_is_not_this_commits_is_seen_before_anybody_waits(bench: Bench) -> None:
    manifest = bench.tree / "deploy/k8s/base/20-go.yaml"
    manifest.write_text(manifest.read_text().replace("/go:latest", "/go:1.0"))
    done = bench.run("deploy.sh")
    assert shut(done)["gate stayed shut"] == "go runs abcd1234"
    assert shut(done)["expected"].startswith(
        "image harbor.local:8080/threebody/go:abcd1234@sha256:"
    )
    assert "go harbor.local:8080/threebody/go:1.0" in done.stderr


def test_what_the_cluster_says_is_shown_once_there_is_one_and_without_secrets(
    bench: Bench,
) -> None:
    bench.override(
        "kubectl", "*'rollout status deployment/go'*", f'echo "{SECRETS["APP_KEY"]}"; exit 1'
    )
    done = bench.run("deploy.sh")
    assert shut(done)["came"] == "[APP_KEY]"
    assert "-- what the cluster says" in done.stdout
    assert "a log with [MYSQL_PASSWORD] and [MYSQL_ROOT_PASSWORD] in it" in done.stdout
    for asked in ("get pods,jobs", "get events", "describe pods", "logs --selector app=mysql"):
        assert asked in bench.remembered("asked")
    assert leaks(bench, done) == []


def test_no_pipe_ends_in_a_grep_that_stops_reading(bench: Bench) -> None:
    # What writes into it is killed then, now and again, and pipefail takes the match for none.
    scripts = sorted((bench.tree / "deploy/ci").glob("*.sh"))
    assert len(scripts) > 5
    found = [s.name for s in scripts if re.search(r"\|\s*grep -\w*q", s.read_text())]
    assert found == []
