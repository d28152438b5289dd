"""Bring the platform's own CA here, and show how browsers and systems trust it (`make ca`)."""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys

from facts.files import Content
from operate import arguments
from operate.authority import explained, write
from spec import Platform
from spec.certificate import CA, platform_ca, signs, vouched_names

OWN = "edge_certificate is your own: whoever trusts its signer needs nothing of the platform's."


def main() -> int:
    """Bring it, write it, explain it; 1 where there is none, 2 when the settings are refused."""
    options = arguments.parser("make ca", __doc__, limit=False).parse_args()
    try:
        platform, text = _asked(options.inventory, options.group_data)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    name = platform.members("docker_host")[0].name
    if not signs(platform.docker_host):
        print(OWN, file=sys.stderr)
        return 1
    if not text:
        print(f"{name} has no CA, or cannot be asked: `make deploy` makes one.", file=sys.stderr)
        return 1
    try:
        certificate = platform_ca(text, vouched_names(platform.docker_host))
    except ValueError as reason:
        told = f"{name} shows a CA that {reason}: trust it nowhere, and look who was there"
        print(f"{told}; `make deploy` makes another one.", file=sys.stderr)
        return 1
    write(certificate, platform.ca_file)
    print("\n".join(explained(platform, certificate)))
    return 0


def _asked(inventory: str, group_data: list[str]) -> tuple[Platform, str]:
    """The platform, and what its Docker host says; "" where it says nothing."""
    with reach.connected(inventory, group_data, ["docker_host"]) as found:
        answers = reach.on_each(found.hosts, lambda host: host.get_fact(Content, path=CA))
    return found.platform, next(iter(answers.values()), "")


if __name__ == "__main__":
    sys.exit(main())
