"""Addresses of the web: what a shell, YAML or apt would take apart is refused; no more."""

from __future__ import annotations

import pytest

import spec
from spec.inventory import HostData
from tests.unit.doubles import changed
from tests.unit.refusals import mistakes_of

Hosts = list[HostData]


URLS = [
    ("docker_host", "docker_repository"),
    ("docker_host", "harbor_releases"),
    ("docker_host", "harbor_key"),
    ("docker_host", "gitlab_url"),
    ("docker_host", "runner_repository"),
    ("k8s_node", "kubernetes_repository"),
    ("k8s_control", "calico_manifests"),
    ("k8s_control", "flannel_manifests"),
]
APART = "would take apart behind the host"


@pytest.mark.parametrize(("group", "setting"), URLS, ids=[setting for _, setting in URLS])
@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("example.org/x", "not an address of http or https"),
        ("ftp://example.org/x", "not an address of http or https"),
        ("file:///srv/x", "not an address of http or https"),
        ("HTTPS://", "not an address of http or https"),
        ("https://", "not an address of http or https"),
        (" https://example.org", "not an address of http or https"),
        ("https://example.org/", "ends in '/'"),
        ("https://example.org/x?", "ends in '?'"),
        ("https://example.org/a b", APART),
        ("https://example.org/x\n", APART),
        ('https://example.org/"x"', APART),
        ("https://example.org/it's", APART),
        ("https://example.org/$(id)", APART),
        ("https://example.org/`id`", APART),
        ("https://example.org/x;y", APART),
        ("https://example.org/x#y", APART),
        ("https://example.org/{x}", APART),
        ("https://example.org/x\\y", APART),
        ("https://me:secret@example.org/x", "holds a user or a password"),
        ("https://token@example.org/x", "holds a user or a password"),
        ("https://exa_mple.org/x", "not a host name by RFC 1123"),
        ("https://example.org:0/x", "its port is none"),
        ("https://example.org:65536/x", "its port is none"),
        ("https://example.org:port/x", "its port is none"),
        ("https://10.1.1.300/x", "ends in a number"),
        ("https://0.0.0.0/x", "0.0.0.0 is unspecified"),
        ("https://[::1]/x", "its port is none"),
    ],
)
def test_an_address_of_the_web_that_would_be_taken_apart_is_refused(
    hosts: Hosts, group: str, setting: str, url: str, reason: str
) -> None:
    (mistake,) = mistakes_of(changed(hosts, group, **{setting: url}))
    if url.endswith("?") and setting != "harbor_key":
        reason = APART  # only a file's address has a question
    assert (mistake.setting, mistake.value) == (setting, repr(url))
    assert reason in mistake.reason


@pytest.mark.parametrize(("group", "setting"), URLS, ids=[setting for _, setting in URLS])
@pytest.mark.parametrize(
    ("url", "read"),
    [
        ("https://example.org", "https://example.org"),
        ("http://10.1.1.2/a/b", "http://10.1.1.2/a/b"),
        ("https://Example.org:8443/A/b", "https://example.org:8443/A/b"),
        ("https://pkgs.org/core:/stable:", "https://pkgs.org/core:/stable:"),
        ("https://a.org/~me/a%20b+c=d@e", "https://a.org/~me/a%20b+c=d@e"),
    ],
)
def test_a_usual_address_of_the_web_is_accepted(
    hosts: Hosts, group: str, setting: str, url: str, read: str
) -> None:
    plain = {"gitlab_in_plain_text": True} if setting == "gitlab_url" else {}
    platform = spec.load(changed(hosts, group, **{setting: url}, **plain))
    assert getattr(getattr(platform, group), setting) == read


@pytest.mark.parametrize("url", ["http://localhost/git", "http://127.0.0.1:8929"])
def test_gitlab_is_where_the_operator_and_the_machine_both_find_it(hosts: Hosts, url: str) -> None:
    told = {"gitlab_url": url, "gitlab_in_plain_text": True}
    (mistake,) = mistakes_of(changed(hosts, "docker_host", **told))
    assert mistake.setting == "gitlab_url"
    assert "write a name" in mistake.reason or "write an address" in mistake.reason
    assert spec.load(changed(hosts, "docker_host", docker_registry_mirrors=[url]))
