"""Printing of answers: JSON for programs, CSV for spreadsheets, tables for people; warnings go to stderr."""

from __future__ import annotations

import csv
import io
import shutil
import sys
from collections.abc import Collection, Mapping, Sequence
from typing import Any, NamedTuple

import click
import msgspec

from fargatecount.cli.error_document import echo_error
from fargatecount.cli.fitting import BETWEEN, kept_columns
from fargatecount.cli.text import cell, json_text, one_line, plain, shown, stdout_encoding
from fargatecount.cli.verbosity import is_quiet

__all__ = ["plain"]


def print_json(document: Any) -> None:
    """Print a document as JSON: indented on a terminal, else on one line."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2 if sys.stdout.isatty() else 0).decode()
    click.echo(json_text(text, encoding=stdout_encoding()))


def print_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str] = ()) -> None:
    """Print rows as CSV with a heading, which is `columns` where there are no rows.

    None is an empty cell, and text is safe for a terminal and a spreadsheet: `text.cell`.
    """
    if not rows and not columns:
        return
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, fieldnames=list(rows[0]) if rows else columns, lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _field(value) for name, value in row.items()} for row in rows)
    click.echo(buffer.getvalue(), nl=False)


def print_structs_csv(rows: Sequence[msgspec.Struct], kind: type[msgspec.Struct]) -> None:
    """Print structs of one kind as CSV, a column for each field; without any, the heading alone."""
    columns = [field.encode_name for field in msgspec.structs.fields(kind)]
    print_csv([msgspec.to_builtins(row) for row in rows], columns)


NOT_REACHED = 3
"""Exit code: AWS or a cluster could not be reached, or refused."""


def _field(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"  # as in JSON, and as databases and other tools read it
    return cell(value) if isinstance(value, str) else value


SHORT = 10
"""Characters of text that is not broken into two lines: `unreadable` has as many."""
NARROWEST = 8
"""Least characters of the first column: a longer name continues on the next line."""
INCOMPLETE = "incomplete"
"""The state of a total in which something is missing."""
WITH_BARS = 72
"""Columns of a terminal beside whose numbers a bar of twenty has room."""
OTHER_COLUMNS = 90
"""Columns of a terminal beside the state of a cluster: eight numbers, and a name of twenty characters."""


class Colored(NamedTuple):
    """Text with a color, which only a terminal shows, and not if NO_COLOR is set."""

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
    """Return a Rich table: text to the left, numbers to the right; names are never read as markup.

    If a terminal is too narrow, columns of zeros are left out and text continues on the next line; no number is ever cut. The first column,
    the last one and `texts` hold text.
    """
    from rich import box  # noqa: PLC0415 - see the package
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
    colored = [[_printable(each) for each in row] for row in rows]
    feet = [_printable(each).text for each in footer or ()]
    of_text = {i for i, name in enumerate(columns) if i in {0, len(columns) - 1} or name in texts}
    kept = kept_columns(columns, [[each.text for each in row] for row in colored], feet, room=width(), texts=of_text)
    for i in kept:
        name, is_text = columns[i], i in of_text
        widest = max(map(len, [name, *(row[i].text for row in colored), feet[i] if feet else ""]))
        room = widest if not is_text else SHORT if i else NARROWEST
        result.add_column(
            name,
            justify="left" if is_text else "right",
            overflow="fold",
            footer=Text(feet[i]) if feet else "",
            no_wrap=widest <= room,
            min_width=min(widest, room),
        )
    result.min_width = sum(column.min_width or 0 for column in result.columns) + BETWEEN * len(columns)
    for row in colored:
        result.add_row(*(Text(row[i].text, style=row[i].color) for i in kept))
    return result


def _printable(text: str | Colored) -> Colored:
    colored = text if isinstance(text, Colored) else Colored(text, "")
    return colored._replace(text=shown(colored.text, encoding=stdout_encoding()))


def state(*, readable: bool | None, reason: str | None) -> str:
    """Return whether numbers can be trusted: `ok`, or the reason if the table has room for all of it, else `unreadable`.

    The warnings below each table give the full reason and the remedy.
    """
    if readable:
        return "ok"
    reason = str(reason)
    return reason if len(reason) <= max(width() - OTHER_COLUMNS, SHORT) else "unreadable"


def width() -> int:
    """Return the columns of the terminal; without one, a width that fits a log or a mail."""
    return shutil.get_terminal_size().columns if sys.stdout.isatty() else 200


def draws() -> bool:
    """Return whether bars are drawn: on a terminal, and one that has room for them beside the numbers."""
    return sys.stdout.isatty() and width() >= WITH_BARS


def show(renderable: Any) -> None:
    """Print a Rich renderable to stdout; without a terminal it is plain.

    A table that is wider than the terminal stays so: lines that the terminal wraps can be read, text that is cut cannot.
    """
    from rich.console import Console  # noqa: PLC0415

    least = getattr(renderable, "min_width", None) or 0
    # No output depends on the height, but without one Rich takes every dumb terminal for one of 80 columns.
    Console(width=max(width(), least), height=24, highlight=False).print(renderable)


def note_endpoint(url: str | None) -> None:
    """Print to stderr that a local endpoint answers in place of AWS; nothing if it is None."""
    if url is not None and not is_quiet():
        click.echo(f"note: {one_line(url)} answers here, not AWS", err=True)


def warn(text: str) -> None:
    """Print a warning to stderr, unless --quiet is given."""
    if not is_quiet():
        click.echo(f"warning: {one_line(text)}", err=True)


def error(text: str, remedy: str = "", *, exit_code: int = NOT_REACHED) -> None:
    """Print an error and its remedy to stderr; as JSON where the answer is."""
    context = click.get_current_context(silent=True)
    if context is not None and (context.params.get("as_json") or context.params.get("form") == "json"):
        echo_error(text, remedy, exit_code)
        return
    click.echo(f"error: {one_line(text)}", err=True)
    if remedy:
        click.echo(f"  {one_line(remedy)}", err=True)


def amount(value: int, noun: str) -> str:
    """Return a number with a noun whose plural takes an s."""
    return f"{value:,} {noun}" if value == 1 else f"{value:,} {noun}s"


def number(value: float | None) -> str:
    """Return a number without trailing zeros; `?` if it is not known."""
    if value is None:
        return "?"
    return f"{value:,.2f}".rstrip("0").rstrip(".")
