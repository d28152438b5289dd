"""The registry's settings and secrets: refused before anything is touched when they do not fit."""

from __future__ import annotations

from pathlib import Path

import pytest

import spec
from spec import Mistake, Refused
from spec.inventory import HostData
from tests.unit.certificates import certificate
from tests.unit.doubles import changed

TLS = {"harbor_url": "https://harbor.local:8443"}
Hosts = list[HostData]


def told(hosts: Hosts, **settings: object) -> set[tuple[str, str]]:
    """What is refused of these settings: which, and why."""
    texts = {n: str(v) if isinstance(v, Path) else v for n, v in settings.items()}
    with pytest.raises(Refused) as refused:
        spec.load(changed(hosts, "docker_host", **texts))
    found = {m for m in refused.value.mistakes if isinstance(m, Mistake)}
    assert {mistake.where for mistake in found} == {"docker_host"}
    return {(mistake.setting, mistake.reason) for mistake in found}


@pytest.mark.parametrize("name", ["harbor.local", "*.local"])
def test_an_own_certificate_with_its_signer_is_accepted(
    hosts: Hosts, tmp_path: Path, name: str
) -> None:
    crt, key = certificate(tmp_path, name)
    own = {"harbor_certificate": str(crt), "harbor_certificate_key": str(key)}
    for settings in (TLS, {**TLS, **own}, {**TLS, **own, "harbor_ca": str(crt)}):
        platform = spec.load(changed(hosts, "docker_host", **settings))
        assert platform.registry == "harbor.local:8443"
        assert platform.registry_ca == "/etc/docker/certs.d/harbor.local:8443/ca.crt"


def test_over_http_nobody_is_trusted(hosts: Hosts) -> None:
    platform = spec.load(hosts)
    assert (platform.registry, platform.registry_ca) == ("harbor.local:8080", "")


def test_a_certificate_for_a_registry_over_http_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "harbor.local")
    reason = "is for a registry over https, and harbor_url is http://harbor.local:8080"
    own = {"harbor_certificate": crt, "harbor_certificate_key": key}
    assert told(hosts, **own) == {("harbor_certificate", reason)}
    assert told(hosts, **own, harbor_ca=crt) == {
        ("harbor_certificate", reason),
        ("harbor_ca", reason),
    }


def test_a_signer_without_a_certificate_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    crt, _ = certificate(tmp_path, "harbor.local")
    assert told(hosts, **TLS, harbor_ca=crt) == {
        ("harbor_ca", "goes with harbor_certificate: the platform's own CA is known already")
    }


def test_a_signer_that_is_not_there_or_no_certificate_is_refused(
    hosts: Hosts, tmp_path: Path
) -> None:
    crt, key = certificate(tmp_path, "harbor.local")
    own = {**TLS, "harbor_certificate": crt, "harbor_certificate_key": key}
    gone = tmp_path / "gone.crt"
    assert told(hosts, **own, harbor_ca=gone) == {
        ("harbor_ca", f"cannot be read: {gone}: No such file or directory")
    }
    assert told(hosts, **own, harbor_ca=key) == {("harbor_ca", "not a PEM certificate")}


def test_a_certificate_that_would_not_serve_is_refused(hosts: Hosts, tmp_path: Path) -> None:
    crt, key = certificate(tmp_path, "harbor.local")
    other, other_key = certificate(tmp_path, "other.local")
    late, late_key = certificate(tmp_path, "*.local", days=-1)
    name = "harbor_certificate"

    def pair(crt: Path | None, key: Path | None) -> set[tuple[str, str]]:
        return told(hosts, **TLS, harbor_certificate=crt, harbor_certificate_key=key)

    together = "a certificate and its key go together: set both, or neither"
    assert pair(crt, None) == pair(None, key) == {(name, together)}
    assert pair(crt, other_key) == {(name, f"does not belong to the key in {other_key}")}
    assert pair(other, other_key) == {(name, "is not for harbor.local (harbor_url)")}
    pem = "not a PEM certificate with a PEM key that has no password"
    assert pair(key, key) == {(name, pem)}
    gone = tmp_path / "gone.key"
    assert pair(crt, gone) == {(name, f"cannot be read: {gone}: No such file or directory")}
    ((setting, reason),) = pair(late, late_key)
    assert setting == name
    assert reason.startswith("ended on 20")
    assert reason.endswith(": bring a newer one")


@pytest.mark.parametrize(
    "url",
    [
        "http://harbor.local",
        "http://harbor.local:8080/",
        "http://user@harbor.local:8080",
        "ftp://harbor.local:8080",
        "http://harbor.local:eighty",
        "http://harbor.local:8080?x",
        "http://harbor.local:8080\n",
        "http://:8080",
        "",
    ],
)
def test_an_address_that_no_image_could_be_named_after_is_refused(hosts: Hosts, url: str) -> None:
    ((setting, reason),) = told(hosts, harbor_url=url)
    assert setting == "harbor_url"
    assert reason.startswith("not a registry's address such as http")


@pytest.mark.parametrize("value", ["1234567", "A" * 40, "0123456789abcdef" * 2, "G" * 64])
def test_a_sum_that_is_none_is_refused(hosts: Hosts, value: str) -> None:
    ((setting, _),) = told(hosts, harbor_sha256=value)
    assert setting == "harbor_sha256"


@pytest.mark.parametrize(
    "name", ["harbor_database_password", "harbor_push_secret", "harbor_pull_secret"]
)
@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("Good0but'quoted", "letters and digits only; `make secrets` makes a strong one"),
        ("Good0but spaced", "letters and digits only; `make secrets` makes a strong one"),
        ("Gööd0andlong", "letters and digits only; `make secrets` makes a strong one"),
        ("Sh0rt", "5 characters long; Harbor accepts 8 to 128"),
        ("alllower0case", "Harbor wants an upper-case letter, a lower-case letter and a digit"),
    ],
)
def test_a_secret_that_nobody_types_is_plain_and_strong(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, name: str, value: str, reason: str
) -> None:
    monkeypatch.setenv(name.upper(), value)
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    assert refused.value.mistakes == (Mistake("secrets", name, "", reason),)


def test_the_password_that_people_type_may_have_signs(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", "Good0!%&()*+,-./:;<=>?@[]^_{|}~")
    secret = spec.load(hosts).secrets.harbor_admin_password.get_secret_value()
    assert secret == "Good0!%&()*+,-./:;<=>?@[]^_{|}~"


@pytest.mark.parametrize(
    ("value", "signs"),
    [
        ("Abc$dEf1234", "$"),
        ("Pa$$w0rdX", "$"),
        ("Abc${HOME}1", "$"),
        ("Abc #Def1234", "# and a blank"),
        ("#Abcdef12", "#"),
        ('"Abc1234x"', '"'),
        ("'Abc1234x'", "'"),
        ("Abc`id`1234", "`"),
        ("Abc\\n1234", "\\"),
        (" Abc1234x ", "a blank"),
        ("Abc1234\n", "a blank"),
        ("Abc1234\x07", "more than ASCII"),
        ("Äbc1234xY", "more than ASCII"),
    ],
)
def test_a_password_that_compose_would_take_apart_is_refused_naming_the_signs(
    hosts: Hosts, monkeypatch: pytest.MonkeyPatch, value: str, signs: str
) -> None:
    monkeypatch.setenv("HARBOR_ADMIN_PASSWORD", value)
    with pytest.raises(Refused) as refused:
        spec.load(hosts)
    (mistake,) = refused.value.mistakes
    assert isinstance(mistake, Mistake)
    assert (mistake.where, mistake.setting, mistake.value) == (
        "secrets",
        "harbor_admin_password",
        "",
    )
    assert mistake.reason.startswith(f"holds {signs}, which Compose takes apart")
