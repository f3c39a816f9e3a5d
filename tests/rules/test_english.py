"""Plain English on the pages: coined words that an earlier style had do not come back."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.rules.tracked import ROOT, tracked

GENERATED = {Path("docs/cli.md"), Path("docs/metrics.md")}
"""Their sentences are those of the code."""
PAGES = [path for path in tracked() if path.suffix == ".md" and (path.parts[0] == "docs" or len(path.parts) == 1) and path not in GENERATED]
COINED = re.compile(r"\b(tells?|telling|told|whoever|whom|nobody|somebody|for want of|enrolment|begun|he|his|him|ours)\b", re.IGNORECASE)
CODE = re.compile(r"```.*?```|`[^`\n]*`", re.DOTALL)


def coined(text: str) -> list[str]:
    """Return the coined words of a page, without those in code."""
    return COINED.findall(CODE.sub("", text))


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_has_no_coined_word(path: Path) -> None:
    """The subject is the thing, and machines neither tell nor hear."""
    assert coined((ROOT / path).read_text()) == []


def test_code_on_a_page_is_no_prose() -> None:
    """Outputs and messages are quoted as they are."""
    assert coined("It tells. `nobody has looked`\n```\ntold\n```\nWhoever reads") == ["tells", "Whoever"]
