"""What status, certificates and smoke say, and the deployed version, as one page (`make report`).

It needs no network, no JavaScript and nothing beside it; it lies beside kubeconfig, its owner's
alone (0600).
"""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from typing import TypeVar

from facts import Fact
from facts.deployment import Deployments
from facts.disks import Disks
from facts.files import Content
from operate import arguments, certificates, status
from operate.page import rendered
from operate.reported import Report
from operate.served import Check, Outcome, checks, tried
from spec import Machine, private_file
from spec.backup import LAST

T = TypeVar("T")


def main() -> int:
    """Ask, write the page, say where; 1 when it cannot be written, 2 when settings are refused."""
    options = arguments.parser("make report", __doc__, limit=False).parse_args()
    try:
        report = asked(options.inventory, options.group_data)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    path = report.platform.kubeconfig.with_name("report.html")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        private_file.write(rendered(report), path)
    except OSError as why:
        told = f"{path} cannot be written: {why.strerror}"
        print(f"{told}; make way for it there, or choose another operator_folder", file=sys.stderr)
        return 1
    print(f"{path}: {report.verdict}")
    return 0


def asked(inventory: str, group_data: list[str]) -> Report:
    """Everything that the page shows, by the questions that the other commands ask."""
    with reach.connected(inventory, group_data) as found:
        platform = found.platform
        return Report(
            platform,
            made=datetime.now().astimezone(),
            gates=status.ask(found),
            ends=certificates.ask(found),
            outcomes=_tried(checks(platform)),
            seen=found.seen,
            disks={
                host.name: disks
                for host, disks in reach.on_each(
                    found.hosts, lambda host: host.get_fact(Disks)
                ).items()
            },
            updates=status.updates(found),
            backup=_of(found, platform.docker, Content, path=LAST).strip(),
            deployments=_of(
                found,
                platform.control,
                Deployments,
                namespace=platform.k8s_worker.app_namespace,
            ),
        )


def _tried(asked: Iterable[Check]) -> list[Outcome]:
    """All at once: what does not answer takes as long as one of them."""
    with ThreadPoolExecutor(max_workers=8) as pool:
        return list(pool.map(tried, asked))


def _of(found: reach.Connected, machine: Machine, fact: type[Fact[T]], **about: str) -> T:
    """What one machine says; the fact's default where it cannot be asked."""
    hosts = [host for host in found.hosts if host.name == machine.name]
    answers = reach.on_each(hosts, lambda host: host.get_fact(fact, **about))
    return next(iter(answers.values()), fact.default())


if __name__ == "__main__":
    sys.exit(main())
