"""The page of `make report`: what it says, of what is wrong first, and what it never says."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import SecretStr

from facts.deployment import Deployment
from facts.disks import Disk
from operate import page
from operate.page import rendered
from operate.reported import Report
from spec import Platform
from spec.secrets import Secrets
from tests.unit.doubles import CHECKOUT, SECRETS
from tests.unit.html_read import Page
from tests.unit.reported import COMMIT, NOW, a_report, with_faults
from tests.unit.test_status_mute import inventory

HOSTILE = '</td><script>alert(1)</script><img src=x onerror="alert(2)"> & "quoted"'
# What a secret of each kind looks like here; none of them is a word of the page.
PLANTED = {name: f"pl4nted-{name}-Zq9" for name in Secrets.model_fields}


@pytest.fixture
def well(platform: Platform) -> Report:
    return a_report(platform)


@pytest.fixture
def bad(well: Report) -> Report:
    return with_faults(well)


def test_a_platform_that_is_well_is_shown_with_all_that_was_asked(well: Report) -> None:
    text = Page(rendered(well)).text
    assert f"{len(well.gates)} of {len(well.gates)}" in text
    assert "All is well; 2 things to look at before long" in text
    for words in (
        "Fullest disk 55 % vm-worker /",
        f"Application {COMMIT} runs",
        "in 88 days kubeconfig-ci",
        "Last backup 2 days ago",
        "every node is Ready",
        "/etc/kubernetes/pki/apiserver.crt",
        "2 of 2 pods ready",
        "1 day ago 28 November 2026, 09:12 UTC",
        "vm-worker 192.168.56.44",
    ):
        assert words in text, words


def test_every_gate_is_there_with_its_machines(well: Report) -> None:
    text = Page(rendered(well)).text
    assert {row.gate for row in well.gates} == {
        row.gate for row in well.gates if f": {row.gate} " in text
    }
    assert "open: the firewall is on vm-docker, vm-k8s, vm-worker" in text


def test_what_needs_somebody_comes_first_with_what_came_and_what_to_look_at(bad: Report) -> None:
    text = Page(rendered(bad)).text
    assert "4 things need somebody now" in text
    places = [
        text.index(words)
        for words in (
            "4 things need somebody now",
            "vm-worker · shut gate · preflight",
            "inactive / failed to start: exit status 1, see the journal",
            "503 Service Unavailable, expected 200",
            "/opt/edge/certs/tls.crt ends in 12 days",
            "18.8.0: no security fixes any more, or soon none",
            "/ is 92 % full",
            "2 packages wait, 1 of them for security",
            "nothing was ever backed up",
            "The platform",
            "Certificates and tokens",
        )
    ]
    assert places == sorted(places)


def test_what_fails_for_one_reason_is_one_thing_to_look_at(bad: Report) -> None:
    (failed,) = [it for it in bad.outcomes if it.came]
    other = replace(failed, check=replace(failed.check, what="https://hit.local/"), came="502")
    concerns = replace(bad, outcomes=[failed, other]).concerns
    (one,) = [it for it in concerns if it.where == "what people use · fails"]
    assert one.what == "https://hit.local/go/api/products, https://hit.local/"
    assert one.came == f"{failed.came} / 502"


def test_a_machine_that_does_not_answer_is_shown_as_such_and_the_rest_is_there(bad: Report) -> None:
    text = Page(rendered(bad)).text
    assert "vm-worker 192.168.56.44 ✕ no answer" in text
    assert "admin@192.168.56.44 does not answer on SSH" in text
    assert "vm-k8s 192.168.56.43 Debian 13" in text
    assert "Machines 2 of 3 can be asked" in text


def test_what_nobody_could_say_is_no_error(well: Report) -> None:
    nothing = replace(
        well, gates=[], ends=[], outcomes=[], seen={}, disks={}, backup="soon?", deployments=()
    )
    text = Page(rendered(nothing)).text
    assert "Nothing runs in threebody-prod, or the control plane could not be asked" in text
    assert "Machines 0 of 3 can be asked" in text


def test_every_version_has_its_end_and_who_says_so(well: Report) -> None:
    html = rendered(well)
    assert "Docker 28.5.1 docker_version ! soon or past: 13 May 2026" in Page(html).text
    assert "Debian 13 vm-docker, vm-k8s, vm-worker ✓ 30 June 2030" in Page(html).text
    assert "Harbor 2.14.1 harbor_version no end is announced" in Page(html).text
    assert 'href="https://endoflife.date/docker-engine"' in html


def test_what_a_machine_says_is_text(well: Report) -> None:
    """Gates, disks, images and tags are a machine's words, and it may not be ours any more."""
    shut = replace(well.gates[0], open=False, came=HOSTILE, hint=HOSTILE, gate=HOSTILE)
    image = f"{well.platform.registry}/threebody/go:{HOSTILE}"
    html = rendered(
        replace(
            well,
            gates=[shut],
            ends=[replace(well.ends[0], path=HOSTILE, renewed=HOSTILE)],
            disks={"vm-docker": (Disk(HOSTILE, 99, 1),)},
            backup=HOSTILE,
            deployments=(Deployment(HOSTILE, 1, 1, HOSTILE, (image,)),),
        )
    )
    assert "<script" not in html
    assert "<img" not in html
    assert HOSTILE in Page(html).text.replace(" :", ":")


def test_a_tag_that_is_a_commit_leads_to_it_and_no_other_does(well: Report) -> None:
    assert well.commit(COMMIT) == "", "no project at GitLab"
    docker = well.platform.docker_host.model_copy(update={"gitlab_project": "team/shop"})
    report = replace(well, platform=replace(well.platform, docker_host=docker))
    assert report.commit(COMMIT) == f"https://gitlab.com/team/shop/-/commit/{COMMIT}"
    assert report.commit("latest") == ""
    assert f'href="https://gitlab.com/team/shop/-/commit/{COMMIT}"' in rendered(report)


def test_no_value_of_a_secret_is_in_it_whoever_says_it(well: Report) -> None:
    planted = {name: SecretStr(value) for name, value in PLANTED.items()}
    secrets = well.platform.secrets.model_copy(update=planted)
    platform = replace(well.platform, secrets=secrets)
    words = " ".join(PLANTED.values())
    assert len(PLANTED) >= 12
    html = rendered(
        replace(
            well,
            platform=platform,
            gates=[replace(well.gates[0], open=False, came=words, hint=words)],
            ends=[replace(well.ends[0], path=words, renewed=words)],
            outcomes=[replace(well.outcomes[0], came=words)],
            disks={"vm-docker": (Disk(f"/{words}", 99, 1),)},
            deployments=(Deployment(words, 1, 1, "", (words,)),),
        )
    )
    assert [name for name, value in PLANTED.items() if value in html] == []
    assert html.count("•••") >= 5 * len(PLANTED)


def test_a_short_password_blots_out_no_words(well: Report) -> None:
    secrets = well.platform.secrets.model_copy(update={"sudo_password": SecretStr("gate")})
    html = rendered(replace(well, platform=replace(well.platform, secrets=secrets)))
    assert "•••" not in html


def test_time_is_told_in_the_largest_unit_that_says_something() -> None:
    assert page.ago(NOW, NOW) == "just now"
    assert page.ago(NOW.replace(minute=9), NOW) == "1 minute ago"
    assert page.ago(NOW.replace(hour=13), NOW) == "3 hours ago"
    assert page.ago(NOW.replace(day=28), NOW) == "1 day ago"
    assert page.ago(NOW.replace(hour=23), NOW) == "just now", "a clock that is ahead"


def make_report(tmp_path: Path, *off: str, folder: Path) -> subprocess.CompletedProcess[str]:
    settings = tmp_path / "settings"
    settings.mkdir()
    (settings / "all.py").write_text(f"operator_folder = {str(folder)!r}\n")
    words = ["--group-data", str(CHECKOUT / "group_data"), "--group-data", str(settings)]
    return subprocess.run(
        [sys.executable, "-m", "operate.report", inventory(tmp_path, *off), *words],
        cwd=CHECKOUT,
        env={**os.environ, **SECRETS, "FAKE_FAULT": ""},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_it_is_its_owners_alone_and_is_written_whichever_machine_is_off(tmp_path: Path) -> None:
    done = make_report(tmp_path, "vm-worker", folder=tmp_path)
    path = tmp_path / "report.html"
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(rf"{path}: \d+ things need somebody now\n", done.stdout)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    text = Page(path.read_text()).text
    assert "vm-worker 192.168.56.44 ✕ no answer" in text
    assert "Machines 2 of 3 can be asked" in text
    assert [name for name in SECRETS if SECRETS[name] in path.read_text()] == []
    assert sorted(tmp_path.glob(".*")) == []


def test_a_path_that_cannot_be_written_is_a_sentence(tmp_path: Path) -> None:
    path = tmp_path / "report.html"
    path.mkdir()
    done = make_report(tmp_path, "vm-docker", "vm-k8s", "vm-worker", folder=tmp_path)
    assert done.returncode == 1
    (reason,) = [line for line in done.stderr.splitlines() if line.startswith(f"{path}")]
    assert reason.startswith(f"{path} cannot be written: Is a directory; make way for it there")
    assert "Traceback" not in done.stderr
    assert sorted(tmp_path.glob(".*")) == []


def test_settings_that_are_refused_end_it_with_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    done = make_report(tmp_path, folder=tmp_path / "file")
    assert done.returncode == 2
    assert "is a file: write a folder" in done.stderr
    assert "Traceback" not in done.stderr
