"""The edge's routes, as nginx reads them."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

import spec
from operations.files import File
from spec.certificate import CA, CA_KEY
from spec.inventory import HostData
from tasks.docker_host import edge
from tests.unit.certificates import certificate
from tests.unit.conftest import OnHost
from tests.unit.doubles import changed
from tests.unit.tasks_run import Call, files_of, run

CONF = "/opt/edge/nginx/conf.d/edge.conf"
Route = Callable[..., str]
Block = list["str | tuple[str, Block]"]


@pytest.fixture
def layer(
    hosts: list[HostData], on_host: OnHost, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[Call]]:
    def calls(hosts: list[HostData] = hosts, **settings: object) -> list[Call]:
        platform = spec.load(changed(hosts, "docker_host", **settings))
        return run("docker_host", "vm-docker", platform, on_host, monkeypatch)

    return calls


@pytest.fixture
def conf(layer: Callable[..., list[Call]]) -> Route:
    return lambda *hosts, **settings: files_of(layer(*hosts, **settings))[CONF].content


def parse(text: str) -> Block:
    """Directives and blocks, nested; fails where braces or semicolons do not fit."""
    tokens = re.findall(r"[^{};]+|[{};]", re.sub(r"#.*", "", text))
    stack: list[Block] = [[]]
    words = ""
    for token in tokens:
        if token == "{":
            block: Block = []
            stack[-1].append((words, block))
            stack.append(block)
        elif token == "}":
            assert not words, f"no semicolon after {words}"
            assert len(stack) > 1, "one brace too many"
            stack.pop()
        elif token == ";":
            assert words, "an empty directive"
            stack[-1].append(words)
        words = " ".join(token.split()) if token not in "{};" else ""
    assert len(stack) == 1, "a brace stays open"
    assert not words, f"no semicolon after {words}"
    return stack[0]


def blocks(inside: Block, name: str) -> list[Block]:
    return [item[1] for item in inside if isinstance(item, tuple) and item[0] == name]


def test_http_is_sent_to_https(conf: Route) -> None:
    _, plain, _ = blocks(parse(conf()), "server")
    assert plain == [
        "listen 80",
        "server_name hit.local",
        "return 301 https://$host$request_uri",
    ]


def test_who_asks_for_another_name_or_for_none_is_told_so(conf: Route) -> None:
    nobody, *_ = blocks(parse(conf()), "server")
    assert nobody == ["listen 80 default_server", "listen 443 ssl default_server", "return 421"]


def test_what_a_visitor_says_of_himself_is_not_passed_on(conf: Route) -> None:
    _, _, tls = blocks(parse(conf()), "server")
    lines = [line.split() for line in tls if isinstance(line, str)]
    headers = [rest for name, *rest in lines if name == "proxy_set_header"]
    assert ["X-Forwarded-For", "$remote_addr"] in headers
    assert "proxy_add_x_forwarded_for" not in conf()
    assert [name for name, value in headers if value == '""'] == [
        "X-Forwarded-Prefix",
        "Forwarded",
        "Proxy",
    ]


def test_limits_are_those_of_the_settings(conf: Route) -> None:
    top = parse(conf(edge_connections=7, edge_body_mib=9))
    told = {item for item in top if isinstance(item, str)}
    assert {"limit_conn addresses 7", "client_max_body_size 9m"} <= told
    assert {"client_header_timeout 10s", "client_body_timeout 10s"} <= told


def test_ciphers_are_of_today(conf: Route) -> None:
    told = dict(str(item).partition(" ")[::2] for item in parse(conf()) if isinstance(item, str))
    assert told["ssl_protocols"] == "TLSv1.2 TLSv1.3"
    for cipher in told["ssl_ciphers"].split(":"):
        assert re.fullmatch(r"ECDHE-(ECDSA|RSA)-(AES\d{3}-GCM-SHA\d{3}|CHACHA20-POLY1305)", cipher)


@pytest.mark.parametrize(("signer", "told"), [("", False), ("A CA", True)])
def test_browsers_are_bound_to_https_only_where_they_trust_it(
    conf: Route, tmp_path: Path, signer: str, told: bool
) -> None:
    crt, key = certificate(tmp_path, "hit.local", signer=signer)
    text = conf(edge_certificate=str(crt), edge_certificate_key=str(key))
    assert text.count("Strict-Transport-Security") == (2 if told else 0)
    assert "Strict-Transport-Security" not in conf()


def test_a_made_certificate_is_renewed_by_the_machine_and_an_own_one_is_not(
    layer: Callable[..., list[Call]], tmp_path: Path
) -> None:
    service = files_of(layer())["/etc/systemd/system/edge-certificate.service"].content
    assert f"-checkend {37 * 86400} -in {edge.CERTIFICATE}" in service
    assert f"make-certificate hit.local {edge.CERTIFICATE} {edge.KEY} 397 {CA} {CA_KEY}" in service
    crt, key = certificate(tmp_path, "hit.local")
    calls = layer(edge_certificate=str(crt), edge_certificate_key=str(key))
    gone = [c.arguments["units"] for c in calls if c.operation == "systemd.disable"]
    assert ["edge-certificate.timer"] in gone
    assert "certificate.authority" not in [call.operation for call in calls]


def test_the_redirect_names_an_unusual_port(conf: Route) -> None:
    _, plain, _ = blocks(parse(conf(edge_https_port=8443)), "server")
    assert "return 301 https://$host:8443$request_uri" in plain


def test_the_rate_is_that_of_the_settings_and_answered_by_429(conf: Route) -> None:
    top = parse(conf(edge_rate=7))
    zone = "limit_req_zone $binary_remote_addr zone=api_rl:10m rate=7r/s"
    assert {zone, "limit_req_status 429"} <= {item for item in top if isinstance(item, str)}


def test_go_and_laravel_are_limited_and_lose_their_prefix(conf: Route) -> None:
    _, _, tls = blocks(parse(conf()), "server")
    limit = "limit_req zone=api_rl burst=10 nodelay"
    assert blocks(tls, "location /go/") == [[limit, "proxy_pass http://go/"]]
    assert blocks(tls, "location /laravel/") == [[limit, "proxy_pass http://laravel/"]]


def test_everything_else_goes_on_as_it_came(conf: Route) -> None:
    _, _, tls = blocks(parse(conf()), "server")
    assert blocks(tls, "location /") == [["proxy_pass http://frontend"]]


def test_nobody_behind_the_edge_is_told_as_503(conf: Route) -> None:
    _, _, tls = blocks(parse(conf()), "server")
    assert "error_page 502 504 =503 /edge-unavailable" in tls
    (page,) = blocks(tls, "location = /edge-unavailable")
    assert "internal" in page
    assert "try_files /unavailable.html =503" in page


# The only one there is has time to take a connection: nobody else is asked then.
@pytest.mark.parametrize(("workers", "patience"), [(1, 5), (3, 2)])
def test_each_tier_is_served_by_every_worker(
    conf: Route, hosts: list[HostData], workers: int, patience: int
) -> None:
    (first,) = [host for host in hosts if host.name == "vm-worker"]
    extra = [
        HostData(f"vm-worker{n}", first.groups, {**first.data, "ssh_hostname": f"192.168.56.{n}"})
        for n in range(45, 44 + workers)
    ]
    top = parse(conf([*hosts, *extra]))
    for tier, port in {"frontend": 30080, "go": 30081, "laravel": 30082}.items():
        (upstream,) = blocks(top, f"upstream {tier}")
        assert [str(line).split()[1] for line in upstream] == [
            f"192.168.56.{n}:{port}" for n in range(44, 44 + workers)
        ]
    _, _, tls = blocks(top, "server")
    assert f"proxy_connect_timeout {patience}s" in tls


def test_a_new_configuration_is_checked_before_it_lies_in_its_place(
    layer: Callable[..., list[Call]],
) -> None:
    check = files_of(layer())[CONF].check
    assert check.startswith("docker run --rm --network none ")
    assert "--volume {}:/etc/nginx/conf.d/edge.conf:ro" in check
    assert check.endswith("nginx:1.30-alpine nginx -t -q")


def test_an_own_certificate_takes_the_place_of_one_that_the_platform_signs(
    layer: Callable[..., list[Call]], tmp_path: Path
) -> None:
    crt, key = certificate(tmp_path, "hit.local")
    calls = layer(edge_certificate=str(crt), edge_certificate_key=str(key))
    assert "certificate.sign" not in [call.operation for call in calls]
    files = files_of(calls)
    assert files[edge.KEY] == File(edge.KEY, key.read_text(), mode="0600")
    assert files[edge.CERTIFICATE] == File(edge.CERTIFICATE, crt.read_text(), mode="0644")
    assert files[edge.KEY].secret
    assert not files[edge.CERTIFICATE].secret


@pytest.mark.skipif(shutil.which("nginx") is None, reason="nginx is not on PATH")
def test_nginx_itself_accepts_the_configuration(conf: Route, tmp_path: Path) -> None:
    subprocess.run(
        [
            *("openssl", "req", "-x509", "-nodes", "-newkey", "rsa:2048", "-subj", "/CN=hit.local"),
            *("-keyout", tmp_path / "tls.key", "-out", tmp_path / "tls.crt"),
        ],
        check=True,
        capture_output=True,
    )
    text = conf().replace("/etc/nginx/certs", str(tmp_path))
    main = f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ access_log off;\n{text}}}\n"
    (tmp_path / "nginx.conf").write_text(main)
    output = subprocess.run(
        ["nginx", "-t", "-p", tmp_path, "-c", tmp_path / "nginx.conf"],
        capture_output=True,
        text=True,
    )
    assert output.returncode == 0, output.stderr
