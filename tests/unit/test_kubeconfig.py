"""The files that let people and pipelines in: who has them, and what of them comes here."""

from __future__ import annotations

import base64
import json
import stat
import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from facts.cluster import LASTS, AccountKubeconfig, Copies, grant
from operations import kubeconfig as subject
from tests.unit.conftest import OnHost
from tests.unit.doubles import commands, sh, texts, tool

SERVER = "https://outside:6443"
ADMIN: dict[str, Any] = {
    "clusters": [
        {
            "name": "kubernetes",
            "cluster": {
                "server": "https://192.168.56.43:6443",
                "certificate-authority-data": "Q0E=",
                "proxy-url": "http://evil.example",
            },
        }
    ],
    "users": [
        {
            "name": "kubernetes-admin",
            "user": {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"},
        }
    ],
    "contexts": [],
}
WANTED = {
    "apiVersion": "v1",
    "kind": "Config",
    "current-context": "platform",
    "contexts": [{"name": "platform", "context": {"cluster": "platform", "user": "platform"}}],
    "clusters": [
        {
            "name": "platform",
            "cluster": {"server": SERVER, "certificate-authority-data": "Q0E="},
        }
    ],
    "users": [
        {
            "name": "platform",
            "user": {"client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ"},
        }
    ],
}


def test_kubeconfigs_on_the_machine_are_written_where_they_are_not(on_host: OnHost) -> None:
    on_host({Copies: {"root": True}})
    (command,) = texts(subject.copy, users=["root", "admin"])
    assert "install -m 0600 -o admin" in command


@pytest.mark.parametrize(
    ("text", "kept"),
    [("certificate-authority-data: T1RIRVI=", True), ("certificate-authority-data: Q0E=", False)],
)
def test_a_kubeconfig_of_somebodys_other_cluster_is_kept_beside_ours(
    on_host: OnHost, tmp_path: Path, text: str, kept: bool
) -> None:
    on_host({Copies: {}})
    (command,) = texts(subject.copy, users=["root"])
    admin, file = tmp_path / "admin.conf", tmp_path / ".kube/config"
    admin.write_text("    certificate-authority-data: Q0E=\n")
    file.parent.mkdir()
    file.write_text(text)
    tool(tmp_path / "bin", "getent", f"echo root:x:0:0::{tmp_path}:/bin/sh")
    tool(tmp_path / "bin", "install", "true")
    done = sh(command.replace("/etc/kubernetes/admin.conf", str(admin)), tools=tmp_path / "bin")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / ".kube/config.before").exists() is kept


WORDS = {"account": "ci", "namespace": "shop", "server": "https://10.0.0.1:6443"}


@pytest.mark.parametrize(("days", "turned"), [(89, False), (30, False), (29, True), (0, True)])
def test_the_pipelines_token_is_turned_over_in_its_last_month_and_shows_in_no_command(
    on_host: OnHost, days: int, turned: bool
) -> None:
    on_host({AccountKubeconfig: days})
    found = texts(
        subject.for_account, **WORDS, account_namespace="shop-ci", user="admin", path=".kube/ci"
    )
    assert len(found) == turned
    for command in found:
        assert "-n shop-ci create token ci --duration=2160h" in command
        assert "umask 077" in command


def token(**claims: Any) -> str:
    part = base64.urlsafe_b64encode(json.dumps(claims, separators=(",", ":")).encode())
    return f"e30.{part.decode().rstrip('=')}.c2ln"


def test_what_a_token_has_left_is_read_from_the_token(tmp_path: Path) -> None:
    account = {"serviceaccount": {"name": "ci", "uid": "0c1d"}}
    end = int(time.time()) + 40 * 24 * 3600 + 60
    file = tmp_path / "ci"
    for claims, output in (
        ({"exp": end, "kubernetes.io": account}, '40 "uid":"0c1d"\n'),
        ({"kubernetes.io": account}, ""),
    ):
        made = token(**claims)
        written = sh(f"token={made}; {grant(**WORDS)} >{file}; {LASTS}; lasts {file}")
        assert written.stdout == output
        (user,) = yaml.safe_load(file.read_text())["users"]
        assert user["user"] == {"token": made}


def bring(on_host: OnHost, local: Path, content: str, **extra: str) -> list[Any]:
    host = on_host()
    output = SimpleNamespace(stdout_lines=content.splitlines())
    host.run_shell_command = lambda _: (bool(content), output)  # type: ignore[attr-defined]
    words = {"remote": ".kube/config", "server": SERVER, **extra}
    found: list[Any] = commands(subject.fetch, local=local, **words)
    for command in found:
        if hasattr(command, "function"):
            command.function(*command.args)
    return found


def test_the_kubeconfig_comes_here_for_its_owner_and_with_an_address_that_is_reached(
    on_host: OnHost, tmp_path: Path
) -> None:
    local, present = tmp_path / "kubeconfig", yaml.safe_dump(ADMIN)
    assert len(bring(on_host, local, present)) == 1
    assert yaml.safe_load(local.read_text()) == WANTED
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert bring(on_host, local, present) == []
    local.chmod(0o644)
    assert len(bring(on_host, local, present)) == 1
    assert stat.S_IMODE(local.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["kubeconfig"]
    assert len(bring(on_host, local, present, namespace="shop")) == 1
    (context,) = yaml.safe_load(local.read_text())["contexts"]
    assert context["context"]["namespace"] == "shop"


def test_one_that_is_not_there_yet_is_not_brought(on_host: OnHost, tmp_path: Path) -> None:
    bring(on_host, tmp_path / "kubeconfig", "")
    assert list(tmp_path.iterdir()) == []


EXEC = {"exec": {"command": "sh", "args": ["-c", "touch ran"], "apiVersion": "v1"}}
PLUGIN = {"auth-provider": {"name": "x", "config": {"cmd-path": "sh"}}}


@pytest.mark.parametrize("extra", [EXEC, PLUGIN, {"tokenFile": "/home/me/.ssh/id"}])
def test_a_program_that_a_kubeconfig_names_does_not_come_along(
    on_host: OnHost, tmp_path: Path, extra: dict[str, Any]
) -> None:
    local = tmp_path / "kubeconfig"
    (user,) = ADMIN["users"]
    both = {"name": "x", "user": user["user"] | extra}
    bring(on_host, local, yaml.safe_dump(ADMIN | {"users": [both]}))
    assert yaml.safe_load(local.read_text()) == WANTED


@pytest.mark.parametrize(
    "content",
    [
        yaml.safe_dump(ADMIN | {"users": [{"name": "x", "user": EXEC}]}),
        yaml.safe_dump(ADMIN | {"users": [{"name": "x", "user": {"token": "a\nb: c"}}]}),
        yaml.safe_dump(ADMIN | {"users": ADMIN["users"] * 2}),
        yaml.safe_dump(ADMIN | {"clusters": []}),
        "just words",
        "!!python/object/apply:os.system [touch ran]",
        "{",
    ],
)
def test_what_is_no_kubeconfig_of_a_cluster_is_refused(
    on_host: OnHost, tmp_path: Path, content: str
) -> None:
    (command,) = bring(on_host, tmp_path / "kubeconfig", content)
    done = sh(command.get_raw_value())
    assert done.returncode == 1
    assert "~/.kube/config on" in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_whoever_is_reached_by_another_name_is_known_by_that_of_the_certificate() -> None:
    reached = {"server": SERVER, "tls-server-name": "vm-k8s"}
    made = subject._rebuilt(yaml.safe_dump(ADMIN), reached, "")
    assert yaml.safe_load(made or "")["clusters"][0]["cluster"] == {
        **reached,
        "certificate-authority-data": "Q0E=",
    }
