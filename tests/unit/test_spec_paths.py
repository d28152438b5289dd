"""Paths: what is the system's, another setting's, or would be taken apart is refused; no more."""

from __future__ import annotations

import pytest

import spec
from spec.inventory import HostData
from spec.paths import OWNED, SHARED
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]
ON_MACHINES = [
    ("docker_host", "docker_data_root"),
    ("docker_host", "harbor_data"),
    ("docker_host", "application_path"),
    ("k8s_worker", "app_database_path"),
]
APART = "would take apart"
OWN = "the system's own"


@pytest.mark.parametrize(("group", "setting"), ON_MACHINES, ids=[name for _, name in ON_MACHINES])
@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/", OWN),
        ("//", OWN),
        ("/etc", OWN),
        ("/etc/", OWN),
        ("/etc/shop", OWN),
        ("/usr", OWN),
        ("/usr/local/shop", OWN),
        ("/var", OWN),
        ("/var/lib", OWN),
        ("/var/lib/kubelet/pods", OWN),
        ("/var/lib/containerd", OWN),
        ("/var/lib/etcd", OWN),
        ("/var/log/shop", OWN),
        ("/var/./lib/", OWN),
        ("/home", OWN),
        ("/home/ada", "somebody's home"),
        ("/root", OWN),
        ("/root/shop", OWN),
        ("/boot", OWN),
        ("/dev/shm", OWN),
        ("/proc", OWN),
        ("/sys", OWN),
        ("/run/shop", OWN),
        ("/tmp/shop", OWN),
        ("/srv", OWN),
        ("/opt", OWN),
        ("/opt/harbor", OWN),
        ("/mnt", OWN),
        ("data/shop", "not an absolute path"),
        ("~/shop", "not an absolute path"),
        ("", "not an absolute path"),
        ("/data/../etc", "without '..'"),
        ("/data/..", "without '..'"),
        ("/data/my shop", APART),
        ("/data/$HOME", APART),
        ("/data/$(reboot)", APART),
        ("/data/`id`", APART),
        ('/data/"shop"', APART),
        ("/data/it's", APART),
        ("/data/a:b", APART),
        ("/data/a, b", APART),
        ("/data/a;b", APART),
        ("/data/a#b", APART),
        ("/data/{{ x }}", APART),
        ("/data/%n", APART),
        ("/data/a*", APART),
        ("/data/a\\b", APART),
        ("/data/ärger", APART),
        (f"/data/{'a' * 256}", APART),
        ("/data/shop\n", "holds a newline"),
        ("/data/shop\x00", "holds a newline"),
        ("/data/shop\tx", "holds a newline"),
    ],
)
def test_a_path_of_a_machine_that_is_nobodys_to_give_is_refused(
    hosts: Hosts, group: str, setting: str, path: str, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, group, **{setting: path})
    assert (mistake.where, mistake.setting, mistake.value) == (group, setting, repr(path))
    assert reason in mistake.reason


@pytest.mark.parametrize("path", [*SHARED, *OWNED])
def test_none_of_the_systems_own_folders_goes_to_the_database(hosts: Hosts, path: str) -> None:
    (mistake,) = mistakes_of(hosts, "k8s_worker", app_database_path=path)
    assert OWN in mistake.reason


@pytest.mark.parametrize(("group", "setting"), ON_MACHINES, ids=[name for _, name in ON_MACHINES])
@pytest.mark.parametrize(
    ("path", "read"),
    [
        ("/data", "/data"),
        ("/mnt/ssd1/shop", "/mnt/ssd1/shop"),
        ("/media/disk/shop", "/media/disk/shop"),
        ("/opt/shop", "/opt/shop"),
        ("/srv/a.b_c-d+e@f", "/srv/a.b_c-d+e@f"),
        ("/home/ada/shop", "/home/ada/shop"),
        ("/var/lib/mysql", "/var/lib/mysql"),
        ("/etcetera", "/etcetera"),
        ("/tmpfs/shop", "/tmpfs/shop"),
        ("/pool//shop/", "/pool/shop"),
        ("/pool/./shop", "/pool/shop"),
        ("/pool/a..b", "/pool/a..b"),
    ],
)
def test_a_folder_of_its_own_is_accepted(
    hosts: Hosts, group: str, setting: str, path: str, read: str
) -> None:
    hosts = changed(hosts, "docker_host", harbor_data="/elsewhere")
    platform = spec.load(changed(hosts, group, **{setting: path}))
    assert getattr(getattr(platform, group), setting) == read


@pytest.mark.parametrize(
    ("settings", "setting", "reason"),
    [
        (
            {"harbor_data": "/data/docker", "docker_data_root": "/data/docker"},
            "harbor_data",
            "is docker_data_root /data/docker: choose a folder beside it",
        ),
        (
            {"harbor_data": "/data/docker/harbor", "docker_data_root": "/data/docker"},
            "harbor_data",
            "is inside of docker_data_root /data/docker: choose a folder beside it",
        ),
        (
            {"harbor_data": "/data", "application_path": "/data/shop"},
            "application_path",
            "is inside of harbor_data /data: choose a folder beside it",
        ),
        (
            {"docker_data_root": "/data/shop/docker", "application_path": "/data/shop"},
            "application_path",
            "holds docker_data_root /data/shop/docker: choose a folder beside it",
        ),
    ],
)
def test_folders_of_one_machine_are_beside_each_other(
    hosts: Hosts, settings: dict[str, str], setting: str, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, "docker_host", **settings)
    assert (mistake.setting, mistake.reason) == (setting, reason)


def test_names_that_begin_alike_are_not_inside_each_other(hosts: Hosts) -> None:
    spec.load(
        changed(hosts, "docker_host", harbor_data="/data/shop", application_path="/data/shop-code")
    )


@pytest.mark.parametrize("setting", ["docker_data_root", "harbor_data", "application_path"])
def test_the_databases_folder_is_no_other_settings(hosts: Hosts, setting: str) -> None:
    path = str(hosts[0].data[setting])
    (mistake,) = mistakes_of(hosts, "k8s_worker", app_database_path=path)
    assert mistake.reason.startswith(f"is {setting} already")


def test_folders_of_two_machines_may_be_inside_each_other(hosts: Hosts) -> None:
    spec.load(changed(hosts, "docker_host", harbor_data="/data"))


@pytest.mark.parametrize(
    ("folder", "reason"),
    [
        ("", "empty"),
        (" ", "empty"),
        ("~/kube", "no shell reads this"),
        ("$HOME/kube", "no shell reads this"),
        ("kube\n", "holds a newline"),
        (" kube", "begins or ends with a blank"),
        ("/", OWN),
        ("/proc/self", OWN),
        ("/dev", OWN),
    ],
)
def test_the_operators_folder_is_one_that_can_be_written(
    hosts: Hosts, folder: str, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, "all", operator_folder=folder)
    assert (mistake.setting, mistake.value) == ("operator_folder", repr(folder))
    assert reason in mistake.reason


@pytest.mark.parametrize("folder", [".", "..", "kube", "../kube", "/home/me/My Files", "/tmp/k"])
def test_any_folder_of_the_operators_own_will_do(hosts: Hosts, folder: str) -> None:
    assert spec.load(changed(hosts, "all", operator_folder=folder))


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("https://gitlab.com/a/$(id).git", "not a git address: a shell would take it apart"),
        ("git@gitlab.com:a/b.git;reboot", "not a git address: a shell would take it apart"),
        ("-u@gitlab.com:a/b.git", "not a git address: a shell would take it apart"),
        ("https://gitlab.com/a/b.git\n", "it may hold no password, and no space"),
        ("ssh://me:secret@gitlab.com/a.git", "it may hold no password, and no space"),
        ("./shop", "not an absolute path"),
        ("~/shop", "not an absolute path"),
    ],
)
def test_a_source_that_a_shell_would_take_apart_is_refused(
    hosts: Hosts, source: str, reason: str
) -> None:
    (mistake,) = mistakes_of(hosts, "docker_host", application_source=source)
    assert reason in mistake.reason


@pytest.mark.parametrize(
    "source",
    [
        "ssh://git@gitlab.com:2222/a/b.git",
        "https://me@gitlab.com/a/b.git",
        "git@gitlab.com:~me/b.git",
    ],
)
def test_a_git_address_with_a_user_or_a_port_is_accepted(hosts: Hosts, source: str) -> None:
    assert spec.load(changed(hosts, "docker_host", application_source=source))


def test_an_own_certificate_may_stand_anywhere_on_the_operators_machine(hosts: Hosts) -> None:
    path = "/etc/ssl/my certs (new)/tls.crt"
    (mistake,) = mistakes_of(
        hosts, "docker_host", edge_certificate=path, edge_certificate_key="/root/tls.key"
    )
    assert mistake.reason == f"cannot be read: {path}: No such file or directory"
