"""Text for terminals, spreadsheets and programs: no reader obeys foreign text in a name or a reason.

Names and reasons come from AWS and from clusters, so they may hold anything: control characters (ESC, and the C1 controls from U+0080 to
U+009F), characters that reverse the direction of writing (https://www.unicode.org/reports/tr9/), line ends, formulas.
"""

from __future__ import annotations

import codecs
import re
import sys
import unicodedata

ASCII = {"≥": ">=", "≤": "<=", "█": "#", "░": ".", "▶": ">", "…": "..."}
"""Replacements for the characters that the commands draw themselves, if the output's encoding lacks them."""
FALLBACK = "fargatecount-ascii"
"""The name of the error handler that `tolerate_encoding` registers."""
FORMULA = ("=", "+", "-", "@")
"""How a formula begins in a spreadsheet (https://owasp.org/www-community/attacks/CSV_Injection)."""


def plain(text: str) -> str:
    r"""Return text that no terminal obeys: a character that is not printable becomes an escape such as `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def one_line(text: str) -> str:
    """Return a message as one plain line: botocore's messages have several."""
    return plain(re.sub(r"\s*[\r\n]+\s*", " ", text.strip()))


def cell(text: str) -> str:
    """Return plain text that no spreadsheet takes for a formula: an apostrophe stands before what begins like one.

    Full-width and small forms of the signs count too: spreadsheets read U+FF1D as `=`.
    """
    first = unicodedata.normalize("NFKC", text[:1])
    return f"'{plain(text)}" if first.startswith(FORMULA) or text.startswith(("\t", "\r", "\n")) else plain(text)


def json_text(text: str, *, encoding: str) -> str:
    r"""Return the text of a JSON document whose strings hold no character that a terminal obeys or that `encoding` lacks.

    Such a character becomes its escape (`\u009b`), which a JSON reader turns back: the document means the same.
    """
    return "".join(c if c == "\n" or (c.isprintable() and _has(c, encoding)) else _json_escape(c) for c in text)


def shown(text: str, *, encoding: str) -> str:
    """Return plain text in characters that `encoding` has, before a table is laid out: `>=` is wider than `≥`."""
    return "".join(c if _has(c, encoding) else ASCII.get(c, c) for c in plain(text))


def stdout_encoding() -> str:
    """Return the encoding of the standard output."""
    return getattr(sys.stdout, "encoding", None) or "utf-8"


def tolerate_encoding() -> None:
    """Let stdout and stderr replace characters that their encoding lacks, instead of failing in the middle of an answer."""
    codecs.register_error(FALLBACK, _replace)
    for stream in (sys.stdout, sys.stderr):
        reconfigure = getattr(stream, "reconfigure", None)
        if reconfigure is not None and getattr(stream, "errors", None) in {"strict", "surrogateescape"}:
            reconfigure(errors=FALLBACK)


def _replace(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    lacking = error.object[error.start : error.end]
    return "".join(ASCII.get(c) or c.encode("ascii", "backslashreplace").decode() for c in lacking), error.end


def _has(character: str, encoding: str) -> bool:
    try:
        character.encode(encoding)
    except (UnicodeEncodeError, LookupError):
        return False
    return True


def _json_escape(character: str) -> str:
    units = character.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{int.from_bytes(units[i : i + 2], 'big'):04x}" for i in range(0, len(units), 2))
