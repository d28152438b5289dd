"""What differs in the lab: how to get in, who answers DNS, where kubeconfigs go."""

import os as _os

from lab import CHECKOUT as _CHECKOUT
from lab import OPERATOR as _OPERATOR
from lab import USUAL as _USUAL
from lab import Lab as _Lab

ssh_key = ".lab/ssh/id_ed25519"
ssh_known_hosts_file = ".lab/ssh/known_hosts"

operator_networks = [f"{_OPERATOR}/32"]

dns_servers = ["192.168.56.2"]
dns_fallback = []

_fetched = _Lab(_os.environ.get("LAB") or _USUAL).fetched
operator_folder = str(_fetched.relative_to(_CHECKOUT))
