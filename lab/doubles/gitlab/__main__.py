"""`python3 -m gitlab CONFIG`: serve until ended; CONFIG is JSON: a socket, a directory, a URL."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .http import serve
from .routes import ROUTES
from .store import Store

settings = json.loads(Path(sys.argv[1]).read_text())
serve(Path(settings["socket"]), Store(Path(settings["state"])), ROUTES, settings["url"])
