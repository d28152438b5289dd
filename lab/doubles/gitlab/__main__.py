"""`python3 -m gitlab CONFIG`: serve until ended; CONFIG is JSON with a socket and a directory."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from . import runner_api
from .http import serve
from .store import Store

settings = json.loads(Path(sys.argv[1]).read_text())
serve(Path(settings["socket"]), Store(Path(settings["state"])), runner_api.ROUTES)
