"""Fitting a table into a narrow terminal: columns of zeros are left out first. Pure."""

from __future__ import annotations

from collections.abc import Collection, Sequence

BETWEEN = 2
"""Columns of a terminal between two columns of a table."""
NOTHING = frozenset({"", "0", "0.00"})
"""Cells that say that there is nothing."""


def kept_columns(
    columns: Sequence[str], rows: Sequence[Sequence[str]], footer: Sequence[str], *, room: int, texts: Collection[int]
) -> list[int]:
    """Return the columns to show in `room` columns of a terminal: all if they fit, else those in which anything is not zero.

    Columns in `texts` are always shown: the name of a row, and what is said of it.
    """
    cells = [[*(row[i] for row in rows), *([footer[i]] if footer else [])] for i in range(len(columns))]
    widths = [max(map(len, [name, *of_column])) + BETWEEN for name, of_column in zip(columns, cells, strict=True)]
    every = list(range(len(columns)))
    if sum(widths) <= room or not rows:
        return every
    return [i for i in every if i in texts or not NOTHING.issuperset(cells[i])]
