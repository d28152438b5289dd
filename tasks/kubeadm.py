"""What beginning a cluster and joining one have in common: kubeadm's documents."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

import yaml

from operations.bootstrap_token import Token
from operations.files import File
from operations.sources import source
from spec import Platform
from spec.kubernetes import API_PORT
from spec.lines import kubeadm_api


def words(platform: Platform) -> dict[str, Any]:
    """What kubeadm's documents are written with, besides settings: the format decides."""
    api = kubeadm_api(platform.k8s_node.kubernetes_minor)
    return {
        "api": api,
        "argument": partial(_argument, api),
        "port": API_PORT,
        "ignored": list(platform.k8s_control.kubeadm_ignored_errors),
    }


def kubelet(platform: Platform) -> File:
    """What every kubelet is told: ours, with the settings laid over it."""
    file = source(platform, "k8s_node", "/etc/kubernetes/kubelet.yaml")
    theirs = platform.k8s_control.kubeadm_kubelet
    if not theirs:
        return file
    merged = _merged(yaml.safe_load(file.content), theirs)
    return File(file.path, yaml.safe_dump(merged, sort_keys=False))


def join_configuration(platform: Platform, token: Token, pin: str, key: str) -> str:
    """What joins a node; with a `key` for its certificates it becomes a control plane as well."""
    written = words(platform) | {"token": token, "pin": pin, "key": key}
    return source(platform, "k8s_node", "/run/kubeadm/join.yaml", **written).content


def _argument(api: str, name: str, value: object) -> str:
    """An argument of a program's: an entry of a table in the old format, of a list in the new."""
    if api == "v1beta3":
        return f'{name}: "{value}"'
    return f'- {{name: {name}, value: "{value}"}}'


def _merged(ours: Mapping[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(ours)
    for name, value in theirs.items():
        both = isinstance(value, Mapping) and isinstance(merged.get(name), Mapping)
        merged[name] = _merged(merged[name], value) if both else value
    return merged
