"""How a summary sets its lines: the largest rows first, in columns, amounts with their signs. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TypeVar

from fargatecount.history.answers import CostLine
from fargatecount.refusals.document import RefusedDocument

MOST = 5
"""Rows of each part: a summary is read on a phone, and the commands that it names list the rest."""
LEAST_USD = 0.005
"""A smaller difference shows as 0.00."""
T = TypeVar("T")


def first_and_rest(ordered: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    """Return the rows that are shown, and those that are only counted."""
    # "1 more" takes the line that the one itself takes.
    return (ordered, ()) if len(ordered) <= MOST + 1 else (ordered[:MOST], ordered[MOST:])


def columns(rows: Sequence[tuple[str, str, str]]) -> Iterator[str]:
    """Return rows of a name, an amount and a remark, set in columns."""
    wide, amount = (max((len(row[column]) for row in rows), default=0) for column in (0, 1))
    for name, value, remark in rows:
        yield f"  {name:<{wide}}  {value:>{amount}}  {remark}".rstrip()


def total_cost(lines: Sequence[CostLine]) -> float:
    """Return the sum of the costs in USD."""
    return sum(line.cost for line in lines)


def signed_usd(difference: float) -> str:
    """Return a difference in USD with its sign; `as before` where it would show as 0.00."""
    return "as before" if abs(difference) < LEAST_USD else f"{difference:+,.2f}"


def plain_number(value: float, sign: str = "") -> str:
    """Return a number without trailing zeros."""
    return f"{value:{sign},.2f}".rstrip("0").rstrip(".")


def times(value: int, one: str, several: str) -> str:
    """Return a number with its noun."""
    return f"{value:,} {one if value == 1 else several}"


def counted(causes: Mapping[str, int]) -> str:
    """Return causes with their numbers."""
    return ", ".join(f"{cause} {number:,}" for cause, number in causes.items())


def count_of(each: RefusedDocument) -> str:
    """Return how often a launch was refused, with its sign."""
    return f"{'≥' if each.count_at_least else ''}{each.count:,}"
