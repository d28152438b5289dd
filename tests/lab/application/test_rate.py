"""How often a visitor may ask the backends; the page itself is his as often as he likes."""

from __future__ import annotations

import ssl
import time
from http.client import HTTPSConnection

from lab.machines import Machine

MANY = 16
BURST = 11  # one, and ten more at once: edge_burst
RATE = 5  # a second: edge_rate
RECOVERED = 3  # seconds, in which a burst is forgotten


def doors(docker: Machine) -> list[HTTPSConnection]:
    """Connections to the edge that are open already, so that what comes next arrives at once."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    opened = [HTTPSConnection(docker.address, context=trusting, timeout=20) for _ in range(MANY)]
    assert ask(opened, "/edge-health") == [204] * MANY
    return opened


def ask(opened: list[HTTPSConnection], path: str) -> list[int]:
    """How one request on each connection is answered."""
    for door in opened:
        door.request("GET", path, headers={"Host": "hit.local"})
    output = [door.getresponse() for door in opened]
    for answer in output:
        answer.read()
    return [answer.status for answer in output]


def test_more_requests_than_the_rate_allows_are_turned_away_with_429(docker: Machine) -> None:
    opened = doors(docker)
    time.sleep(RECOVERED)
    began = time.monotonic()
    products = ask(opened, "/go/api/products")
    ended = time.monotonic()
    assert {code: products.count(code) for code in (200, 429)} == {200: BURST, 429: MANY - BURST}
    assert ended - began < (BURST - 1) / RATE, "a burst is served at once, none of it held back"
    assert ask(opened, "/") == [200] * MANY
    time.sleep(max(0.0, began + 1.1 - time.monotonic()))
    again = time.monotonic()
    allowed = ask(opened, "/go/api/products").count(200)
    # Five, unless this machine is so slow that the time in between is not what it slept.
    longest = time.monotonic() - began
    assert int(RATE * (again - ended)) <= allowed <= int(RATE * longest)
    for door in opened:
        door.close()
