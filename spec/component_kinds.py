"""Kinds of values that kubelet's and kube-proxy's fields take, and how long a duration is."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

_UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
DURATION = re.compile(r"([0-9]+(\.[0-9]+)?(ns|us|µs|ms|s|m|h))+|0")


def seconds(duration: str) -> float:
    """How long a duration as Go writes it is: 1m30s is 90."""
    parts = re.findall(r"([0-9.]+)(ns|us|µs|ms|s|m|h)", duration)
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def _all(value: object, kind: type) -> bool:
    return isinstance(value, Mapping) and all(isinstance(one, kind) for one in value.values())


def _each(value: object, kind: type) -> bool:
    return isinstance(value, list | tuple) and all(isinstance(one, kind) for one in value)


# By kind: how a person reads it, and whether a value is of it.
KINDS: Mapping[str, tuple[str, Callable[[Any], bool]]] = {
    "bool": ("True or False", lambda value: isinstance(value, bool)),
    "bools": ("names with True or False", lambda value: _all(value, bool)),
    "duration": ("a time such as 1m30s", lambda value: bool(DURATION.fullmatch(str(value)))),
    "int": ("a whole number", lambda value: type(value) is int),
    "list": ("a list of texts", lambda value: _each(value, str)),
    "number": ("a number", lambda value: type(value) in (int, float)),
    "object": ("fields of its own", lambda value: isinstance(value, Mapping)),
    "objects": ("a list of fields", lambda value: _each(value, Mapping)),
    "text": ("text", lambda value: isinstance(value, str)),
    "texts": ("names with text", lambda value: _all(value, str)),
}
