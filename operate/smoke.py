"""What people and pipelines use, asked from here, from the outside in (`make smoke`).

One line a check; exit status 1 if one fails. `make status` asks machines about themselves; this
asks what they serve, and needs no SSH.
"""

from __future__ import annotations

from operate import reach  # isort: skip - it patches the standard library, and so comes first

import sys

from operate import arguments
from operate.served import checks, show


def main() -> int:
    """Ask each once, and show how it went; 2 when the settings are refused."""
    options = arguments.parser("make smoke", __doc__, limit=False).parse_args()
    try:
        platform = reach.platform(options.inventory, options.group_data)
    except reach.PyinfraError as refused:
        print(refused, file=sys.stderr)
        return 2
    return show(list(checks(platform)))


if __name__ == "__main__":
    sys.exit(main())
