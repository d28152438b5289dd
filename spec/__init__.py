"""The platform as it should be: settings and machines, checked, typed, and nothing else."""

from spec.errors import Mistake, Refused
from spec.load import load, platform
from spec.parts import Machine, OpenPort, Robot
from spec.platform import RUNNER_USER, Platform
from spec.secrets import CHECKOUT, Secrets

__all__ = [
    "CHECKOUT",
    "RUNNER_USER",
    "Machine",
    "Mistake",
    "OpenPort",
    "Platform",
    "Refused",
    "Robot",
    "Secrets",
    "load",
    "platform",
]
