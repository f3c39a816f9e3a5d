"""Plain American English: coined words of an earlier style and British spellings do not come back, in pages, docstrings or comments."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.rules.tracked import ROOT, modules, tracked

GENERATED = {Path("docs/cli.md"), Path("docs/metrics.md")}
"""Their sentences are those of the code."""
PAGES = [path for path in tracked() if path.suffix == ".md" and (path.parts[0] == "docs" or len(path.parts) == 1) and path not in GENERATED]
MODULES = modules("fargatecount", "handlers", "watcher", "taskstats", "local", "benchmarks", "tools", "tests")
TEMPLATES = [path for path in tracked() if path.suffix in {".yml", ".yaml"} and path.parts[0] in {"infra", "serverless.yml", "watcher"}]
COINED = re.compile(r"\b(tells?|telling|told|whoever|whom|nobody|somebody|for want of|enrolment|begun|he|his|him|ours)\b", re.IGNORECASE)
BRITISH = re.compile(
    r"\b(enrol|enrols|enrolment|licences?|licenced|artefacts?|(?:dis)?colou?r(?<=colour)\w*|behaviou?r(?<=behaviour)\w*"
    r"|(?:favour|neighbour|honour|labour)\w*|catalogue[sd]?|centre[sd]?|grey|programmes?|whilst|defence|offence|judgement|fulfil"
    r"|cancell(?:ed|ing|able)|labell(?:ed|ing)|travell(?:ed|ing|er)|modell(?:ed|ing)|(?:mis)?spelt|learnt|for ever"
    r"|(?:organ|recogn|initial|normal|serial|summar|optim|minim|maxim|random|author|synchron|categor|custom|final|visual)is(?:e[sd]?|ing|ation))\b",
    re.IGNORECASE,
)
CODE = re.compile(r"```.*?```|`[^`\n]*`|https?://\S+|\]\([^)\s]*\)", re.DOTALL)
"""What is no prose: code, addresses, and the targets of links."""


def words(pattern: re.Pattern[str], text: str) -> list[str]:
    """Return the words of a text that a pattern forbids, without those in code and addresses."""
    return [match.group() for match in pattern.finditer(CODE.sub("", text))]


def prose(source: str) -> Iterator[str]:
    """Yield the docstrings and comments of a module, which are its prose; names and messages are not."""
    for token in tokenize.generate_tokens(io.StringIO(source).readline):
        if token.type == tokenize.COMMENT:
            yield token.string
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


@pytest.mark.parametrize("path", PAGES, ids=str)
def test_a_page_is_in_plain_english(path: Path) -> None:
    """The subject is the thing, the verb is what it does, and the spelling is American."""
    text = (ROOT / path).read_text()
    assert words(COINED, text) + words(BRITISH, text) == []


def test_the_code_is_in_plain_english() -> None:
    """Docstrings and comments keep to the words of the pages."""
    mine = Path(__file__).relative_to(ROOT)
    texts = ((path, text) for path in MODULES if path != mine for text in prose((ROOT / path).read_text()))
    assert [f"{path}: {word}" for path, text in texts for word in words(COINED, text) + words(BRITISH, text)] == []


def test_the_templates_are_in_plain_english() -> None:
    """Alarm descriptions and the comments of settings are read by operators."""
    found = [(path, (ROOT / path).read_text()) for path in TEMPLATES]
    assert [f"{path}: {word}" for path, text in found for word in words(COINED, text) + words(BRITISH, text)] == []


def test_code_on_a_page_is_no_prose() -> None:
    """Outputs and messages are quoted as they are."""
    assert words(COINED, "It tells. `nobody has looked`\n```\ntold\n```\nWhoever reads") == ["tells", "Whoever"]


@pytest.mark.parametrize(("british", "american"), [("colours", "colors"), ("behaviour", "behavior"), ("serialised", "serialized")])
def test_each_spelling_is_known(british: str, american: str) -> None:
    """The rule finds the British spelling, and not the American one."""
    assert (words(BRITISH, british), words(BRITISH, american)) == ([british], [])


def test_only_docstrings_and_comments_are_prose() -> None:
    """A name or a literal may have any word: some are promised keys."""
    assert list(prose('"""Told."""\nenrolment = "told"  # ours\n')) == ["# ours", "Told."]
