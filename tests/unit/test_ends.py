"""`make certificates`: what ends, where, when, who renews it; and what is renewed if told to."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from facts.certificate import End, Ends
from lab.doubles.gitlab.store import Store
from operate import ends as subject
from operate.ends import Row, of_gitlab, of_here, of_machine
from spec import Platform
from spec.certificate import LEAST_DAYS, RENEWED_DAYS
from tests.unit.certificates import certificate
from tests.unit.doubles import CHECKOUT, StubHost
from tests.unit.gitlab_served import TOKEN

TODAY = datetime.now(UTC).date()
EDGE = End("edge", 36, "2027-01-04", "/opt/edge/certs/tls.crt")


def test_a_machine_names_who_renews_what_and_an_own_certificate_is_its_owners(
    platform: Platform,
) -> None:
    (row,) = of_machine(platform, "vm-docker", (EDGE,))
    assert row == Row("vm-docker", EDGE.path, EDGE.date, 36, "itself, or --renew")
    settings = platform.docker_host.model_copy(update={"edge_certificate": "mine.crt"})
    (row,) = of_machine(replace(platform, docker_host=settings), "vm-docker", (EDGE,))
    assert row.renewed == "you: edge_certificate"
    (row,) = of_machine(platform, "vm-docker", ())
    assert (row.days, row.is_within(LEAST_DAYS)) == (None, True)
    assert "make deploy" in row.renewed


def test_every_word_of_the_machines_has_somebody_who_renews() -> None:
    script = (CHECKOUT / "files/common/usr/local/sbin/certificates-end").read_text()
    words = {word for word in subject.RENEWED if f" {word} " in script}
    assert words == set(subject.RENEWED)
    assert set(subject.UNITS) <= words


def test_machines_renew_by_themselves_with_as_many_days_left_as_is_said_here() -> None:
    unit = CHECKOUT / "files/k8s_control/etc/systemd/system/renew-certificates.service"
    assert f"renew-certificates {RENEWED_DAYS}\n" in unit.read_text()


def test_what_a_run_has_brought_here_is_looked_at_as_well(
    platform: Platform, tmp_path: Path
) -> None:
    mine = replace(platform, all=platform.all.model_copy(update={"operator_folder": str(tmp_path)}))
    assert list(of_here(mine, TODAY)) == []
    crt, _ = certificate(tmp_path, "x", days=100.5)
    data = base64.b64encode(crt.read_bytes()).decode()
    end = datetime.now(UTC) + timedelta(days=40)
    claims = base64.urlsafe_b64encode(json.dumps({"exp": end.timestamp()}).encode()).decode()
    for path, user in (
        (mine.kubeconfig, {"client-certificate-data": data}),
        (mine.pipeline_kubeconfig, {"token": f"h.{claims.rstrip('=')}.s"}),
    ):
        path.write_text(yaml.safe_dump({"users": [{"name": "x", "user": user}]}))
    admin, pipeline = of_here(mine, TODAY)
    assert (admin.path, admin.days in (100, 101)) == ("kubeconfig", True)
    assert (pipeline.path, pipeline.days, pipeline.date) == ("kubeconfig-ci", 40, f"{end:%Y-%m-%d}")
    mine.kubeconfig.write_text("users: [{user: {token: of nobody}}]")
    assert next(of_here(mine, TODAY)).days == 0


def at_gitlab(platform: Platform, url: str, token: str | None) -> list[Row]:
    secrets = platform.secrets.model_copy(
        update={"gitlab_token": SecretStr(token) if token else None}
    )
    settings = platform.docker_host.model_copy(update={"gitlab_url": url})
    return list(of_gitlab(replace(platform, docker_host=settings, secrets=secrets), TODAY))


def test_the_token_for_gitlab_is_asked_when_it_ends(
    platform: Platform, store: Store, url: str
) -> None:
    assert at_gitlab(platform, url, None) == []
    (row,) = at_gitlab(platform, url, TOKEN)
    left = (date(2099, 12, 31) - TODAY).days
    assert (row.host, row.path, row.date, row.days) == (
        "gitlab",
        "gitlab_token",
        "2099-12-31",
        left,
    )
    (row,) = at_gitlab(platform, url, "glpat-somebodyElses")
    assert row.is_within(LEAST_DAYS)
    assert "refuses gitlab_token: it has ended, or was revoked" in row.renewed


@pytest.mark.parametrize(
    ("found", "started"),
    [
        ((), []),
        ((replace(EDGE, days=RENEWED_DAYS),), []),
        ((EDGE,), ["systemctl start edge-certificate.service"]),
        ((replace(EDGE, whose="kubelet", days=0),), []),
        (
            (EDGE, replace(EDGE, whose="kubeadm", days=0), replace(EDGE, whose="kubeadm")),
            [
                "systemctl start edge-certificate.service",
                "systemctl start renew-certificates.service",
            ],
        ),
    ],
)
def test_only_what_is_due_and_the_machines_own_is_renewed(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    found: tuple[End, ...],
    started: list[str],
) -> None:
    commands: list[str] = []

    def run(_: Any, command: str) -> bool:
        commands.append(command)
        return "edge" in command

    monkeypatch.setattr(subject, "run", run)
    host: Any = StubHost("vm-a", (), {Ends: found})
    assert subject.renewed(host) == found
    assert commands == started
    told = capsys.readouterr().err
    assert ("vm-a: renew-certificates.service failed" in told) is (len(started) == 2)


def test_settings_that_are_refused_end_it_with_a_sentence() -> None:
    # Another process: what is asked patches the standard library.
    words = ("operate.certificates", "inventory.py", "--limit", "nobody")
    done = subprocess.run(
        (sys.executable, "-m", *words), cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 2
    assert done.stderr.startswith("--limit nobody: no such machine or group; there are ")
