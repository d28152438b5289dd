"""The application, brought by one push before the first of these tests, and gone after the last."""

from __future__ import annotations

from collections.abc import Iterator

import gitlab
import pytest
from gitlab.v4.objects import Project

from lab import PROJECT as SHOP
from lab import Lab, keys
from lab.machines import Machine
from lab.mirror.gitlab import URL
from spec.secrets_file import name_in
from tests.lab import shop
from tests.lab.deploying import Run, converge, deploy


@pytest.fixture(scope="package")
def by_hand_again(converged: None) -> Iterator[None]:
    """Afterwards, a GitLab that a person has set up, as every other suite has it."""
    yield
    converge()


@pytest.fixture(scope="package")
def token(by_hand_again: None, lab: Lab) -> Iterator[None]:
    """A person's token among the secrets, and no runner that somebody has made."""
    with pytest.MonkeyPatch.context() as extra:
        extra.setenv("GITLAB_TOKEN", keys.gitlab_token(lab))
        extra.setenv("RUNNER_TOKEN", "")
        yield
        lines = [line for line in lab.secrets.read_text().splitlines() if line]
        kept = [line for line in lines if name_in(line) != "runner_token"]
        lab.secrets.write_text("".join(f"{line}\n" for line in kept))


@pytest.fixture(scope="package")
def api(lab: Lab) -> gitlab.Gitlab:
    return gitlab.Gitlab(URL, private_token=keys.gitlab_token(lab))


@pytest.fixture(scope="package", autouse=True)
def first(token: None, api: gitlab.Gitlab, docker: Machine, worker: Machine) -> Iterator[Run]:
    """The run that sets everything up, pushes, and sees the pipeline through."""
    yield deploy("-y")
    for row in api.projects.get(SHOP).runners.list(get_all=True, type="project_type"):
        api.runners.delete(row.id)
    api.projects.get(SHOP).delete()
    shop.remove(docker, worker)


@pytest.fixture(scope="package")
def project(api: gitlab.Gitlab, first: Run) -> Project:
    found = api.projects.get(SHOP)
    assert isinstance(found, Project)
    return found
