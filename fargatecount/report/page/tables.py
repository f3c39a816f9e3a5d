"""Tables: any part of a report, shown without knowing what it is about.

Pure. A part that a newer version adds to the reports is on the page at once, only less well dressed than what the page knows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

MAX_ROWS = 200
"""As many as somebody scrolls through; the table says how many it leaves out."""


class Table(msgspec.Struct, frozen=True, kw_only=True):
    """Rows of text under column names."""

    title: str
    columns: Sequence[str]
    rows: Sequence[Sequence[str]]
    left_out: int = 0


def tables(title: str, value: Any) -> list[Table]:
    """Return the tables that show `value`, decoded JSON: its plain values in one, and each list or object within it in one of its own."""
    return [table for table in _tables(title, value) if table.rows]


def _tables(title: str, value: Any) -> Iterator[Table]:
    if isinstance(value, Mapping):
        yield _table(title, ["", "value"], [[_words(name), text(each)] for name, each in value.items() if _is_plain(each)])
        for name, each in value.items():
            if not _is_plain(each):
                yield from _tables(f"{title}: {_words(name)}", each)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        entries = [each if isinstance(each, Mapping) else {"value": each} for each in value]
        names = list(dict.fromkeys(name for entry in entries for name in entry))
        yield _table(title, [_words(name) for name in names], [[text(entry.get(name)) for name in names] for entry in entries])
    elif value is not None:
        yield _table(title, ["value"], [[text(value)]])


def _table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    return Table(title=title, columns=columns, rows=rows[:MAX_ROWS], left_out=max(len(rows) - MAX_ROWS, 0))


def _is_plain(value: Any) -> bool:
    return not isinstance(value, Mapping | Sequence) or isinstance(value, str)


def _words(name: str) -> str:
    return str(name).replace("_", " ")


def text(value: Any) -> str:
    """Return a JSON value as people read it."""
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:,.2f}".rstrip("0").rstrip(".")
    if isinstance(value, Mapping):
        return ", ".join(f"{_words(name)} {text(each)}" for name, each in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return ", ".join(text(each) for each in value)
    return str(value)
