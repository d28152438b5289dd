"""`python3 -m gitlab CONFIG`: serve until ended; CONFIG is JSON: a socket, a directory, a URL."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from .deploy_keys import tell_sshd
from .http import serve
from .routes import ROUTES
from .store import Store

settings = json.loads(Path(sys.argv[1]).read_text())
store = Store(Path(settings["state"]), settings["account"], Path(settings["package"]))
tell_sshd(store)  # what somebody has changed while it was off
serve(Path(settings["socket"]), store, ROUTES, settings["url"])
