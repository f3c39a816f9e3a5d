"""docs/architecture.md leads to the code that exists."""

from __future__ import annotations

import re

import pytest

from tests.rules.tracked import ROOT
from tools.architecture import BEGIN, END, PAGE, floors, with_drawing

ROWS = re.findall(r"^\| ([^|]+\?) \| (.+) \|$", PAGE.read_text(), re.MULTILINE)


def test_the_drawing_is_the_contract() -> None:
    """The floors on the page are those of pyproject.toml; `python -m tools.architecture` draws them again."""
    assert PAGE.read_text() == with_drawing(PAGE.read_text())


def test_every_package_stands_on_one_floor() -> None:
    """A package or root module of `fargatecount` appears in the drawing exactly once."""
    drawn = [name for members in floors() for name in members]
    found = {path.stem for path in (ROOT / "fargatecount").iterdir() if path.stem != "__init__" and (path / "__init__.py").exists()}
    found |= {path.stem for path in (ROOT / "fargatecount").glob("*.py") if path.stem != "__init__"}
    assert sorted(drawn) == sorted(found | {"handlers", "watcher", "taskstats", "local"})


def test_a_page_without_markers_is_refused() -> None:
    """The generator does not guess where the drawing belongs."""
    with pytest.raises(ValueError, match="lacks the lines"):
        with_drawing(f"# A page\n\n{BEGIN}\n")
    assert with_drawing(f"{BEGIN}{END}").startswith(BEGIN)


@pytest.mark.parametrize(("question", "answer"), ROWS, ids=[question for question, _ in ROWS])
def test_a_question_leads_to_files_that_exist(question: str, answer: str) -> None:
    """Each row of the table names at least one file, relative to `fargatecount/` or to the checkout."""
    files = re.findall(r"`([\w./*-]+\.(?:py|yml|js|toml))`", answer)
    assert files, question
    assert [name for name in files if not list((ROOT / "fargatecount").glob(name)) and not list(ROOT.glob(name))] == []
