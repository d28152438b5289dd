"""pyinfra's own settings for this deploy; pyinfra runs this file before anything else."""

import sys
from pathlib import Path
from types import ModuleType

from pyinfra import config, state

import connection
import plan

config.REQUIRE_PYINFRA_VERSION = "~=3.10.0"
# A layer builds on the one before: the first host that fails stops every host.
config.FAIL_PERCENT = 0

# pyinfra finds the place of each operation by `inspect`, which walks through all modules for a file
# that is none: half a second a run.
sys.modules["deploy"] = ModuleType("deploy")
sys.modules["deploy"].__file__ = f"{Path(__file__).with_name('deploy.py')}"

connection.watch(state)
plan.short()
