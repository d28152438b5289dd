"""Gates of the cluster's fences, seen open and shut."""

from __future__ import annotations

import base64
import json
import time
from pathlib import Path

import pytest

from facts.users import home
from spec import Platform
from tests.unit.doubles import sh
from tests.unit.one_gate import answer, gate

KNOWN = "every kubelet has a certificate of the cluster's"
FENCE = "a pod of the application's stays in its namespace"
LASTS = "the pipeline's token lasts another 30 days, and ends"
DAY = 24 * 3600


@pytest.mark.parametrize(
    ("status", "opens"),
    [("0", True), ("7", True), ("28", True), ("35", False), ("60", False)],
)
def test_a_kubelet_with_another_certificate_or_none_shuts_its_gate(
    platform: Platform, tmp_path: Path, status: str, opens: bool
) -> None:
    curl = f'case "$*" in *" https://192.168.56.44:10250/"*) exit {status};; esac'
    done = answer(platform, tmp_path, KNOWN, curl=curl)
    assert (done.returncode == 0) is opens
    assert done.stdout.strip() == ("" if opens else "192.168.56.44:10250")


REFUSED = '"message": "pods \\"outside\\" is forbidden: violates PodSecurity \\"b\\": host",'


@pytest.mark.parametrize(
    ("output", "opens"),
    [
        (REFUSED, True),
        ('"kind": "Pod",', False),
        ('"message": "service unavailable",', False),
        ("", False),
    ],
)
def test_a_namespace_whose_pods_may_leave_it_shuts_its_gate(
    platform: Platform, tmp_path: Path, output: str, opens: bool
) -> None:
    curl = f"cat >{tmp_path}/asked; echo '{output}'"
    done = answer(platform, tmp_path, FENCE, curl=curl)
    assert (done.returncode == 0) is opens
    asked = json.loads((tmp_path / "asked").read_text())
    assert asked["metadata"]["namespace"] == "threebody-prod"
    assert asked["spec"]["hostNetwork"] is True


@pytest.mark.parametrize(
    ("left", "opens", "output"),
    [(31, True, "31"), (29, False, "29"), (-2, False, "-1"), (None, False, "without an end")],
)
def test_a_token_that_ends_soon_or_never_shuts_its_gate(
    platform: Platform, tmp_path: Path, left: int | None, opens: bool, output: str
) -> None:
    end = {} if left is None else {"exp": int(time.time()) + left * DAY + 60}
    middle = base64.urlsafe_b64encode(json.dumps(end, separators=(",", ":")).encode()).decode()
    token = f"e30.{middle.rstrip('=')}.c2ln"
    (tmp_path / ".kube").mkdir()
    (tmp_path / ".kube/ci").write_text(f"users: [{{name: ci, user: {{token: {token}}}}}]\n")
    command = gate(platform, LASTS, "vm-k8s").command
    done = sh(command.replace(home("admin"), f"{tmp_path}"))
    assert (done.returncode == 0) is opens, done
    assert done.stdout.strip() == output
