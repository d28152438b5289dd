"""Variables of pipelines: names that somebody has already, and values that cannot be meant."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import AfterValidator

from spec import reserved
from spec.application import bases
from spec.labels import image
from spec.secrets import Secrets

# GitLab's own tokens begin so (docs: token overview).
TOKENS = ("glpat-", "glrt-", "glptt-", "gldt-", "glcbt-", "GR1348941")
# Of these the shipped application's scripts take some values only.
SHIPPED = {
    "GIT_STRATEGY": (r"clone|fetch", "clone or fetch: jobs need the code"),
    "HELM_VERSION": (r"[0-9]+(\.[0-9]+){2}", "a version such as 1.2.3"),
    "KUBECTL_VERSION": (r"1(\.[0-9]+){2}", "a version such as 1.31.2"),
    "MYSQL_DATABASE": (r"[A-Za-z0-9_]{1,64}", "letters, digits and _"),
    "MYSQL_USER": (r"(?!root$)[A-Za-z0-9_]{1,32}", "letters, digits and _, and not root"),
    "SEED": (r"true|false", "true or false"),
}


def misused(variables: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Variables whose value ends the shipped application's pipeline, and what to write."""
    built_from = bases()
    for name, value in variables.items():
        form, reads = SHIPPED.get(name, ("(?s).*", ""))
        if not re.fullmatch(form, value):
            yield name, f"the shipped application's pipeline ends at it: write {reads}"
        if name in built_from:
            try:
                image(value)
            except ValueError as reason:
                yield name, str(reason)


def _variable(value: str) -> str:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]{0,254}", value):
        raise ValueError(
            "not the name of a variable: letters, digits and _, no digit first, 255 at most"
        )
    if value in reserved.OWN_VARIABLES:
        raise ValueError(f"{value} is set by {reserved.OWN_VARIABLES[value]}: change that instead")
    if value in reserved.VARIABLES or value.startswith(reserved.VARIABLE_PREFIXES):
        raise ValueError(f"{value} is GitLab's own, or the shell's: choose another name")
    if value.lower() in Secrets.model_fields:
        raise ValueError(f"a secret, for all to read: write {value.lower()} into secrets.env")
    return value


def _variable_value(value: str) -> str:
    if not value or len(value) > 10_000 or "\x00" in value:
        raise ValueError(
            "empty, or more than GitLab keeps (10000 characters): leave the variable out"
        )
    if value.startswith(TOKENS):
        raise ValueError("a token of GitLab's, for all to read: enter it at GitLab by hand, masked")
    return value


VariableName = Annotated[str, AfterValidator(_variable)]
VariableValue = Annotated[str, AfterValidator(_variable_value)]
