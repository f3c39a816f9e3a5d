"""How answers are printed: JSON for programs, CSV for spreadsheets, tables for people; warnings go to stderr."""

from __future__ import annotations

import csv
import io
import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import click


def print_json(document: Any) -> None:
    """Print a document as JSON."""
    click.echo(json.dumps(document, indent=2 if sys.stdout.isatty() else None, ensure_ascii=False))


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


class Colored(NamedTuple):
    """Text in a colour, which a terminal shows unless NO_COLOR is set, and nobody else."""

    text: str
    color: str


def table(title: str, columns: Sequence[str], rows: Sequence[Sequence[str | Colored]], *, footer: Sequence[str] | None = None) -> Any:
    """Return a Rich table: first column to the left, numbers to the right, names as written, never read as markup."""
    from rich import box  # noqa: PLC0415 - Rich costs 60 ms to import, and JSON output does not need it
    from rich.table import Table  # noqa: PLC0415
    from rich.text import Text  # noqa: PLC0415

    result = Table(title=Text(title), box=box.SIMPLE_HEAD, title_justify="left", show_footer=footer is not None)
    for i, name in enumerate(columns):
        last = i == len(columns) - 1
        result.add_column(
            name, justify="left" if i == 0 or last else "right", overflow="fold", footer=Text(footer[i]) if footer else "", no_wrap=not last
        )
    for row in rows:
        cells = (cell if isinstance(cell, Colored) else Colored(cell, "") for cell in row)
        result.add_row(*(Text(plain(cell.text), style=cell.color) for cell in cells))
    return result


def plain(text: str) -> str:
    r"""Return text that no terminal obeys: what is not printable stands there as `\x1b`."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


STATE_WIDTH = 48
"""Characters of a reason that fit a table on a terminal of 120 columns; the warning below the table has it whole."""


def state(usage: Mapping[str, Any]) -> str:
    """Return the word for whether numbers can be trusted: `ok`, or why not, as far as a table has room for it."""
    if usage["readable"]:
        return "ok"
    reason = str(usage["reason"])
    return reason if len(reason) <= STATE_WIDTH else reason[: STATE_WIDTH - 1] + "…"


def show(renderable: Any) -> None:
    """Print a Rich renderable to stdout; without a terminal it is plain and as wide as it needs to be."""
    from rich.console import Console  # noqa: PLC0415

    console = Console(width=None if sys.stdout.isatty() else 200, highlight=False)
    console.print(renderable)


def warn(text: str) -> None:
    """Print a warning to stderr."""
    click.echo(f"warning: {plain(text)}", err=True)


def error(text: str, remedy: str = "") -> None:
    """Print to stderr what went wrong, and below it what to do about that."""
    click.echo(f"error: {plain(text)}", err=True)
    if remedy:
        click.echo(f"  {plain(remedy)}", err=True)


def number(value: float | None) -> str:
    """Return a number as people write it: no trailing zeros, `?` for what is not known."""
    if value is None:
        return "?"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
