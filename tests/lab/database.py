"""A database in place of the shop's, that only keeps what it has, with the claim of the shop's."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lab.machines import Machine
from tests.lab.cluster import NAMESPACE, told, until

SCRIPT = "operate/move_database.py"
VOLUME = f"{NAMESPACE}-mysql"
MANIFEST = f"""
apiVersion: v1
kind: PersistentVolumeClaim
metadata: {{name: mysql-data, namespace: {NAMESPACE}}}
spec:
  accessModes: [ReadWriteOnce]
  storageClassName: ""
  volumeName: {VOLUME}
  resources: {{requests: {{storage: 10Gi}}}}
---
apiVersion: apps/v1
kind: StatefulSet
metadata: {{name: mysql, namespace: {NAMESPACE}}}
spec:
  serviceName: mysql
  selector: {{matchLabels: {{app: mysql}}}}
  template:
    metadata: {{labels: {{app: mysql}}}}
    spec:
      terminationGracePeriodSeconds: 1
      securityContext: {{runAsUser: 999, runAsGroup: 999}}
      containers:
        - name: main
          image: busybox:1.36
          command: [sh, -c, "[ -e /d/kept ] || head -c 20000000 /dev/urandom >/d/kept; sleep 9999"]
          readinessProbe: {{exec: {{command: [test, -s, /d/kept]}}, periodSeconds: 1}}
          resources: {{requests: {{cpu: 10m, memory: 16Mi}}, limits: {{memory: 64Mi}}}}
          volumeMounts: [{{name: data, mountPath: /d}}]
      volumes:
        - {{name: data, persistentVolumeClaim: {{claimName: mysql-data}}}}
"""


@contextmanager
def at_work() -> Iterator[Callable[[], str]]:
    """It runs meanwhile; what it says of the sum of its data."""
    told("apply", "-f", "-", stdin=MANIFEST)
    pod = ("-n", NAMESPACE, "exec", "mysql-0", "--")
    ready = ("-n", NAMESPACE, "wait", "--for=condition=Ready", "--timeout=180s", "pod/mysql-0")
    until(lambda: "mysql-0" in told("-n", NAMESPACE, "get", "pods"), "there is a pod")
    told(*ready)
    try:
        yield lambda: told(*pod, "sha256sum", "/d/kept").split()[0]
    finally:
        told("delete", "-f", "-", stdin=MANIFEST)
        # For the next claim of that name.
        released = '[{"op": "remove", "path": "/spec/claimRef/uid"}]'
        told("patch", "pv", VOLUME, "--type=json", "-p", released)


def where() -> str:
    """The node that it runs on."""
    return told("-n", NAMESPACE, "get", "pod", "mysql-0", "-o", "jsonpath={.spec.nodeName}")


def files_on(machine: Machine, folder: str = "/data/threebody/mysql") -> str:
    """The sum of its data on a machine; "" where it has none."""
    return (
        machine.ssh(f"sudo sh -c 'cat {folder}/kept 2>/dev/null | sha256sum'")
        .split()[0]
        .replace("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855", "")
    )
