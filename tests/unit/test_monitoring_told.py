"""Who is told of alerts, and which ways to tell somebody are refused."""

from __future__ import annotations

from typing import Any

import pytest
import yaml

import spec
from gates import gates
from lab.mirror import charts
from spec.charts import STACK
from spec.inventory import HostData
from tasks import monitoring
from tests.gate_hints import MAIL
from tests.unit.conftest import OnHost
from tests.unit.doubles import PASSWORD, changed
from tests.unit.refusals import mistake_of
from tests.unit.test_monitoring import unknown


def test_alerts_of_ours_go_to_the_webhook_where_there_is_one(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    on = changed(hosts, "k8s_worker", monitoring_enabled=True)
    on_host(name="vm-k8s")
    quiet = yaml.safe_load(monitoring._values(spec.load(on))[STACK])
    assert quiet["alertmanager"] == {"enabled": False}
    monkeypatch.setenv("ALERT_WEBHOOK", "https://chat.example/hook?token=x%20y")
    told = spec.load(on)
    values = yaml.safe_load(monitoring._values(told)[STACK])
    route, receivers = (values["alertmanager"]["config"][key] for key in ("route", "receivers"))
    assert route["receiver"] == "nobody"
    assert route["routes"] == [{"receiver": "people", "matchers": ['severity="page"']}]
    (hook,) = receivers[1]["webhook_configs"]
    assert hook["url"] == "https://chat.example/hook?token=x%20y"
    assert unknown(values, charts.schema(STACK)) == []
    assert len(gates(told, told.control, "monitoring")) == 5


@pytest.mark.parametrize(
    ("webhook", "reason"),
    [
        ("chat.example/hook", "not an address of http or https"),
        ("https://chat.example/#hook", "not an address of http or https"),
        ("https://chat.example:99999/hook", "its port or its host is none"),
        ("https://[::1/hook", "its port or its host is none"),
        ("http://:8080/hook", "not a host name"),
        ("http://localhost:8080/hook", "is what each machine calls itself"),
        ("http://127.0.0.1/hook", "127.0.0.1 is loopback"),
        ("http://0.0.0.0/hook", "0.0.0.0 is"),
    ],
)
def test_a_webhook_that_no_pod_reaches_is_refused(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch, webhook: str, reason: str
) -> None:
    monkeypatch.setenv("ALERT_WEBHOOK", webhook)
    on = changed(hosts, "k8s_worker", monitoring_enabled=True)
    assert reason in mistake_of(on).reason


def test_alerts_go_by_e_mail_where_a_setting_says_how(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    on_host(name="vm-k8s")
    told = spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True, monitoring_mail=MAIL))
    values = yaml.safe_load(monitoring._values(told)[STACK])
    people = values["alertmanager"]["config"]["receivers"][1]
    mail = {
        "to": "team@example.org",
        "from": "platform@example.org",
        "smarthost": "mail.example.org:25",
        "require_tls": True,
        "send_resolved": True,
    }
    assert people == {"name": "people", "email_configs": [mail]}
    assert unknown(values, charts.schema(STACK)) == []
    assert [it.awaits for it in gates(told, told.control, "monitoring")][4:] == [
        "the server of monitoring_mail takes what Alertmanager sends"
    ]
    monkeypatch.setenv("ALERT_MAIL_PASSWORD", PASSWORD)
    known = {"monitoring_enabled": True, "monitoring_mail": MAIL | {"user": "platform"}}
    told = spec.load(changed(hosts, "k8s_worker", **known))
    values = yaml.safe_load(monitoring._values(told)[STACK])
    (mail,) = values["alertmanager"]["config"]["receivers"][1]["email_configs"]
    assert (mail["auth_username"], mail["auth_password"]) == ("platform", PASSWORD)


@pytest.mark.parametrize(
    ("port", "tls", "asks"), [(587, True, True), (25, False, False), (465, True, False)]
)
def test_starttls_is_asked_for_where_tls_has_not_begun(
    hosts: list[HostData], on_host: OnHost, port: int, tls: bool, asks: bool
) -> None:
    on_host(name="vm-k8s")
    way = MAIL | {"port": port, "tls": tls}
    told = spec.load(changed(hosts, "k8s_worker", monitoring_enabled=True, monitoring_mail=way))
    values = yaml.safe_load(monitoring._values(told)[STACK])
    (mail,) = values["alertmanager"]["config"]["receivers"][1]["email_configs"]
    assert mail["require_tls"] is asks


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ({"sender": "nobody"}, "not an address of e-mail"),
        ({"recipients": []}, "empty"),
        ({"recipients": ["a@b", "c d@e"]}, "not an address of e-mail"),
        ({"recipients": ["a@b.org", "A@b.org"]}, "A@b.org stands there twice"),
        ({"sender": "a@-b.org"}, "not an address of e-mail"),
        ({"port": 465, "tls": False}, "port 465 is TLS from the beginning"),
        ({"host": "no host"}, "not a host name"),
        ({"port": 0}, "not a port"),
        ({"user": "a b"}, "holds a blank"),
        ({"user": "platform", "tls": False}, "would send the password for everybody to read"),
        ({"cc": "x@y"}, "not a way to send e-mail: it has host, port, sender, recipients, user"),
    ],
)
def test_a_wrong_way_to_send_e_mail_is_refused(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch, wrong: dict[str, Any], reason: str
) -> None:
    if "user" in wrong:
        monkeypatch.setenv("ALERT_MAIL_PASSWORD", PASSWORD)
    assert reason in mistake_of(hosts, "k8s_worker", monitoring_mail=MAIL | wrong).reason


def test_a_login_without_a_password_and_a_password_without_a_login_are_refused(
    hosts: list[HostData], monkeypatch: pytest.MonkeyPatch
) -> None:
    named = mistake_of(hosts, "k8s_worker", monitoring_mail=MAIL | {"user": "platform"})
    assert named.reason == "missing: monitoring_mail logs in as platform"
    monkeypatch.setenv("ALERT_MAIL_PASSWORD", PASSWORD)
    for mail in (MAIL, None):
        alone = mistake_of(hosts, "k8s_worker", monitoring_mail=mail)
        assert alone.reason == "nobody logs in with it: monitoring_mail has no user"
