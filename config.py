"""pyinfra's own settings for this house; pyinfra runs this file before anything else."""

from pyinfra import config, state

import connection
import plan

config.REQUIRE_PYINFRA_VERSION = "~=3.10.0"
# A layer builds on the one before: the first host that fails stops every host.
config.FAIL_PERCENT = 0

connection.watch(state)
plan.short()
