"""Settings of GitLab, of its pipelines and of the application: wrong ones, and right ones."""

from __future__ import annotations

from typing import Any

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import assert_refused

Hosts = list[HostData]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIAfuCHKVTjquxvt6CM6tdG4SLp1Btn/nOeHHE5UOzRdf"
WRONG: list[tuple[tuple[str, str, Any], str]] = [
    (("docker_host", "pipeline_variables", ["A=1"]), "not a table such as"),
    (("docker_host", "gitlab_url", "https://git.example.org/api/v4"), "ends in /api/v4"),
    (("docker_host", "gitlab_host_keys", [KEY[:-1]]), "not a whole SSH host key"),
    (("docker_host", "gitlab_host_keys", [KEY.replace("ed25519", "rsa", 1)]), "not a whole SSH"),
    (("docker_host", "gitlab_project", "Admin/shop"), "Admin is a page of GitLab's own"),
    (("docker_host", "gitlab_project", "ada/wikis"), "wikis is a page of GitLab's own"),
    (("docker_host", "pipeline_variables", {"UID": "0"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"BASH_FUNC_x": "0"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"DOCKER_CONFIG": "/"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"TAG": "1"}), "set by the commit that is deployed"),
    (("docker_host", "pipeline_variables", {"DOCKER_HOST": "tcp://d"}), "GitLab's own, or the"),
    (("docker_host", "pipeline_variables", {"SECONDS": "1"}), "GitLab's own, or the shell's"),
    (("docker_host", "pipeline_variables", {"database_password": "x"}), "write database_password"),
    (("docker_host", "pipeline_variables", {"Sudo_Password": "x"}), "sudo_password into secrets"),
    (("docker_host", "pipeline_variables", {"DEPLOY": "glpat-abc"}), "a token of GitLab's"),
    (("docker_host", "pipeline_variables", {"GIT_STRATEGY": "none"}), "write clone or fetch"),
    (("docker_host", "pipeline_variables", {"KUBECTL_VERSION": "v1.30.1"}), "such as 1.31.2"),
    (("docker_host", "pipeline_variables", {"MYSQL_USER": "root"}), "and not root"),
    (("docker_host", "pipeline_variables", {"MYSQL_DATABASE": "a'b"}), "letters, digits and _"),
    (("docker_host", "pipeline_variables", {"SEED": "yes"}), "write true or false"),
    (("docker_host", "gitlab_in_plain_text", "no"), "True or False, without quotes"),
    (("docker_host", "gitlab_url", "https://gitlab.com/ada/shop"), "a page of GitLab's"),
    (("docker_host", "gitlab_url", "https://altssh.gitlab.com"), "is GitLab's SSH"),
    (("docker_host", "gitlab_ssh_host", "gitlab.com"), "answers no SSH on port 443"),
    (("docker_host", "gitlab_project", "gitlab.com/ada/shop"), "begins with the host"),
    (("docker_host", "application_source", "git://h.org/a/b.git"), "whoever is on the way"),
    (("docker_host", "application_source", "http://h.org/a/b.git"), "may change what is deployed"),
    (("docker_host", "application_source", "https://glpat-x@h.org/a/b.git"), "hold no token"),
    (("docker_host", "application_source", "https://h.org/a/b/tree/main"), "a page about"),
    (("docker_host", "application_source", "https://h.org/a/b/-/issues"), "a page about a reposit"),
    (("docker_host", "application_source", "https://h.org/a/b.tar.gz"), "an archive far away"),
    (("docker_host", "application_source", "/"), "lacks .gitlab-ci.yml, deploy/ci/build.sh"),
    (("docker_host", "application_source", "https://gitlab.com"), "its path is missing"),
]
RIGHT: list[tuple[str, str, Any]] = [
    ("docker_host", "gitlab_url", "https://git.example.org/gitlab"),
    ("docker_host", "gitlab_host_keys", [KEY]),
    ("docker_host", "gitlab_project", "ada/files-and-more"),
    ("docker_host", "gitlab_project", "a/b/c/shop"),
    ("docker_host", "pipeline_variables", {"DOCKER_BUILDKIT": "1", "GIT_DEPTH": "0"}),
    ("docker_host", "pipeline_variables", {"_x": " a $b 'c' \n"}),
    ("docker_host", "application_source", "git@git.example.org:a/b.git"),
    ("docker_host", "application_source", "ssh://git@git.example.org:2222/a/tree/b.git"),
    ("docker_host", "application_source", "https://git.example.org/a/b-tree"),
    ("docker_host", "application_source", "https://git.example.org/tree/b"),
    ("docker_host", "application_source", "https://git.example.org/a/b/tree/c.git"),
    ("docker_host", "pipeline_variables", {"SEED": "false", "KUBECTL_VERSION": "1.30.1"}),
    ("docker_host", "pipeline_variables", {"http_proxy": "http://p:3128", "TAGS": "root"}),
    ("docker_host", "pipeline_variables", {"MYSQL_USER": "rooty", "GIT_STRATEGY": "clone"}),
    ("docker_host", "gitlab_project", "gitlab.com-mirrors/shop"),
]


@pytest.mark.parametrize(("given", "reason"), WRONG, ids=str)
def test_a_mistake_is_refused_with_what_to_write(
    hosts: Hosts, given: tuple[str, str, Any], reason: str
) -> None:
    assert_refused(hosts, given, reason)


@pytest.mark.parametrize(("group", "setting", "value"), RIGHT, ids=str)
def test_what_is_right_is_accepted(hosts: Hosts, group: str, setting: str, value: Any) -> None:
    assert spec.load(changed(hosts, group, **{setting: value}))


def test_an_application_of_ones_own_knows_its_variables_itself(hosts: Hosts) -> None:
    own = {"application_source": "https://git.example.org/a/b.git"}
    variables = {"SEED": "no", "MYSQL_USER": "root"}
    assert spec.load(changed(hosts, "docker_host", **own, pipeline_variables=variables))


def test_who_lets_gitlab_be_read_lets_a_source_be_read(hosts: Hosts) -> None:
    source = "http://git.example.org/a/b.git"
    plain = {"application_source": source, "gitlab_in_plain_text": True}
    assert spec.load(changed(hosts, "docker_host", **plain))
