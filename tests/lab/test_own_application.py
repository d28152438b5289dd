"""An application of one's own, with tiers of its own: from a folder to the last gate."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import gitlab
import pytest

from lab import CHECKOUT, PROJECT, Lab, keys
from lab.machines import Machine
from lab.mirror.gitlab import URL
from spec.secrets_file import name_in
from tests.lab.cluster import NAMESPACE, VERSION, told, until
from tests.lab.deploying import SETTINGS, converge, deploy

TIERS = {
    "web": {"path": "/", "port": 30200, "probe": "/"},
    "api": {"path": "/api/", "port": 30201, "probe": "/status"},
}
MANIFEST = """
apiVersion: apps/v1
kind: Deployment
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  selector: {{matchLabels: {{app: {name}}}}}
  template:
    metadata: {{labels: {{app: {name}}}}}
    spec:
      automountServiceAccountToken: false
      securityContext:
        runAsNonRoot: true
        runAsUser: 65534
        seccompProfile: {{type: RuntimeDefault}}
      containers:
        - name: {name}
          image: busybox:1.36
          command: [sh, -c, "cd /tmp; echo {name} | tee status >index.html; httpd -f -p 8000"]
          readinessProbe: {{httpGet: {{path: {probe}, port: 8000}}}}
          securityContext: {{allowPrivilegeEscalation: false, capabilities: {{drop: [ALL]}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: {name}, labels: {{app: {name}}}}}
spec:
  type: NodePort
  selector: {{app: {name}}}
  ports: [{{port: 80, targetPort: 8000, nodePort: {port}}}]
"""
DEPLOY = f"""#!/bin/sh
set -e
curl -fsS -o kubectl "$KUBECTL_RELEASES/{VERSION}/bin/linux/amd64/kubectl"
chmod 0700 kubectl; chmod 0600 "$KUBECONFIG_PROD"
ask() {{ ./kubectl --kubeconfig "$KUBECONFIG_PROD" --namespace {NAMESPACE} "$@"; }}
ask apply --filename deploy/tiers.yaml
for tier in {" ".join(TIERS)}; do ask rollout status "deployment/$tier" --timeout 120s; done
"""
PIPELINE = """
workflow: {rules: [{if: $CI_COMMIT_BRANCH == "main"}]}
deploy: {tags: [deploy], script: deploy/ci/deploy.sh}
"""


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, ...]:
    """Arguments of a deploy with an application that somebody has brought."""
    source = tmp_path_factory.mktemp("shop")
    scripts = source / "deploy" / "ci"
    scripts.mkdir(parents=True)
    for name in ("build", "deploy", "migrate", "push", "rollback"):
        (scripts / f"{name}.sh").write_text(DEPLOY if name == "deploy" else "#!/bin/sh\n")
        (scripts / f"{name}.sh").chmod(0o755)
    (source / ".gitlab-ci.yml").write_text(PIPELINE)
    manifests = (MANIFEST.format(name=name, **tier) for name, tier in TIERS.items())
    (source / "deploy" / "tiers.yaml").write_text("---".join(manifests))
    folder = tmp_path_factory.mktemp("group_data")
    (folder / "k8s_worker.py").write_text(f"app_tiers = {TIERS!r}\n")
    lines = (f"application_source = {str(source)!r}", f"gitlab_project = {PROJECT!r}")
    (folder / "docker_host.py").write_text("\n".join(lines))
    return ("--group-data", str(folder))


@pytest.fixture(scope="module", autouse=True)
def token(converged: None, lab: Lab, docker: Machine) -> Iterator[None]:
    """No repository yet, a person's token, no runner; afterwards all is as other suites have it."""
    docker.ssh("sudo rm -rf /srv/threebody")
    with pytest.MonkeyPatch.context() as extra:
        extra.setenv("GITLAB_TOKEN", keys.gitlab_token(lab))
        extra.setenv("RUNNER_TOKEN", "")
        yield
    api = gitlab.Gitlab(URL, private_token=keys.gitlab_token(lab))
    project = api.projects.get(PROJECT)
    for row in project.runners.list(get_all=True, type="project_type"):
        api.runners.delete(row.id)
    project.delete()
    lines = [line for line in lab.secrets.read_text().splitlines() if line]
    kept = [line for line in lines if name_in(line) != "runner_token"]
    lab.secrets.write_text("".join(f"{line}\n" for line in kept))
    told("-n", NAMESPACE, "delete", "deployments,services", "--all", "--wait=true")
    docker.ssh("sudo rm -rf /srv/threebody")
    converge()


def test_it_passes_the_last_gate_and_smoke_asks_for_its_tiers(settings: tuple[str, ...]) -> None:
    run = deploy("-y", *settings)
    assert run.status == 0, run.reason
    assert "deploy: success" in run.said
    assert converge(*settings) == {}
    smoke = operate("smoke", *settings)
    assert smoke.returncode == 0, smoke.stdout + smoke.stderr
    assert re.findall(r"^✓ (https?://\S+) [\d.]+ s$", smoke.stdout, re.MULTILINE) == [
        "https://hit.local/",
        "https://hit.local/api/status",
        "http://vm-worker:30200/",
        "http://vm-worker:30201/status",
    ]


@pytest.mark.soak(reason="the shop's tiers are stopped one by one in every run")
def test_the_last_gate_names_the_tier_that_does_not_answer(settings: tuple[str, ...]) -> None:
    told("-n", NAMESPACE, "scale", "deployment/api", "--replicas=0")
    until(lambda: bool(rows(settings)), "a gate that is shut")
    (row,) = rows(settings)
    assert (row["layer"], row["gate"]) == (
        "application",
        "the application answers at https://hit.local",
    )
    assert "https://hit.local:443/api/status 503" in row["came"]


def rows(settings: tuple[str, ...]) -> list[dict[str, Any]]:
    """Gates that are shut, as `make status` has them."""
    asked = json.loads(operate("status", "--json", *settings).stdout)
    return [row for row in asked if not row["open"]]


def operate(command: str, *words: str) -> subprocess.CompletedProcess[str]:
    """`make smoke`, or another command of that kind."""
    return subprocess.run(
        [sys.executable, "-m", f"operate.{command}", "inventory.py", *SETTINGS, *words],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
