"""The last of these: it is removed."""

from __future__ import annotations

import pytest

from lab.machines import Machine
from tests.lab.cluster import told
from tests.lab.deploying import converge
from tests.lab.doors import answers
from tests.lab.monitored import OPENED, PAGES, changes, opening

pytestmark = pytest.mark.usefixtures("converged")


def test_taken_away_it_leaves_nothing(
    installed: None, control: Machine, worker: Machine, watched: tuple[str, ...]
) -> None:
    assert "Uninstall the charts" in changes(*watched, REMOVE="1")
    left = told(
        "get", "namespaces,persistentvolumes,clusterroles,clusterrolebindings,crd", "-o", "name"
    ).split()
    ours = ("monitoring", "kps", "loki", "alloy")
    assert [it for it in left if it.partition("/")[2].startswith(ours)] == []
    assert [it for it in left if "monitoring.coreos" in it or "monitoring.grafana" in it] == []
    paths = "/opt/monitoring /usr/local/sbin/grafana-asks /data/threebody/monitoring"
    for machine in (control, worker):
        assert machine.ssh(f"ls -d {paths} 2>/dev/null || :") == ""
    assert changes(*watched, REMOVE="1") == set()
    assert opening(converge()) == OPENED
    assert converge() == {}
    assert not any(answers(worker, port) for port in PAGES)
