"""The text of one line of `top`: columns that fit the terminal, and values for people. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fargatecount.cli.output import number
from fargatecount.cli.text import shown
from fargatecount.top.details import ago
from fargatecount.top.view import Column, Format, Value

GAP = 1
ELLIPSIS = "…"


def fitting(columns: Sequence[Column], width: int) -> list[int]:
    """Return the positions of the columns that a terminal of this width has room for; the heaviest are left out first."""
    chosen = list(range(len(columns)))
    while _room(columns, chosen, width) < columns[0].width:
        heaviest = max(chosen[1:], key=lambda i: (columns[i].weight, i), default=0)
        if not heaviest or not columns[heaviest].weight:
            return chosen
        chosen.remove(heaviest)
    return chosen


def line(columns: Sequence[Column], chosen: Sequence[int], texts: Sequence[str], width: int) -> str:
    """Return one line of `width` characters: names to the left, numbers to the right, and what is too long shortened in the middle."""
    first = max(_room(columns, chosen, width), 1)
    parts = []
    for position, text in zip(chosen, texts, strict=True):
        column = columns[position]
        size = first if position == chosen[0] else column.width
        cut = shortened(text, size)
        parts.append(cut.ljust(size) if column.format is Format.TEXT else cut.rjust(size))
    return (" " * GAP).join(parts)[:width].ljust(width)


def text_of(value: Value, column: Column, encoding: str) -> str:
    """Return a value for people; `?` where a number is not known, `-` where a text is not."""
    if value is None:
        return "-" if column.format is Format.TEXT else "?"
    if isinstance(value, str):
        return shown(value, encoding=encoding)
    if column.format is Format.AGE:
        return ago(int(value))
    if column.format is Format.PERCENT:
        return f"{value:.1f}%"
    if column.format is Format.MONEY:
        return f"{value:,.2f}"
    return number(value)


def shortened(text: str, size: int) -> str:
    """Return a text of at most `size` characters: its begin and its end, because names of one family differ at the end."""
    if len(text) <= size:
        return text
    if size <= len(ELLIPSIS):
        return text[:size]
    head = size // 2
    tail = size - 1 - head
    return text[:head] + ELLIPSIS + (text[-tail:] if tail else "")


def _room(columns: Sequence[Column], chosen: Sequence[int], width: int) -> int:
    return width - sum(columns[i].width + GAP for i in chosen[1:])
