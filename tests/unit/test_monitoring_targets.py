"""Whom Prometheus asks, who lets it in, and which of them must answer."""

from __future__ import annotations

from pathlib import Path

import yaml

from facts.probe.others import Listener
from gates import gates
from spec import Platform
from spec.charts import STACK
from spec.parts import HARBOR_PROGRAMS
from tasks import monitoring
from tests.unit.application import lay_out, manifests, pods
from tests.unit.conftest import OnHost
from tests.unit.probes import DOCKER, probe, refusals


def test_harbors_port_is_looked_at_where_there_is_a_monitoring(
    watched: Platform, platform: Platform
) -> None:
    taken = probe("others", listeners=(Listener(9191, "squid", 7),))
    (refused,) = refusals(watched, DOCKER, taken)
    assert "port 9191 (harbor_metrics_port) is held by squid" in refused
    assert refusals(platform, DOCKER, taken) == []


def test_whoever_tells_of_a_machine_already_is_named(watched: Platform, platform: Platform) -> None:
    others = (Listener(9100, "node_exporter", 7), Listener(9252, "x", 8))
    told, runner = refusals(watched, DOCKER, probe("others", listeners=others))
    assert "port 9100 (the machine's figures) is held by node_exporter" in told
    assert "port 9252 (the runner's figures) is held by x" in runner
    assert refusals(platform, DOCKER, probe("others", listeners=others)) == []
    ours = (Listener(9100, "prometheus-node", 7), Listener(9252, "gitlab-runner", 8))
    assert refusals(watched, DOCKER, probe("others", listeners=ours)) == []


def test_each_program_of_harbor_is_a_target_and_must_be_there(
    watched: Platform, on_host: OnHost
) -> None:
    on_host(name="vm-k8s")
    stack = yaml.safe_load(monitoring._values(watched)[STACK])
    jobs = stack["prometheus"]["prometheusSpec"]["additionalScrapeConfigs"]
    (harbor,) = [job["static_configs"] for job in jobs if job["job_name"] == "harbor"]
    assert {tuple(it["targets"]) for it in harbor} == {("192.168.56.42:9191",)}
    # nginx in front of them goes by the query; what it does not know is the exporter.
    assert [it["labels"]["__param_comp"] for it in harbor] == list(HARBOR_PROGRAMS)
    (targets,) = [
        it.command
        for it in gates(watched, watched.control, "monitoring")
        if it.awaits == "every target of Prometheus is up"
    ]
    for program in HARBOR_PROGRAMS:
        assert f'absent(up{{job="harbor",program="{program}"}})' in targets


def test_each_program_of_a_machine_must_say_how_it_is(watched: Platform) -> None:
    (targets,) = [
        it.command
        for it in gates(watched, watched.control, "monitoring")
        if it.awaits == "every target of Prometheus is up"
    ]
    assert "(platform_program_up == 0)" in targets
    for machine, program in (("vm-k8s", "etcd"), ("vm-docker", "docker")):
        told = f'platform_program_up{{instance="{machine}",program="{program}"}}'
        assert f"absent({told})" in targets
    # There is none before the first pipeline.
    assert "mysql" not in targets


def test_the_shops_backends_have_the_port_that_is_looked_for_and_no_service_leads_there(
    watched: Platform, on_host: OnHost, tmp_path: Path
) -> None:
    on_host(name="vm-k8s")
    stack = yaml.safe_load(monitoring._values(watched)[STACK])
    jobs = stack["prometheus"]["prometheusSpec"]["additionalScrapeConfigs"]
    (job,) = [job for job in jobs if job["job_name"] == "application"]
    (found,) = job["kubernetes_sd_configs"]
    assert found == {"role": "pod", "namespaces": {"names": [watched.k8s_worker.app_namespace]}}
    (name, ready, *_) = [rule["regex"] for rule in job["relabel_configs"] if "regex" in rule]
    assert (name, ready) == ("metrics", "true")
    objects = manifests(lay_out(tmp_path, watched))
    ports = {
        (tier, port["name"])
        for tier, pod in pods(objects)
        for container in pod["spec"]["containers"]
        for port in container.get("ports", ())
    }
    assert {tier for tier, port in ports if port == name} == {"go", "laravel"}
    services = [it["spec"]["ports"] for it in objects if it["kind"] == "Service"]
    led_to = {port.get("targetPort", port["port"]) for ports in services for port in ports}
    assert not led_to & {name, 9090}
