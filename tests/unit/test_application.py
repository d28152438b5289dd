"""The shipped application: what it is made of, and what it brings into the cluster."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import kubernetes_validate
import pytest
import yaml

import spec
from spec import Platform
from spec.inventory import HostData
from tests.unit.application import containers, lay_out, manifests, pods, render
from tests.unit.doubles import changed, shipped_tiers

APPS = ("frontend", "go", "laravel")
Objects = list[dict[str, Any]]


@pytest.fixture
def tree(platform: Platform, tmp_path: Path) -> Path:
    return lay_out(tmp_path / "app", platform)


@pytest.fixture
def objects(tree: Path) -> Objects:
    return manifests(tree)


def fence(platform: Platform) -> Objects:
    """What the platform puts around the application."""
    return list(yaml.safe_load_all(render(platform, "cluster/fence.yaml.j2")))


def one(objects: Objects, kind: str, name: str) -> dict[str, Any]:
    (found,) = [o for o in objects if (o["kind"], o["metadata"]["name"]) == (kind, name)]
    return found


@pytest.mark.parametrize("version", ["1.30", "1.33"])
def test_every_manifest_is_what_kubernetes_expects(
    hosts: list[HostData], tmp_path: Path, version: str
) -> None:
    hosts = changed(hosts, "k8s_control", cni="flannel")  # whichever Kubernetes it is
    platform = spec.load(changed(hosts, "k8s_node", kubernetes_version=f"{version}.1"))
    objects = manifests(lay_out(tmp_path / "app", platform))
    objects += fence(platform)
    objects.append(yaml.safe_load(render(platform, "cluster/volume.yaml.j2")))
    assert len(objects) > 15
    for told in objects:
        kubernetes_validate.validate(told, platform.k8s_node.kubernetes_minor, strict=True)


def test_settings_reach_the_manifests(hosts: list[HostData], tmp_path: Path) -> None:
    tiers = {**shipped_tiers(), "go": {"path": "/api/", "port": 31999, "probe": "/readyz"}}
    other = changed(hosts, "k8s_worker", app_tiers=tiers, app_namespace="shop")
    other = changed(other, "docker_host", harbor_project="shop", harbor_url="http://reg.local:5000")
    other = changed(other, "docker_host", edge_https_port=8443)
    platform = spec.load(other)
    tree = lay_out(tmp_path / "app", platform)
    objects = manifests(tree)
    script = (tree / "deploy/ci/settings.sh").read_text()
    assert '"${EDGE_URL:=https://hit.local:8443}"' in script
    assert '"${EDGE_PROBES:=/ /api/readyz /laravel/api/products}"' in script
    assert '"${REACT_APP_GO_API_BASE:=/api/}"' in script
    assert '"${HARBOR_USERNAME:=robot\\$shop+push}"' in script
    ports = {name: one(objects, "Service", name)["spec"]["ports"][0]["nodePort"] for name in APPS}
    assert ports == {"frontend": 30080, "go": 31999, "laravel": 30082}
    ours = {c["image"] for _, pod in pods(objects) for c in containers(pod) if "/" in c["image"]}
    assert ours == {f"reg.local:5000/shop/{name}:latest" for name in APPS}
    assert one(objects, "PersistentVolumeClaim", "mysql-data")["spec"]["volumeName"] == "shop-mysql"


def test_the_database_claims_the_directory_of_its_worker(
    platform: Platform, objects: Objects
) -> None:
    volume = yaml.safe_load(render(platform, "cluster/volume.yaml.j2"))
    claim = one(objects, "PersistentVolumeClaim", "mysql-data")
    assert claim["spec"]["volumeName"] == volume["metadata"]["name"] == "threebody-prod-mysql"
    assert volume["spec"]["claimRef"] == {"namespace": "threebody-prod", "name": "mysql-data"}
    assert volume["spec"]["hostPath"]["path"] == "/data/threebody/mysql"
    assert volume["spec"]["persistentVolumeReclaimPolicy"] == "Retain"
    (term,) = volume["spec"]["nodeAffinity"]["required"]["nodeSelectorTerms"]
    assert term["matchExpressions"][0]["values"] == ["vm-worker"]


def test_the_pipeline_may_apply_every_kind(platform: Platform, objects: Objects) -> None:
    documents = list(yaml.safe_load_all(render(platform, "cluster/ci.yaml.j2")))
    allowed = {
        resource
        for rule in one(documents, "Role", "ci")["rules"]
        for resource in rule["resources"]
        if {"create", "patch"} <= set(rule["verbs"])
    }
    plurals = {f"{told['kind'].lower()}s".replace("policys", "policies") for told in objects}
    assert plurals <= allowed
    fenced = {f"{told['kind'].lower()}s" for told in fence(platform)}
    assert allowed & {*fenced, "networkpolicies", "persistentvolumes"} == set()


def test_no_container_may_more_than_it_needs(objects: Objects) -> None:
    privileged = set()
    for name, pod in pods(objects):
        outer = pod["spec"]["securityContext"]
        assert outer["seccompProfile"] == {"type": "RuntimeDefault"}, name
        assert pod["spec"]["automountServiceAccountToken"] is False, name
        assert pod["spec"]["enableServiceLinks"] is False, name
        for container in containers(pod):
            where = f"{name}/{container['name']}"
            inner = container["securityContext"]
            assert inner["allowPrivilegeEscalation"] is False, where
            assert inner["readOnlyRootFilesystem"] is True, where
            assert inner["capabilities"]["drop"] == ["ALL"], where
            assert container["resources"]["requests"].keys() == {"cpu", "memory"}, where
            assert "memory" in container["resources"]["limits"], where
            both = outer | inner
            if not (both.get("runAsNonRoot") and both["runAsUser"] > 0):
                privileged.add(where)
            if "add" in inner["capabilities"]:
                privileged.add(where)
    assert privileged == {"mysql/fix-perms"}


def test_every_pod_passes_the_fence_of_its_namespace(platform: Platform, objects: Objects) -> None:
    (namespace, *_) = fence(platform)
    assert namespace["metadata"]["labels"]["pod-security.kubernetes.io/enforce"] == "baseline"
    # What `baseline` leaves a container (kubernetes.io, "Pod Security Standards").
    harmless = {"AUDIT_WRITE", "CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID", "KILL", "MKNOD"}
    for name, pod in pods(objects):
        assert not pod["spec"].keys() & {"hostNetwork", "hostPID", "hostIPC"}, name
        assert not any("hostPath" in volume for volume in pod["spec"].get("volumes", [])), name
        for container in containers(pod):
            inner = container["securityContext"]
            assert not inner.get("privileged"), name
            assert set(inner["capabilities"].get("add", [])) <= harmless, name
            assert not any("hostPort" in port for port in container.get("ports", [])), name


def test_a_rollout_takes_nobody_away_before_another_is_there(objects: Objects) -> None:
    for name in APPS:
        told = one(objects, "Deployment", name)["spec"]
        assert told["strategy"]["rollingUpdate"] == {"maxUnavailable": 0, "maxSurge": 1}
        assert told["replicas"] >= 2
        assert one(objects, "PodDisruptionBudget", name)["spec"]["minAvailable"] == 1
        asked = [c for c in told["template"]["spec"]["containers"] if "readinessProbe" in c]
        assert len(asked) == 1, name
        stops = [
            int(c["lifecycle"]["preStop"]["exec"]["command"][1])
            for c in told["template"]["spec"]["containers"]
            if "lifecycle" in c
        ]
        # go drains by itself; php-fpm outlives nginx, which hands on what it still has.
        assert stops == {"frontend": [8], "go": [], "laravel": [14, 8]}[name]
        assert told["template"]["spec"]["terminationGracePeriodSeconds"] > sum(stops[:1]) + 20


def test_a_slow_first_start_of_the_database_is_not_killed(objects: Objects) -> None:
    (database,) = one(objects, "StatefulSet", "mysql")["spec"]["template"]["spec"]["containers"]
    begin = database["startupProbe"]
    assert begin["periodSeconds"] * begin["failureThreshold"] >= 900
    for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
        assert "127.0.0.1" in database[probe]["exec"]["command"][-1], "TCP: shut while it is made"


def test_the_database_keeps_no_log_that_nobody_reads(objects: Objects) -> None:
    (database,) = one(objects, "StatefulSet", "mysql")["spec"]["template"]["spec"]["containers"]
    assert "--skip-log-bin" in database["args"], "30 days of every change, beside the data"


def test_the_migration_fails_once_and_ends(objects: Objects) -> None:
    told = one(objects, "Job", "laravel-migrate")["spec"]
    assert (told["ttlSecondsAfterFinished"], told["backoffLimit"]) == (600, 0)
    assert told["activeDeadlineSeconds"] == 1800
    assert [c["name"] for c in containers(told["template"])] == ["wait-mysql", "migrate"]


def test_policies_let_in_who_uses_the_database_and_nobody_else(
    platform: Platform, objects: Objects
) -> None:
    users = {
        pod["metadata"]["labels"]["app"]
        for _, pod in pods(objects)
        for container in containers(pod)
        if "DB_HOST" in {entry["name"] for entry in container.get("env", [])}
    }
    objects = fence(platform)
    shut = one(objects, "NetworkPolicy", "shut")["spec"]
    assert shut == {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}
    (rule,) = one(objects, "NetworkPolicy", "database")["spec"]["ingress"]
    (source,) = rule["from"]
    assert set(source["podSelector"]["matchExpressions"][0]["values"]) == users
    told = one(objects, "NetworkPolicy", "backends")["spec"]
    assert set(told["podSelector"]["matchExpressions"][0]["values"]) == users
    visited = one(objects, "NetworkPolicy", "visitors")["spec"]
    assert set(visited["podSelector"]["matchExpressions"][0]["values"]) == set(APPS)


def test_the_fence_of_an_own_application_knows_its_tiers_and_nothing_of_ours(
    hosts: list[HostData],
) -> None:
    own = changed(hosts, "docker_host", application_source="https://git.example/shop.git")
    tier = {"path": "/", "port": 30200, "probe": "/ping"}
    platform = spec.load(changed(own, "k8s_worker", app_tiers={"web": tier}))
    told = {
        p["metadata"]["name"]: p["spec"] for p in fence(platform) if p["kind"] == "NetworkPolicy"
    }
    assert set(told) == {"shut", "visitors", "inside"}
    assert told["shut"]["policyTypes"] == ["Ingress"], "whom it asks is its own affair"
    assert told["inside"]["ingress"] == [{"from": [{"podSelector": {}}]}]
    assert told["visitors"]["podSelector"]["matchExpressions"][0]["values"] == ["web"]


@pytest.mark.parametrize("part", APPS)
def test_an_image_is_built_in_stages_from_pinned_ones_and_is_not_root(
    tree: Path, part: str
) -> None:
    text = (tree / part / "Dockerfile").read_text()
    bases = dict(re.findall(r"^ARG (\w+_IMAGE)=(\S+)$", text, re.MULTILINE))
    stages = re.findall(r"^FROM (\S+)(?: AS (\w+))?$", text, re.MULTILINE)
    assert len(stages) >= 2
    names = {name for _, name in stages}
    for base, _ in stages:
        assert base in names or base.strip("${}") in bases, base
    for image in bases.values():
        assert re.search(r":(\d+\.\d+|nonroot$)", image), f"{image} may become another one"
    assert re.findall(r"^USER (\d+):\d+$", text, re.MULTILINE)[-1] != "0"
    assert (tree / part / ".dockerignore").read_text().splitlines()[0] == "*"


def test_both_nginx_are_one_image(tree: Path, objects: Objects) -> None:
    (sidecar,) = [
        c["image"]
        for c in containers(one(objects, "Deployment", "laravel")["spec"]["template"])
        if c["name"] == "nginx"
    ]
    assert f"ARG NGINX_IMAGE={sidecar}\n" in (tree / "frontend/Dockerfile").read_text()


def test_what_npm_installs_is_exactly_what_is_written(tree: Path) -> None:
    wanted = json.loads((tree / "frontend/package.json").read_text())
    locked = json.loads((tree / "frontend/package-lock.json").read_text())["packages"]
    for name, version in (wanted["dependencies"] | wanted["devDependencies"]).items():
        assert locked[f"node_modules/{name}"]["version"] == version
    assert all("integrity" in told for path, told in locked.items() if path)
