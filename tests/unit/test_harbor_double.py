"""The parts of Harbor's double that need no container."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import tarfile
from pathlib import Path

import pytest
import yaml

from lab.doubles.harbor import BUNDLE
from lab.doubles.harbor.files.double import (
    database,
    log,
    metrics,
    passwords,
    prepare,
    settings,
    tokens,
)
from lab.doubles.harbor.files.double.compose import compose
from lab.mirror import oci

TEMPLATE = (BUNDLE / "harbor.yml.tmpl").read_text().replace("@config_version@", "2.14.0")
NAMED = TEMPLATE.replace("reg.mydomain.com", "harbor.local")
PLAIN = NAMED[: NAMED.index("https:\n")] + NAMED[NAMED.index("# external_url") :]


def load(tmp_path: Path, text: str) -> settings.Settings:
    path = tmp_path / "harbor.yml"
    path.write_text(text)
    return settings.load(path)


def test_the_template_as_it_comes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(settings.Invalid, match="specify hostname"):
        load(tmp_path, TEMPLATE)
    with pytest.raises(settings.Invalid, match="ssl_cert is not set"):
        load(tmp_path, NAMED)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (PLAIN, "http://harbor.local"),
        (PLAIN.replace("port: 80", "port: 8080"), "http://harbor.local:8080"),
        (NAMED.replace("/your/", "/etc/"), "https://harbor.local"),
        (NAMED.replace("/your/", "/etc/").replace("443", "8443"), "https://harbor.local:8443"),
        (PLAIN + "external_url: https://other\n", "https://other"),
    ],
)
def test_the_address_follows_from_name_scheme_and_port(tmp_path: Path, text: str, url: str) -> None:
    assert load(tmp_path, text).external_url == url


@pytest.mark.parametrize("missing", ["jobservice", "notification", "log", "data_volume"])
def test_a_section_that_the_real_one_needs_is_needed(tmp_path: Path, missing: str) -> None:
    with pytest.raises(KeyError):
        load(tmp_path, PLAIN.replace(f"{missing}:", f"not_{missing}:"))


def test_the_containers_are_the_real_ones(tmp_path: Path) -> None:
    services = compose(load(tmp_path, PLAIN), "v2.14.1")["services"]
    assert {service["container_name"] for service in services.values()} == {
        *("harbor-log", "registry", "registryctl", "harbor-db", "harbor-core"),
        *("harbor-portal", "harbor-jobservice", "redis", "nginx"),
    }
    assert all(service["restart"] == "always" for service in services.values())
    assert services["proxy"]["ports"] == ["80:8080"]
    assert services["log"]["ports"] == ["127.0.0.1:1514:10514"]
    assert all(
        service["logging"]["options"]["syslog-address"] == "tcp://localhost:1514"
        for name, service in services.items()
        if name != "log"
    )


METRIC = "metric:\n  enabled: true\n  port: 9191\n  path: /metrics\n"


def test_with_metrics_there_is_an_exporter_and_a_port_for_all(tmp_path: Path) -> None:
    services = compose(load(tmp_path, PLAIN + METRIC), "v2.14.1")["services"]
    assert services["exporter"]["container_name"] == "harbor-exporter"
    assert services["exporter"]["depends_on"] == ["core", "postgresql"]
    assert services["proxy"]["ports"] == ["80:8080", "9191:9090"]
    off = METRIC.replace("true", "false")
    assert "exporter" not in compose(load(tmp_path, PLAIN + off), "v2.14.1")["services"]


def test_core_counts_what_it_answers() -> None:
    answers = metrics.Answers()
    for status in (200, 200, 401):
        answers.add("GET", status)
    lines = metrics.text(answers.figures()).splitlines()
    name = "harbor_core_http_request_total"
    assert lines[1:] == [
        f'{name}{{method="GET",code="{code}",operation="unknown"}} {times}'
        for code, times in (("200", 2), ("401", 1))
    ]


@pytest.mark.parametrize(
    ("found", "target", "status", "left"),
    [
        ("2.14.0", "", 0, "2.14.0"),
        ("2.13.0", "", 0, "2.14.0"),
        ("2.13.0", "2.99.0", 255, "2.13.0"),
        ("1.8.0", "", 255, "1.8.0"),
    ],
)
def test_a_migration_moves_the_version_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, found: str, target: str, status: int, left: str
) -> None:
    versions, path = tmp_path / "versions", tmp_path / "harbor.yml"
    versions.write_text("VERSION_TAG: v2.14.2\n")
    monkeypatch.setattr(prepare, "VERSIONS", versions)
    before = yaml.safe_load(PLAIN) | {"_version": found}
    text = yaml.safe_dump(before)
    path.write_text(text)
    assert prepare.migrate(str(path), "", target) == status
    assert (path.read_text() == text) == (found == left)
    assert yaml.safe_load(path.read_text()) == before | {"_version": left}


def ask(data: database.Database, password: str, sql: str, *values: object) -> dict[str, object]:
    line = json.dumps({"password": password, "sql": sql, "values": values}).encode()
    return database.answer(data, line, is_local=False)


def test_the_databases_password_is_the_first_ones_until_it_is_altered(tmp_path: Path) -> None:
    file = tmp_path / "registry.sqlite"
    database.Database(file, "first")
    data = database.Database(file, "second")
    assert ask(data, "first", "SELECT 1") == {"rows": [[1]]}
    assert "authentication failed" in str(ask(data, "second", "SELECT 1")["error"])
    assert ask(data, "first", "ALTER USER postgres WITH PASSWORD 'it''s';\n") == {"rows": []}
    assert "error" in ask(data, "first", "SELECT 1")
    assert ask(data, "it's", "SELECT name FROM project") == {"rows": [["library"]]}
    assert "error" in ask(data, "it's", "ALTER USER nobody PASSWORD 'x'")
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_line_of_syslog_goes_to_the_file_of_its_container() -> None:
    line = "<30>Nov 25 12:44:05 vm-docker core[2143]: GET /v2/"
    assert log.parse(line) == ("core", line.removeprefix("<30>"))
    assert log.parse("anything else") is None


def test_what_is_a_good_password() -> None:
    assert [passwords.is_good(word) for word in ("Harbor12345", "harbor12345", "Ab1", "A" * 9)] == [
        True,
        False,
        False,
        False,
    ]
    assert passwords.matches("a", passwords.hashed("a"))
    assert not passwords.matches("b", passwords.hashed("a"))
    assert passwords.is_good(passwords.made())


def test_a_token_is_believed_only_as_it_was_signed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = str(tmp_path / "key.pem")
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    monkeypatch.setattr(tokens, "KEY", key)
    tokens._public_numbers.cache_clear()
    tokens._key_id.cache_clear()
    made = tokens.made("admin", [])
    claims = tokens.claims(made)
    assert claims is not None
    assert claims["sub"] == "admin"
    head, told, signature = made.split(".")
    forged = tokens._coded(claims | {"sub": "root"})
    assert tokens.claims(f"{head}.{forged}.{signature}") is None
    assert tokens.claims(f"{head}.{told}.{signature[:-8]}") is None
    assert tokens.claims("garbage") is None
    monkeypatch.setattr("time.time", lambda: claims["exp"])
    assert tokens.claims(made) is None


def test_an_archive_for_docker_load_shares_its_base(tmp_path: Path) -> None:
    base, out = [oci.Entry("base", b"b")], tmp_path / "images.tar.gz"
    images = [oci.Image(f"goharbor/{n}", ("v1",), [oci.Entry(n, b"x")]) for n in ("one", "two")]
    oci.archive(base, images, "amd64", out)
    with tarfile.open(out) as tar:
        manifest = tar.extractfile("manifest.json")
        assert manifest is not None
        told = json.loads(manifest.read())
        assert [image["RepoTags"] for image in told] == [["goharbor/one:v1"], ["goharbor/two:v1"]]
        first, second = (image["Layers"] for image in told)
        assert (first[0] == second[0], first[1] == second[1]) == (True, False)
        assert set(tar.getnames()) == {
            "manifest.json",
            *{*first, *second},
            *(image["Config"] for image in told),
        }


def test_a_dump_makes_the_database_again_and_leaves_its_password(tmp_path: Path) -> None:
    before = database.Database(tmp_path / "before.sqlite", "Before0password")
    before.run("INSERT INTO project VALUES (2, 'it''s; mine', '{}', '', '')", [])
    dump = "".join(f"{line}\n" for (line,) in before.dump())
    after = database.Database(tmp_path / "after.sqlite", "Another0password")
    after.run("INSERT INTO project VALUES (3, 'later', '{}', '', '')", [])
    with pytest.raises(sqlite3.Error):
        after.run_all(f"{dump}nonsense;")
    assert [row[1] for row in after.run("SELECT * FROM project", [])] == ["library", "later"]
    after.run_all(dump)
    assert [row[1] for row in after.run("SELECT * FROM project", [])] == ["library", "it's; mine"]
    assert after.lets_in("postgres", "Another0password")
    assert before.dump() == after.dump()
