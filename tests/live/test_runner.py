"""B5, B6: the runner at its version, registered once or not at all, and the way to GitLab."""

from __future__ import annotations

import tomllib

from testinfra.host import Host

from spec import RUNNER_USER, Platform

CONFIG = "/etc/gitlab-runner/config.toml"


def test_the_runner_has_the_wanted_version_and_is_pinned(
    platform: Platform, docker_host: Host
) -> None:
    wanted = platform.docker_host.runner_version
    installed = docker_host.check_output("dpkg-query -W -f '${Version}' gitlab-runner")
    assert installed.startswith(f"{wanted}-")
    policy = docker_host.check_output("apt-cache policy gitlab-runner").splitlines()
    assert next(line.split()[1] for line in policy if "Candidate:" in line) == installed


def test_the_runner_runs_and_starts_at_boot(docker_host: Host) -> None:
    service = docker_host.service("gitlab-runner")
    assert (service.is_running, service.is_enabled) == (True, True)


def test_the_runners_configuration_is_private_and_has_one_runner_or_none(
    platform: Platform, docker_host: Host
) -> None:
    file, folder = docker_host.file(CONFIG), docker_host.file("/etc/gitlab-runner")
    assert (file.mode, file.user, file.group) == (0o600, "root", "root")
    assert folder.mode == 0o700
    assert set(docker_host.check_output("ls -A /etc/gitlab-runner").split()) <= {
        "config.toml",
        ".runner_system_id",
    }
    runners = tomllib.loads(file.content_string).get("runners", [])
    assert len(runners) == bool(platform.runner_token)
    for runner in runners:
        assert runner["url"] == platform.docker_host.gitlab_url
        assert runner["executor"] == "shell"
        assert runner["token"] == platform.runner_token


def test_the_runner_may_do_nothing_but_use_docker(docker_host: Host) -> None:
    assert set(docker_host.user(RUNNER_USER).groups) == {RUNNER_USER, "docker"}
    assert docker_host.run(f"sudo -n -u {RUNNER_USER} sudo -n true").rc != 0
    home = docker_host.user(RUNNER_USER).home
    assert not docker_host.file(f"{home}/.bash_logout").exists


def test_the_docker_socket_is_the_groups_and_nobody_elses(docker_host: Host) -> None:
    socket = docker_host.file("/run/docker.sock")
    assert (socket.mode, socket.user, socket.group) == (0o660, "root", "docker")


def test_gitlab_is_known_by_its_pinned_keys_only(platform: Platform, docker_host: Host) -> None:
    known = docker_host.file("/etc/ssh/gitlab_known_hosts").content_string.splitlines()
    assert known == [f"gitlab-443 {key}" for key in platform.docker_host.gitlab_host_keys]
    user = platform.all.ssh_user
    told = docker_host.check_output(f"sudo -n -u {user} -H ssh -G gitlab-443").splitlines()
    options = dict(line.split(" ", 1) for line in told)
    assert options["hostname"] == platform.docker_host.gitlab_ssh_host
    assert options["port"] == str(platform.docker_host.gitlab_ssh_port)
    assert options["user"] == "git"
    assert options["stricthostkeychecking"] in ("true", "yes")
    assert options["userknownhostsfile"] == "/etc/ssh/gitlab_known_hosts"


def test_the_key_for_gitlab_is_its_users_alone(platform: Platform, docker_host: Host) -> None:
    user = platform.all.ssh_user
    home = docker_host.user(user).home
    key = docker_host.file(f"{home}/.ssh/gitlab_ed25519")
    assert (key.mode, key.user) == (0o600, user)
    public = docker_host.file(f"{home}/.ssh/gitlab_ed25519.pub")
    assert public.content_string.startswith("ssh-ed25519 ")
