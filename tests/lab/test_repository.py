"""The application's repository on vm-docker: laid out once, its developers' ever after."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from lab.machines import Machine
from tests.lab.deploying import converge, deploy

pytestmark = pytest.mark.usefixtures("docker_only")

LAY_OUT = "Docker host | Lay out the application's repository, where there is none"
FOLDER = "/srv/threebody"
GIT = f"git -C {FOLDER}"


@pytest.fixture
def own(docker: Machine) -> Iterator[None]:
    """Whatever is done to the repository meanwhile; afterwards it is what it was."""
    docker.ssh(f"sudo cp -a {FOLDER} /root/repository")
    yield
    docker.ssh(f"sudo sh -c 'rm -rf {FOLDER} && mv /root/repository {FOLDER}'")


def test_a_developer_finds_one_commit_on_main_and_nothing_to_mend(docker: Machine) -> None:
    assert docker.ssh(f"{GIT} status --porcelain --branch").strip() == "## main"
    assert len(docker.ssh(f"{GIT} log --format=%h").split()) == 1
    assert docker.ssh(f"stat -c '%U %a' {FOLDER}").strip() == "admin 755"
    assert docker.ssh("ls -A /srv").split() == ["threebody"]
    scripts = docker.ssh(f"cd {FOLDER} && ls deploy/ci/*.sh").split()
    started = docker.ssh(f"cd {FOLDER} && find deploy/ci -name '*.sh' -perm -111").split()
    assert set(scripts) - set(started) == {"deploy/ci/lib.sh", "deploy/ci/settings.sh"}
    assert (
        docker.ssh(f"cd {FOLDER} && for script in deploy/ci/*.sh; do bash -n $script; done") == ""
    )


def test_a_script_says_what_it_lacks_where_it_is_run_by_hand(docker: Machine) -> None:
    output = docker.ssh(f"cd {FOLDER} && deploy/ci/deploy.sh 2>&1", check=False)
    assert "KUBECONFIG_PROD" in output
    assert "MYSQL_ROOT_PASSWORD" in output


@pytest.mark.usefixtures("own")
def test_what_developers_made_of_it_stays(docker: Machine) -> None:
    docker.ssh(
        f"cd {FOLDER} && echo more >>README.md && git -c user.name=dev -c user.email=d@e"
        " commit -qam More && echo draft >draft && echo 'not yet' >>README.md"
    )
    before = docker.ssh(f"{GIT} rev-parse HEAD; {GIT} status --porcelain")
    assert converge() == {}
    assert docker.ssh(f"{GIT} rev-parse HEAD; {GIT} status --porcelain") == before


@pytest.mark.usefixtures("own")
def test_what_is_no_repository_is_refused_and_stays(docker: Machine) -> None:
    docker.ssh(f"sudo rm -rf {FOLDER}/.git")
    run = deploy("-y")
    assert run.status != 0
    assert f"{FOLDER} is there, and is no git repository: move it away" in run.said
    assert docker.ssh(f"ls {FOLDER}/README.md").strip() == f"{FOLDER}/README.md"


@pytest.mark.usefixtures("own")
def test_one_of_ones_own_takes_the_place_of_the_shipped_one(
    docker: Machine, tmp_path: Path
) -> None:
    for name in ("build", "deploy", "migrate", "push", "rollback"):
        path = tmp_path / "deploy" / "ci" / f"{name}.sh"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("#!/bin/sh\n")
        path.chmod(0o755)
    mine = ("--data", f"application_source={tmp_path}", "--data", "gitlab_project=group/shop")
    docker.ssh(f"sudo rm -rf {FOLDER}")
    run = deploy("-y", *mine)
    assert run.status != 0
    assert "lacks .gitlab-ci.yml" in run.said
    assert "nothing was touched" in run.said
    (tmp_path / ".gitlab-ci.yml").write_text("{}\n")
    assert LAY_OUT in converge(*mine)
    assert converge(*mine) == {}
    assert docker.ssh(f"{GIT} ls-files").split()[:2] == [".gitlab-ci.yml", "deploy/ci/build.sh"]
    assert docker.ssh(f"{GIT} remote get-url origin").strip() == "git@gitlab-443:group/shop.git"


@pytest.mark.usefixtures("own")
def test_one_that_was_cut_off_is_laid_out_anew(docker: Machine) -> None:
    docker.ssh(f"sudo mv {FOLDER} /srv/.threebody.new")
    assert LAY_OUT in converge()
    assert docker.ssh("ls -A /srv").split() == ["threebody"]
    assert docker.ssh(f"{GIT} status --porcelain --branch").strip() == "## main"
