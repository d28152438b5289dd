"""The platform as it should be: settings and machines, checked, typed, and nothing else."""

from spec.errors import Mistake, Refused
from spec.load import load, platform
from spec.platform import Machine, OpenPort, Platform
from spec.secrets import Secrets

__all__ = ["Machine", "Mistake", "OpenPort", "Platform", "Refused", "Secrets", "load", "platform"]
