"""How answers are printed: JSON for programs, CSV for spreadsheets, tables for people; warnings go to stderr."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import click
import msgspec


def print_json(document: Any) -> None:
    """Print a document as JSON: indented on a terminal, else on one line."""
    click.echo(msgspec.json.format(msgspec.json.encode(document), indent=2 if sys.stdout.isatty() else 0).decode())


def print_csv(rows: Sequence[Mapping[str, Any]]) -> None:
    """Print rows as CSV with a heading; None is an empty cell, and text is plain, for a terminal may be what reads it.

    Nor is any text a formula, for a spreadsheet may be what reads it: one that begins like a formula has an apostrophe in front
    (https://owasp.org/www-community/attacks/CSV_Injection).
    """
    if not rows:
        return
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _cell(value) if isinstance(value, str) else value for name, value in row.items()} for row in rows)
    click.echo(buffer.getvalue(), nl=False)


def _cell(text: str) -> str:
    return f"'{plain(text)}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else plain(text)


SHORT = 10
"""Characters up to which text is a word, which is not broken in two: `unreadable` is one."""
NARROWEST = 8
"""Characters of the first column that are left where all others need the rest: a longer name then goes on below."""
BETWEEN = 2
"""Columns of a terminal between two of a table."""
INCOMPLETE = "incomplete"
"""The state of a total in which something is missing."""
OTHER_COLUMNS = 90
"""What stands beside the state of a cluster: eight numbers, and a name of twenty characters."""


class Colored(NamedTuple):
    """Text in a colour, which a terminal shows unless NO_COLOR is set, and nobody else."""

    text: str
    color: str


def table(
    title: str,
    columns: Sequence[str],
    rows: Sequence[Sequence[str | Colored]],
    *,
    footer: Sequence[str] | None = None,
    texts: Collection[str] = (),
) -> Any:
    """Return a Rich table: text to the left, numbers to the right, names as written, never read as markup.

    Where a terminal is too narrow, text goes on in the next line; no number is ever cut. Text are the first column, the last one and
    `texts`.
    """
    from rich import box  # noqa: PLC0415 - Rich costs 60 ms to import, and JSON output does not need it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    result = Table(
        title=Text(title),
        box=box.SIMPLE_HEAD,
        title_justify="left",
        show_footer=footer is not None,
        collapse_padding=True,
        pad_edge=False,
    )
    colored = [[cell if isinstance(cell, Colored) else Colored(cell, "") for cell in row] for row in rows]
    for i, name in enumerate(columns):
        is_text = i in {0, len(columns) - 1} or name in texts
        widest = max(map(len, [name, *(row[i].text for row in colored), footer[i] if footer else ""]))
        room = widest if not is_text else SHORT if i else NARROWEST
        result.add_column(
            name,
            justify="left" if is_text else "right",
            overflow="fold",
            footer=Text(footer[i]) if footer else "",
            no_wrap=widest <= room,
            min_width=min(widest, room),
        )
    result.min_width = sum(column.min_width or 0 for column in result.columns) + BETWEEN * len(columns)
    for row in colored:
        result.add_row(*(Text(plain(cell.text), style=cell.color) for cell in row))
    return result


def plain(text: str) -> str:
    r"""Return text that no terminal obeys: what is not printable stands there as `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def state(usage: Mapping[str, Any]) -> str:
    """Return whether numbers can be trusted: `ok`, or why not where a table has room for all of it.

    The reason of an unreadable cluster stands whole, with what to do, in the warnings below each table.
    """
    if usage["readable"]:
        return "ok"
    reason = str(usage["reason"])
    return reason if len(reason) <= max(width() - OTHER_COLUMNS, SHORT) else "unreadable"


def width() -> int:
    """Return the columns of the terminal; without one, what fits into a log or a mail."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 200


def show(renderable: Any) -> None:
    """Print a Rich renderable to stdout; without a terminal it is plain.

    A table that needs more than the terminal has gets it: what the terminal breaks in two can be read, what is cut cannot.
    """
    from rich.console import Console  # noqa: PLC0415

    least = getattr(renderable, "min_width", None) or 0
    # Without a height, which nothing here depends on, Rich takes each dumb terminal for one of 80 columns.
    Console(width=max(width(), least), height=24, highlight=False).print(renderable)


def warn(text: str) -> None:
    """Print a warning to stderr."""
    click.echo(f"warning: {plain(text)}", err=True)


def error(text: str, remedy: str = "") -> None:
    """Print to stderr what went wrong, and below it what to do about that."""
    click.echo(f"error: {plain(text)}", err=True)
    if remedy:
        click.echo(f"  {plain(remedy)}", err=True)


def amount(value: int, noun: str) -> str:
    """Return so many of something; the noun is one that takes an s."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def number(value: float | None) -> str:
    """Return a number as people write it: no trailing zeros, `?` for what is not known."""
    if value is None:
        return "?"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
