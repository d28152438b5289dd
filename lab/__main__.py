"""`python -m lab [--name NAME] [VERB [ARGUMENT…]]`; without a verb: up, deploy, status."""

from __future__ import annotations

import os
import sys

from lab import USUAL, Lab, outer, verbs
from lab.network import NotOurs
from lab.shell import CommandFailed
from spec.errors import Refused

USAGE = f"{__doc__}\n\nVerbs:\n" + "\n".join(
    f"  {name:<10} {str(act.__doc__).splitlines()[0]}" for name, act in verbs.VERBS.items()
)


def main(words: list[str]) -> int:
    """Run one verb; returns the exit status: 1 when it failed, 2 when it could not begin."""
    name = os.environ.get("LAB") or USUAL
    if words[:1] == ["--name"] and len(words) > 1:
        name, words = words[1], words[2:]
    if words and words[0] in ("-h", "--help", "help"):
        print(USAGE)
        return 0
    verb = verbs.VERBS.get(words[0]) if words else verbs.everything
    if verb is None:
        print(f"no such verb: {words[0]}\n\n{USAGE}", file=sys.stderr)
        return 2
    try:
        outer.check()
        lab = Lab(name)
    except (outer.NoLabHere, ValueError) as refused:
        print(str(refused), file=sys.stderr)
        return 2
    try:
        return verb(lab, words[1:])
    except (CommandFailed, NotOurs, Refused, LookupError, OSError, ValueError) as failed:
        print(str(failed), file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted; the same verb can be run again", file=sys.stderr)
        return verbs.INTERRUPTED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
