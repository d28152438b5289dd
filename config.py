"""pyinfra's own settings for this deploy; pyinfra runs this file before anything else."""

from pyinfra import config, state

import shortcuts

shortcuts.take()

import connection  # noqa: E402 - imports most of this
import plan  # noqa: E402

config.REQUIRE_PYINFRA_VERSION = "~=3.10.0"
# A layer builds on the one before: the first host that fails stops every host.
config.FAIL_PERCENT = 0

connection.watch(state)
plan.short()
