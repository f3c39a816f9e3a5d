"""What other people's text may do to a terminal, a spreadsheet and a program: nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.cli.text import ASCII, cell, json_text, one_line, plain, shown
from tests.support.command import ROOT, SECONDS

C1 = [chr(code) for code in range(0x80, 0xA0)]
BIDI = ["\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u200f", "\u061c"]
OBEYED = ["\x1b", "\x07", "\x7f", "\u2028", "\u2029", "\ufeff", *C1, *BIDI]


@pytest.mark.parametrize("character", OBEYED, ids=lambda character: f"U+{ord(character):04X}")
def test_no_control_reaches_a_terminal(character: str) -> None:
    """C0 and C1 controls, direction overrides and line separators are escaped in tables, CSV and JSON alike."""
    text = f"a{character}b"
    document = json.dumps({"name": text}, ensure_ascii=False)
    assert character not in plain(text) + cell(text) + one_line(text) + json_text(document, encoding="utf-8")


@given(st.text(), st.sampled_from(["utf-8", "latin-1", "ascii", "cp1252"]))
def test_json_means_the_same_in_every_encoding(text: str, encoding: str) -> None:
    """A reader gets back the very text, whatever the encoding lacks and a terminal would obey."""
    document = json.dumps([text], ensure_ascii=False)
    safe = json_text(document, encoding=encoding)
    assert json.loads(safe.encode(encoding).decode(encoding)) == [text]
    assert all(c.isprintable() for c in safe)


@pytest.mark.parametrize("first", [*"=+-@\t\r\n", *"\uff1d\uff0b\uff0d\uff20", *"\ufe62\ufe63\ufe66\ufe6b\u207a\u207c"])
def test_no_cell_begins_like_a_formula(first: str) -> None:
    """An apostrophe stands before every sign that a spreadsheet reads as the beginning of a formula, in all its widths."""
    assert cell(f"{first}1+1").startswith("'")


@pytest.mark.parametrize("text", ["web", "1", "ECS-web", "a=b", "é", ""])
def test_other_cells_stay_as_they_are(text: str) -> None:
    """A name is not changed without need."""
    assert cell(text) == text


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("Parameter validation failed:\nInvalid length: 3", "Parameter validation failed: Invalid length: 3"),
        ("one\r\n  two\n", "one two"),
        ("a\x1b[2Jb", "a\\x1b[2Jb"),
    ],
)
def test_a_message_is_one_line(text: str, line: str) -> None:
    """The line ends of a vendor's message become spaces, and other controls are escaped."""
    assert one_line(text) == line


@pytest.mark.parametrize("character", ASCII)
def test_drawn_characters_have_an_ascii_form(character: str) -> None:
    """A character that the encoding lacks is replaced before the table is laid out; one that it has stays."""
    assert shown(f"{character}1", encoding="ascii") == f"{ASCII[character]}1"
    assert shown(f"{character}1", encoding="utf-8") == f"{character}1"


@pytest.mark.parametrize("encoding", ["latin-1", "ascii", "cp1252", "ascii:strict"])
def test_an_output_that_is_not_utf_8_gets_every_answer(encoding: str) -> None:
    """A table with a bar, a bound and a foreign name is printed in full on any encoding, and so is a warning."""
    program = (
        "from fargatecount.cli import output, quota_bar, termination; termination.prepare();"
        " output.show(output.table('T', ['NAME', 'USED', 'BAR'], [['中文…', '≥7.5', quota_bar.quota_bar(140)]], footer=['s', '≥8', '']));"
        " output.print_json({'name': '中😀'}); output.print_csv([{'name': '中≥'}]); output.warn('≤ 中')"
    )
    run = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env=os.environ | {"PYTHONIOENCODING": encoding, "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
        timeout=SECONDS,
    )
    # click writes UTF-8 where Python says ASCII: a locale that is not set up is more likely than a terminal of ASCII.
    text = run.stdout.decode("utf-8" if encoding.startswith("ascii") else encoding)
    assert (run.returncode, "Traceback" in run.stderr.decode("latin-1")) == (0, False)
    assert ">=7.5" in text
    assert "#" * 19 + ">" in text
    assert '{"name":"\\u4e2d\\ud83d\\ude00"}' in text.replace(" ", "")
