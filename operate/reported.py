"""What `make report` has asked, and what of it needs somebody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cached_property
from typing import Any

from facts.deployment import Deployment
from facts.disks import Disk
from facts.probe import Probe
from operate.ends import Row as End
from operate.picture import Picture, picture
from operate.rows import Row
from operate.served import Outcome
from spec import Platform
from spec.certificate import LEAST_DAYS
from spec.end_of_life import Part, part, parts

FULL = 85  # percent of a disk; kubelet evicts pods at 85 or 90
WELL, SOON, BAD = "well", "soon", "bad"


@dataclass(frozen=True)
class Group:
    """A gate of a layer, and the machines that answered the same."""

    gate: str
    open: bool
    hosts: tuple[str, ...]
    came: str
    hint: str


@dataclass(frozen=True)
class Concern:
    """Something that needs somebody: where, what is wrong, what came, what to do."""

    state: str
    where: str
    what: str
    came: str = ""
    look: str = ""


@dataclass(frozen=True)
class Report:
    """All that was asked, and when."""

    platform: Platform
    made: datetime
    gates: Sequence[Row]
    ends: Sequence[End]
    outcomes: Sequence[Outcome]
    seen: Mapping[str, Probe]  # of the machines that answered, by name
    disks: Mapping[str, Sequence[Disk]]
    updates: Mapping[str, str]  # what waits of the distribution's, by machine
    backup: str  # when the last one was made, in UTC; "" before the first, and where nobody knows
    deployments: tuple[Deployment, ...]

    @property
    def verdict(self) -> str:
        """All of it in half a sentence."""
        bad = sum(it.state == BAD for it in self.concerns)
        if bad:
            return f"{bad} {'thing needs' if bad == 1 else 'things need'} somebody now"
        count = len(self.concerns)
        things = f"{count} thing{'s' if count > 1 else ''} to look at before long"
        return f"all is well; {things}" if count else "all is well"

    @property
    def state(self) -> str:
        """The worst of it."""
        states = {it.state for it in self.concerns}
        return BAD if BAD in states else SOON if SOON in states else WELL

    @cached_property
    def concerns(self) -> tuple[Concern, ...]:
        """What needs somebody: what is shut or fails first."""
        soon = (*self._filling(), *self._waiting(), *self._left())
        return (*self._shut(), *self._failed(), *self._ending(), *soon)

    @cached_property
    def layers(self) -> Mapping[str, tuple[Group, ...]]:
        """The gates by layer, those that are shut first."""
        found: dict[str, dict[tuple[Any, ...], list[str]]] = {}
        for row in self.gates:
            same = (row.gate, row.open, "" if row.open else row.came, row.hint)
            found.setdefault(row.layer, {}).setdefault(same, []).append(row.host)
        return {
            layer: tuple(
                sorted(
                    (Group(it[0], it[1], tuple(hosts), *it[2:]) for it, hosts in same.items()),
                    key=lambda group: group.open,
                )
            )
            for layer, same in found.items()
        }

    @property
    def parts(self) -> Sequence[Part]:
        """What it is made of, with the machines' own releases."""
        own: dict[tuple[str, str], list[str]] = {}
        for name, probe in self.seen.items():
            own.setdefault((probe.system.distribution, probe.system.version), []).append(name)
        return [*parts(self.platform), *(part(*it, ", ".join(own[it])) for it in own)]

    @property
    def today(self) -> date:
        """The day that ends are compared with."""
        return self.made.date()

    @property
    def backed_up(self) -> datetime | None:
        """When, if ever and known."""
        return self.time(self.backup)

    def time(self, text: str) -> datetime | None:
        """A machine's, here; None of what is none."""
        try:
            return datetime.fromisoformat(text).astimezone(self.made.tzinfo)
        except ValueError:
            return None

    @property
    def picture(self) -> Picture:
        """Its machines, drawn."""
        return picture(self.platform)

    @property
    def old(self) -> list[Part]:
        """What gets no security fixes any more, or soon none."""
        return [it for it in self.parts if it.ends_soon(self.today)]

    @property
    def running(self) -> str:
        """The commits that run, most often one."""
        return ", ".join(dict.fromkeys(filter(None, map(self.release, self.deployments))))

    @property
    def in_order(self) -> list[End]:
        """What ends, the next one first; before it what nobody knows of."""
        return sorted(self.ends, key=lambda row: -1 if row.days is None else row.days)

    @property
    def first_end(self) -> End | None:
        """What of the certificates and tokens ends first, of those that are known."""
        known = [(row.days, row) for row in self.ends if row.days is not None]
        return min(known, key=lambda pair: pair[0])[1] if known else None

    @property
    def fullest(self) -> tuple[str, Disk] | None:
        """The disk with the least room, and its machine."""
        each = [(name, disk) for name, disks in self.disks.items() for disk in disks]
        return max(each, key=lambda pair: pair[1].percent, default=None)

    def release(self, deployment: Deployment) -> str:
        """The tag of its image in the platform's registry, which a pipeline takes from a commit."""
        ours = (it for it in deployment.images if it.startswith(f"{self.platform.registry}/"))
        return next(ours, "").partition("@")[0].rpartition(":")[2] if deployment.images else ""

    def commit(self, tag: str) -> str:
        """Where GitLab shows that commit; "" where it is none, or GitLab has no project."""
        settings = self.platform.docker_host
        if not settings.gitlab_project or not re.fullmatch("[0-9a-f]{7,40}", tag):
            return ""
        return f"{settings.gitlab_url}/{settings.gitlab_project}/-/commit/{tag}"

    def machine_state(self, name: str) -> tuple[str, str]:
        """How a machine is, and that in a word or two."""
        rows = [row for row in self.gates if row.host == name]
        if name not in self.seen:
            return BAD, "no answer"
        shut = sum(not row.open for row in rows)
        return (BAD, f"{shut} shut") if shut else (WELL, f"{len(rows)} open")

    def _shut(self) -> Iterator[Concern]:
        for layer, groups in self.layers.items():
            for it in groups:
                if not it.open:
                    where = f"{', '.join(it.hosts)} · shut gate · {layer}"
                    yield Concern(BAD, where, it.gate, it.came or "nothing", it.hint)

    def _failed(self) -> Iterator[Concern]:
        together: dict[str, list[Outcome]] = {}
        for it in self.outcomes:
            if it.came:
                together.setdefault(it.check.look, []).append(it)
        for look, failed in together.items():
            what = ", ".join(it.check.what for it in failed)
            came = " / ".join(dict.fromkeys(it.came for it in failed))
            yield Concern(BAD, "what people use · fails", what, came, look)

    def _ending(self) -> Iterator[Concern]:
        for row in self.ends:
            mute = row.path == "everything" and row.host not in self.seen
            if row.is_within(LEAST_DAYS) and not mute:
                left = f"in {row.days} days" if row.date else "nobody knows when"
                look = f"make certificates; it is renewed by: {row.renewed}"
                yield Concern(BAD, row.host, f"{row.path} ends {left}", row.date, look)
        if self.old:
            told = ", ".join(f"{it.name} {it.version}" for it in self.old)
            what = f"{told}: no security fixes any more, or soon none"
            yield Concern(SOON, "versions", what, look="docs/daily.md, Upgrades; the table below")

    def _filling(self) -> Iterator[Concern]:
        for name, disks in self.disks.items():
            for disk in disks:
                if disk.percent >= FULL:
                    what = f"{disk.path} is {disk.percent} % full"
                    yield Concern(SOON, name, what, look="docs/daily.md, The registry: make room")

    def _waiting(self) -> Iterator[Concern]:
        for name, sentence in self.updates.items():
            yield Concern(SOON, name, sentence, look="make update")

    def _left(self) -> Iterator[Concern]:
        for sentence in self.platform.to_do:
            yield Concern(SOON, "to do", sentence)
        if not self.backup and self.platform.docker.name in self.seen:
            yield Concern(SOON, "to do", "nothing was ever backed up", look="make backup")
