"""What stands in secrets.env: read literally, or refused by name where readers would differ."""

from __future__ import annotations

import io
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from dotenv.parser import Binding, parse_stream

from spec import private_file

_PLAIN = re.compile(r"[A-Za-z0-9_.:/+=@%,-]+")


@dataclass(frozen=True)
class Entry:
    """One line (or more, between quotes) of the file: its secret, if it sets one, and its text."""

    name: str  # in lower case; "" where it sets none
    value: str
    text: str
    reason: str = ""  # why it cannot be believed


def read(path: Path) -> list[Entry]:
    """Every entry of a file, none where there is no file; raises ValueError where it is no text."""
    if not path.exists():
        return []
    try:
        return entries(path.read_text(encoding="utf-8-sig"))
    except UnicodeDecodeError:
        raise ValueError("not a text in UTF-8: write it anew with an editor") from None


def entries(text: str) -> list[Entry]:
    """The same of a text, in its order."""
    return list(_once(_entry(binding) for binding in parse_stream(io.StringIO(text))))


def written(name: str, value: str) -> str:
    """The line that sets a secret, as every reader reads it."""
    if not _PLAIN.fullmatch(value):
        value = "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"
    return f"{name}={value}\n"


def doubts(path: Path) -> dict[str, str]:
    """Why something in the file cannot be believed, by the secret's name (or the file's own)."""
    try:
        return {entry.name: entry.reason for entry in read(path) if entry.reason}
    except ValueError as bad:
        return {path.name: str(bad)}


def keep(made: Mapping[str, str], path: Path) -> None:
    """Have these secrets in a file that only its owner may read; what else is in it stays.

    A secret of the same name is replaced. A reader finds the old file, or the whole new one.
    """
    kept = [entry.text for entry in read(path) if entry.name not in made]
    lines = [text if text.endswith("\n") else f"{text}\n" for text in kept if text]
    lines += [written(name, value) for name, value in made.items()]
    private_file.write("".join(lines), path)


def name_in(line: str) -> str:
    """The secret that a line of the file sets; "" where it sets none."""
    return next((entry.name for entry in entries(line)), "")


def _entry(binding: Binding) -> Entry:
    text = binding.original.string
    # Also of a line that dotenv gives up on: a mistake has a name.
    called = re.match(r"\s*(?:export\s+)?([^=#\s]+)", text)
    name = called[1].strip("'").lower() if called else ""
    if binding.error:
        if re.match(r"\s*(export\s+)?[^=\s'\"]+\s*=", text):
            reason = "quotes do not end, or something stands behind them"
        else:
            reason = "is no NAME=value, with or without `export` before it: write it so"
        return Entry(name, "", text, f"in line {_line(binding)} {reason}")
    if binding.key is None:
        return Entry("", "", text)
    if binding.value is None:
        return Entry(name, "", text, f"in line {_line(binding)} has no value: write {name}=…")
    return Entry(name, binding.value, text, _doubt(text.partition("=")[2].strip()))


def _line(binding: Binding) -> int:
    blank = re.match(r"\s*", binding.original.string)
    return binding.original.line + (blank[0].count("\n") if blank else 0)


def _doubt(raw: str) -> str:
    """Why a shell, dotenv and Compose would not read the same; "" where they do."""
    if raw.startswith("'"):
        return ""
    if raw.startswith('"'):
        signs = [sign for sign in "$`" if sign in raw]
        if not signs:
            return ""
        how = "between double quotes"
    else:
        signs = [sign for sign in "$#\"'`\\" if sign in raw]
        signs += ["a blank"] if re.search(r"\s", raw) else []
        if not signs:
            return ""
        how = "without quotes"
    return (
        f"holds {' and '.join(signs)} {how}, which not everybody reads alike: put the value between"
        " single quotes (a ' in it as \\'), and a comment on a line of its own"
    )


def _once(found: Iterator[Entry]) -> Iterator[Entry]:
    seen: set[str] = set()
    for entry in found:
        if entry.name in seen and not entry.reason:
            reason = "stands there twice: take one of the lines out"
            yield Entry(entry.name, entry.value, entry.text, reason)
        else:
            yield entry
        seen |= {entry.name} - {""}
