"""What a person sees of the steps of a lab."""

from __future__ import annotations

import pytest

from lab import progress


def test_each_line_says_how_many_steps_are_still_to_come(monkeypatch: pytest.MonkeyPatch) -> None:
    output: list[str] = []
    monkeypatch.setattr(progress.console, "print", lambda text: output.append(str(text)))
    with progress.expected(["Make a", "Make b", "Make c"]):
        with progress.step("Make a"), progress.step("Make b"):
            pass
        with progress.step("Make c"):
            pass
    counted = [text.partition("s")[2].removesuffix("[/dim]") for text in output if "✓" in text]
    assert ["1 more to come" in text for text in counted] == [True, True, False]
    assert output[0] == "  … Make a"
