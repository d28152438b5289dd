"""Somebody who asks the edge all the time, and what answers him from every worker there is."""

from __future__ import annotations

import ssl
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from threading import Event, Thread

from tests.lab.cluster import NAMESPACE, kubectl, told
from tests.lab.deploying import another_inventory, converge

# What the edge asks at /, on whichever workers are there; of two pods one may be missing.
SHOP = f"""
apiVersion: apps/v1
kind: Deployment
metadata: {{name: frontend, namespace: {NAMESPACE}}}
spec:
  replicas: 2
  selector: {{matchLabels: {{app: frontend}}}}
  template:
    metadata: {{labels: {{app: frontend}}}}
    spec:
      terminationGracePeriodSeconds: 10
      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector: {{matchLabels: {{app: frontend}}}}
      containers:
        - name: main
          image: busybox:1.36
          command: [sh, -c, "trap \\"sleep 5; exit\\" TERM; echo here >/tmp/index.html;
            httpd -p 8080 -h /tmp; while :; do sleep 1; done"]
          readinessProbe: {{httpGet: {{path: /, port: 8080}}, periodSeconds: 1}}
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 32Mi}}}}
---
apiVersion: policy/v1
kind: PodDisruptionBudget
metadata: {{name: frontend, namespace: {NAMESPACE}}}
spec: {{minAvailable: 1, selector: {{matchLabels: {{app: frontend}}}}}}
---
apiVersion: v1
kind: Service
metadata: {{name: frontend, namespace: {NAMESPACE}}}
spec:
  type: NodePort
  selector: {{app: frontend}}
  ports: [{{port: 80, targetPort: 8080, nodePort: 30080}}]
"""
RETRIES, APART = 3, 1  # and seconds between them


@contextmanager
def served() -> Iterator[None]:
    """Every worker that this lab has, and something to ask on them; both gone again afterwards."""
    with another_inventory("lab/inventory.py"):
        converge()
        told("apply", "-f", "-", stdin=SHOP)
        told("-n", NAMESPACE, "rollout", "status", "deployment/frontend", "--timeout=120s")
        yield
        kubectl("delete", "-f", "-", stdin=SHOP)


class Client(Thread):
    """Asks the edge twice a second until it is told to stop."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.stopped = Event()
        self.asked = self.again = 0
        self.failed: list[str] = []

    def run(self) -> None:
        while not self.stopped.wait(0.5):
            self.asked += 1
            for attempt in range(RETRIES + 1):
                why = _ask()
                if not why:
                    break
                self.again += attempt < RETRIES
                time.sleep(APART)
            else:
                self.failed.append(f"{time.strftime('%H:%M:%S')} {why}")


def _ask() -> str:
    """What came instead of an answer."""
    try:
        status, body = _answer("https://192.168.56.42/", "hit.local", 5)
    except OSError as error:
        return str(error)
    return "" if (status, body) == (200, b"here\n") else f"{status}, or another answer"


def _answer(url: str, host: str, timeout: float) -> tuple[int, bytes]:
    """Status and body; whom to trust is another test's question."""
    trusting = ssl.create_default_context()
    trusting.check_hostname = False
    trusting.verify_mode = ssl.CERT_NONE
    request = urllib.request.Request(url, headers={"Host": host})
    try:
        with urllib.request.urlopen(request, context=trusting, timeout=timeout) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


@contextmanager
def asking() -> Iterator[Client]:
    client = Client()
    client.start()
    try:
        yield client
    finally:
        client.stopped.set()
        client.join(60)


@contextmanager
def answered(client: Client, what: str) -> Iterator[None]:
    """Whoever asked meanwhile got an answer, at once or when he asked again; and it went well."""
    began, asked, again = time.monotonic(), client.asked, client.again
    yield
    took = time.monotonic() - began
    print(f"{what}: {took:.0f} s; asked {client.asked - asked} times, {client.again - again} again")
    assert client.failed == []


# What vm-docker serves by itself: address, name and status of an answer.
SERVED = {
    "the edge": ("https://192.168.56.42/edge-health", "hit.local", 204),
    "Harbor": ("http://192.168.56.42:8080/v2/", "harbor.local:8080", 401),
}


@contextmanager
def watching() -> Iterator[dict[str, float]]:
    """Ask each of these all the time; at the end how many seconds it was away at most."""
    ended, away = Event(), dict.fromkeys(SERVED, 0.0)

    def watch(name: str) -> None:
        url, host, status = SERVED[name]
        times = [time.monotonic()]
        while not ended.wait(0.2):
            try:
                if _answer(url, host, 2)[0] == status:
                    times.append(time.monotonic())
            except OSError:
                pass
        away[name] = max(after - before for before, after in pairwise([*times, time.monotonic()]))

    threads = [Thread(target=watch, args=(name,), daemon=True) for name in SERVED]
    for thread in threads:
        thread.start()
    try:
        yield away
    finally:
        ended.set()
        for thread in threads:
            thread.join(10)
