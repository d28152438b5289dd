"""The manual job: charts, as helm 3.14 answers about them, and the services that they make."""

from __future__ import annotations

import hashlib
import io
import re
import subprocess
import tarfile
from typing import Any

import pytest
import yaml

from tests.unit.pipeline import Bench, gates, shut

# As `helm history --output json` prints it; what failed has the reason for a description.
HISTORY = (
    '[{{"revision":1,"updated":"2025-11-26T12:00:00Z","status":"{status}",'
    '"chart":"x-1.0.0","app_version":"1","description":"{description}"}}]'
)
HELM = """#!/bin/sh
state={state}
printf 'helm %s\\n' "$*" >>$state/asked
case "$*" in
{overrides}
'show crds'*) printf 'apiVersion: apiextensions.k8s.io/v1\\nkind: CustomResourceDefinition\\n';;
history*) cat $state/history-$2 2>/dev/null || {{ echo "Error: release: not found"; exit 1; }};;
upgrade*) release=$3
  while [ $# -gt 0 ]; do case $1 in --description) shift; said=$1;; esac; shift; done
  printf '%s' '{history}' | sed "s/@/$said/" >$state/history-$release;;
esac
"""
PORTS = {"kps-grafana": 30030, "kps-prometheus": 30090, "loki-gateway": 30100}


def monitoring(
    bench: Bench, helm: str = "", status: str = "deployed", served: str = ""
) -> subprocess.CompletedProcess[str]:
    """Run the job with a helm that is none, downloaded as the real one is."""
    history = HISTORY.format(status=status, description="@")
    text = HELM.format(state=bench.state, overrides=helm, history=history).encode()
    archive = bench.tree.parent / "helm.tar.gz"
    with tarfile.open(archive, "w:gz") as packed:
        member = tarfile.TarInfo("linux-amd64/helm")
        member.size, member.mode = len(text), 0o755
        packed.addfile(member, io.BytesIO(text))
    script = bench.tree / "deploy/ci/monitoring.sh"
    real = "a5844ef2c38ef6ddf3b5a8f7d91e7e0e8ebc39a38bb3fc8013d629c1ef29c259"
    known = hashlib.sha256(archive.read_bytes()).hexdigest()
    script.write_text(script.read_text().replace(real, served or known))
    bench.override("curl", "*helm-v3.14.4-linux-amd64.tar.gz", f'cp {archive} "$output"')
    for service, port in PORTS.items():
        bench.override("kubectl", f"*'get service {service} '*", f"printf {port}")
    return bench.run("monitoring.sh", KUBECONFIG_ADMIN="kubeconfig")


def test_everything_is_installed_and_answers(bench: Bench) -> None:
    done = monitoring(bench)
    assert (done.returncode, done.stderr) == (0, "")
    assert gates(done) == [
        "variables are set",
        "kubectl 1.30.14 is here",
        "the kubeconfig is a file that only its owner reads",
        "the cluster answers",
        "helm 3.14.4 is here",
        "definitions of kube-prometheus-stack 77.11.1 are applied",
        "Grafana has a password of its own",
        "kps is kube-prometheus-stack 77.11.1",
        "loki is loki 8.1.3",
        "alloy is alloy 1.5.1",
        "kps-grafana answers on every worker",
        "kps-prometheus answers on every worker",
        "loki-gateway answers on every worker",
        "Grafana: user admin; the password is in secret grafana-admin of namespace monitoring,"
        " key admin-password",
    ]
    asked = bench.remembered("asked")
    for url in ("30030/api/health", "30090/-/ready", "30100/"):
        assert f"http://192.168.56.44:{url}" in asked
    assert "kind: CustomResourceDefinition" in bench.remembered("applied")
    assert "--server-side" in asked


def test_grafana_gets_a_password_once_which_stands_in_no_command_line(bench: Bench) -> None:
    bench.override("kubectl", "*'get secret grafana-admin '*", "exit 1")
    monitoring(bench)
    made = bench.remembered("applied")
    (password,) = re.findall(r'"admin-password": "([0-9a-f]{48})"', made)
    assert password not in bench.remembered("asked")
    values = yaml.safe_load(
        (bench.tree / "deploy/monitoring/kube-prometheus-stack.yaml").read_text()
    )
    assert values["grafana"]["admin"] == {"existingSecret": "grafana-admin"}
    bench.forget()
    bench.override("kubectl", "*'get secret grafana-admin '*", "echo secret/grafana-admin")
    monitoring(bench)
    assert "grafana-admin" not in bench.remembered("applied")


def test_a_second_time_nothing_is_upgraded_until_a_value_changes(bench: Bench) -> None:
    monitoring(bench)
    bench.forget()
    assert monitoring(bench).stdout.count("it is there already") == 3
    assert "helm upgrade" not in bench.remembered("asked")
    values = bench.tree / "deploy/monitoring/loki.yaml"
    values.write_text(values.read_text().replace("168h", "24h"))
    assert monitoring(bench).stdout.count("it is there already") == 2
    assert bench.remembered("asked").count("helm upgrade") == 1


def test_what_helm_could_not_finish_is_tried_again(bench: Bench) -> None:
    monitoring(bench, status="failed")
    assert "it is there already" not in monitoring(bench, status="failed").stdout


@pytest.mark.parametrize(
    ("helm", "gate", "came"),
    [
        (
            "'show crds'*) echo 'Error: no such host' >&2; exit 1;;",
            "definitions of kube-prometheus-stack 77.11.1 are applied",
            "Error: no such host",
        ),
        (
            "'upgrade --install loki'*) echo 'Error: context deadline exceeded' >&2; exit 1;;",
            "loki is loki 8.1.3",
            "Error: context deadline exceeded",
        ),
    ],
)
def test_what_helm_says_is_told(bench: Bench, helm: str, gate: str, came: str) -> None:
    done = monitoring(bench, helm=helm)
    assert done.returncode == 1
    assert (shut(done)["gate stayed shut"], shut(done)["came"]) == (gate, came)


def test_a_helm_that_is_another_one_is_not_run(bench: Bench) -> None:
    done = monitoring(bench, served="0" * 64)
    assert shut(done)["gate stayed shut"] == "helm 3.14.4 is here"
    assert "helm show" not in bench.remembered("asked")


def test_a_service_without_a_node_port_and_one_that_is_deaf_are_told(bench: Bench) -> None:
    bench.override("curl", "*:30090/*", "echo 'timed out' >&2; exit 28")
    done = monitoring(bench)
    assert shut(done)["gate stayed shut"] == "kps-prometheus answers on every worker"
    assert "firewall" in shut(done)["do"]
    del bench.overrides["kubectl"]
    done = bench.run("monitoring.sh", KUBECONFIG_ADMIN="kubeconfig")
    assert shut(done)["expected"] == "a NodePort of service kps-grafana"


def test_the_administrators_kubeconfig_is_asked_for(bench: Bench) -> None:
    assert shut(bench.run("monitoring.sh"))["came"] == "without KUBECONFIG_ADMIN"


def test_the_values_are_those_of_the_runbook(bench: Bench) -> None:
    def values(name: str) -> Any:
        return yaml.safe_load((bench.tree / "deploy/monitoring" / f"{name}.yaml").read_text())

    stack, loki = values("kube-prometheus-stack"), values("loki")
    assert stack["grafana"]["service"] == {"type": "NodePort", "nodePort": 30030}
    assert stack["prometheus"]["service"] == {"type": "NodePort", "nodePort": 30090}
    assert loki["gateway"]["service"] == {"type": "NodePort", "nodePort": 30100}
    assert loki["deploymentMode"] == "SingleBinary"
    push = "http://loki-gateway.monitoring.svc.cluster.local"
    (source,) = stack["grafana"]["additionalDataSources"]
    assert source["url"] == push
    assert f'"{push}/loki/api/v1/push"' in str(values("alloy"))
