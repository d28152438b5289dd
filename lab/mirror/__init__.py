"""The offline mirror: what the lab's machines get instead of the internet.

One tree of Debian has every program; one directory of the cache has what they serve; one door leads
out, to this machine's own Debian archives only. See README.md for what stands in for what.
"""

from __future__ import annotations

import json

from lab import CHECKOUT, Lab
from lab.mirror import daemons, faults, gitlab, harbor, products, programs, real
from lab.mirror.kubernetes import calico
from lab.mirror.store import missing
from lab.progress import expected

FACTS = CHECKOUT / ".lab" / "mirror.json"  # what lab/group_data reads


def build() -> None:
    """Make what the mirror serves, and its programs, unless the cache has them."""
    with expected(missing(products.make)):
        products.make()


def start(lab: Lab) -> None:
    """Start what is not running, end leftover faults, and write `.lab/mirror.json`; repeatable."""
    made = products.make()
    daemons.state(lab).mkdir(parents=True, exist_ok=True)
    faults.clear(lab)
    gitlab.prepare(lab)
    for daemon in programs.of(lab, made):
        daemons.start(lab, made.tree, daemon)
    unfinished = FACTS.with_name(f"mirror.json.{lab.name}")
    facts = {**json.loads(made.facts.read_text()), "gitlab_host_key": gitlab.host_key(lab)}
    unfinished.write_text(json.dumps(facts, indent=2) + "\n")
    unfinished.replace(FACTS)


def stand_ins() -> list[str]:
    """What this lab has of the products that cannot be had here: the real one, or a double."""
    return [
        real.described("Harbor", harbor.INSTALLERS),
        real.described("gitlab-runner", "gitlab-runner_*.deb"),
        calico.described(),
    ]


def stop(lab: Lab) -> None:
    """End every program of this lab's mirror."""
    for name in reversed(programs.NAMES):
        daemons.stop(lab, name)


def is_up(lab: Lab) -> bool:
    """Whether every program of this lab's mirror runs."""
    return all(daemons.is_running(lab, name) for name in programs.NAMES)
