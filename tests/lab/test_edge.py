"""The edge with something behind it, and with nothing."""

from __future__ import annotations

import socket
import ssl
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping

import pytest

from lab.machines import Machine
from tests.lab.deploying import converge, deploy

pytestmark = pytest.mark.usefixtures("docker_only")

# A stand-in for a tier: answers every request with its request line and headers. Perl, because it
# is on every Debian.
ECHO = r"""
use IO::Socket::INET; my $port = shift;
my $server = IO::Socket::INET->new(LocalPort => $port, Listen => 20, ReuseAddr => 1) or die;
while (my $client = $server->accept) {
  my ($request, $line) = ("port $port\n", "");
  while (defined($line = <$client>) && $line !~ /^\r?$/) { $request .= $line; }
  print $client "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\n$request"; close $client;
}
"""


@pytest.fixture(scope="module")
def tiers(worker: Machine) -> Iterator[None]:
    """Something that answers on the worker's three ports."""
    worker.ssh(f"cat > /tmp/echo.pl <<'EOF'\n{ECHO}\nEOF")
    for port in (30080, 30081, 30082):
        worker.ssh(
            f"sudo systemd-run --quiet --unit echo-{port} perl /tmp/echo.pl {port};"
            f" sudo ufw allow {port}/tcp >/dev/null 2>&1 || :"  # a bare worker has no firewall
        )
    yield
    for port in (30080, 30081, 30082):
        worker.ssh(
            f"sudo systemctl stop echo-{port};"
            f" sudo ufw delete allow {port}/tcp >/dev/null 2>&1 || :"
        )


def _get(
    path: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> tuple[int, dict[str, str], str]:
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(
        f"https://192.168.56.42{path}", data=body, headers={**(headers or {}), "Host": "hit.local"}
    )
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=15) as answer:
            return answer.status, dict(answer.headers), answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, dict(error.headers), error.read().decode()


def test_without_an_application_a_page_says_so() -> None:
    status, headers, body = _get("/")
    assert status == 503
    assert headers["Retry-After"] == "10"
    assert "no application answers" in body
    assert _get("/go/api/products")[0] == 503


@pytest.mark.usefixtures("tiers")
def test_each_path_goes_to_its_tier_without_its_prefix() -> None:
    assert _get("/shop/cart?x=1")[2].startswith("port 30080\nGET /shop/cart?x=1 HTTP/1.1")
    assert _get("/go/api/products")[2].startswith("port 30081\nGET /api/products HTTP/1.1")
    assert _get("/laravel/api/users")[2].startswith("port 30082\nGET /api/users HTTP/1.1")


@pytest.mark.usefixtures("tiers")
def test_the_tier_learns_who_asked_and_how() -> None:
    told = _get("/")[2]
    assert "Host: hit.local" in told
    assert "X-Forwarded-Proto: https" in told
    assert "X-Forwarded-For: 192.168.56.1\n" in told.replace("\r", "")


@pytest.mark.usefixtures("tiers")
def test_nobody_says_himself_where_he_comes_from() -> None:
    told = _get(
        "/",
        {
            "X-Forwarded-For": "10.6.6.6",
            "X-Real-IP": "10.6.6.6",
            "Forwarded": "for=10.6.6.6",
            "X-Forwarded-Host": "evil.example",
            "X-Forwarded-Prefix": "/evil",
        },
    )[2]
    assert "10.6.6.6" not in told
    assert "evil" not in told


def test_another_name_than_the_edges_is_answered_by_421() -> None:
    for url in ("http://192.168.56.42/", "https://192.168.56.42/edge-health"):
        for name in ("evil.example", "192.168.56.42"):
            ask = (
                "curl",
                "-sk",
                "-o",
                "/dev/null",
                "-w",
                "%{http_code}",
                "-H",
                f"Host: {name}",
                url,
            )
            assert subprocess.check_output(ask, text=True) == "421", f"{url} as {name}"


@pytest.mark.parametrize(
    "old", [("-tls1_1",), ("-tls1_2", "-cipher", "AES128-SHA:AES256-GCM-SHA384")]
)
def test_what_is_too_old_finds_no_way_to_speak(old: tuple[str, ...]) -> None:
    words = ("openssl", "s_client", "-connect", "192.168.56.42:443", "-servername", "hit.local")
    for extra, spoken in ((("-tls1_2",), True), (("-tls1_3",), True), (old, False)):
        done = subprocess.run(
            [*words, *extra], input="", capture_output=True, text=True, timeout=15
        )
        assert (done.returncode == 0) is spoken, f"{extra}: {done.stderr}"


def test_a_body_that_is_too_large_is_refused() -> None:
    assert _get("/edge-health", body=b"x" * 2**20)[0] == 204
    assert _get("/edge-health", body=b"x" * (2**20 + 1))[0] == 413


def test_a_connection_that_dawdles_is_let_go() -> None:
    with socket.create_connection(("192.168.56.42", 80), timeout=20) as slow:
        began = time.monotonic()
        slow.sendall(b"GET / HTTP/1.1\r\nHost: hit.local\r\n")
        slow.settimeout(2)
        while time.monotonic() - began < 20:
            try:
                slow.sendall(b"X: y\r\n")
                if not slow.recv(4096):
                    break
            except TimeoutError:
                continue
            except OSError:
                break
    assert 5 < time.monotonic() - began < 15


def test_routes_that_are_not_accepted_never_go_live(docker: Machine) -> None:
    before = docker.ssh("cat /opt/edge/nginx/conf.d/edge.conf")
    # An image without nginx: nobody accepts the new routes.
    run = deploy("-y", "--data", "edge_rate=7", "--data", "edge_image=busybox:1.36")
    assert run.status != 0
    assert docker.ssh("cat /opt/edge/nginx/conf.d/edge.conf") == before
    assert _get("/edge-health")[0] == 204  # the running edge never noticed
    assert list(converge()) == ["Docker host | Describe the edge"]
