"""The glossary leads a newcomer to the code."""

from __future__ import annotations

import re

import pytest

from tests.rules.tracked import ROOT

ROWS = [line for line in (ROOT / "docs" / "glossary.md").read_text().splitlines() if line.startswith("| **")]


@pytest.mark.parametrize("row", ROWS, ids=[row.split("**")[1] for row in ROWS])
def test_a_word_names_the_files_in_which_it_lives(row: str) -> None:
    """Each row names at least one file, and only files that exist."""
    files = re.findall(r"`([\w/]+\.py)`", row.rstrip("| ").rpartition("|")[2])
    assert files
    assert [name for name in files if not (ROOT / "fargatecount" / name).exists()] == []


STEM = 6
"""Letters of a word that its file has, whatever its ending: `reconcile` and `reconciler`."""


@pytest.mark.parametrize("row", ROWS, ids=[row.split("**")[1] for row in ROWS])
def test_the_named_files_use_the_word(row: str) -> None:
    """Each file of a word contains it, so that a moved concept is noticed."""
    word = row.split("**")[1].lower()
    files = re.findall(r"`([\w/]+\.py)`", row.rstrip("| ").rpartition("|")[2])
    texts = {name: (ROOT / "fargatecount" / name).read_text().lower() for name in files}
    assert [name for name, text in texts.items() if word[:STEM] not in text and word[:STEM].replace(" ", "_") not in text] == []
