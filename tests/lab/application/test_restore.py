"""The whole of a backup, put back over what stands: rows, images, commits, objects as they were."""

from __future__ import annotations

import re
import time

from lab.machines import Machine
from tests.lab import registry, shop
from tests.lab.application.test_backup import Before, before, restore, rows
from tests.lab.cluster import NAMESPACE, told, until
from tests.lab.deploying import planned

__all__ = ["before"]  # a fixture
KINDS = "namespaces,deployments,statefulsets,services,secrets,persistentvolumeclaims"
UIDS = 'jsonpath={range .items[*]}{.kind}/{.metadata.name} {.metadata.uid}{"\\n"}{end}'


def uids() -> set[str]:
    """What the cluster has, each with the number that it got when it was made."""
    return set(told("get", KINDS, "--all-namespaces", "-o", UIDS).splitlines())


def test_rows_images_commits_and_uids_are_what_they_were_and_the_shop_serves(
    before: Before, docker: Machine
) -> None:
    known, commit = uids(), shop.tag(docker)
    shop.sql("DROP TABLE products")
    told("-n", NAMESPACE, "delete", "deployment", "go")
    began = time.monotonic()
    run = restore(before, "")
    assert run.status == 0, run.reason
    print(f"the platform was back after {time.monotonic() - began:.0f} s")
    assert re.search(r"\d+ images, each served by its digest", run.said)
    assert before.digest in registry.pull(docker, f"kept@{before.digest}")
    assert rows() == before.rows
    assert (uids(), shop.tag(docker)) == (known, commit)
    until(lambda: shop.smoke()[1] == [], "the shop serves")
    assert planned() == {}
