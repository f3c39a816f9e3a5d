"""The order of a table, and how many rows it has: `--sort` and `--top` of `status`."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

import click
import msgspec

from fargatecount.usage.document import ClusterDocument, ScopeDocument
from fargatecount.usage.group_document import GroupDocument

T = TypeVar("T", ClusterDocument, GroupDocument)
F = TypeVar("F", bound=Callable[..., Any])

_VALUES: Mapping[str, Callable[[ClusterDocument | GroupDocument], float | None]] = {
    "vcpu": lambda one: one.vcpu,
    "held": lambda one: one.held,
    "running": lambda one: one.running,
    "memory": lambda one: one.memory_gib,
    "cost": lambda one: one.cost_per_hour,
}
NAME = "name"


class Arrangement(msgspec.Struct, frozen=True):
    """What the reader asked for."""

    sort: str | None = None
    """A key of the rows; None for the table's own order."""
    top: int = 0
    """Rows; 0 for all."""

    def arrange(self, rows: Sequence[T]) -> list[T]:
        """Return the rows in order, the largest first; what is not known stands last."""
        found = list(rows)
        if self.sort == NAME:
            found.sort(key=_name)
        elif self.sort is not None:
            value = _VALUES[self.sort]
            found.sort(key=lambda one: (value(one) is None, -(value(one) or 0), _name(one)))
        return found[: self.top] if self.top else found

    def arranged(self, scope: ScopeDocument) -> ScopeDocument:
        """Return a scope with its clusters arranged; its total stays that of all."""
        return msgspec.structs.replace(scope, clusters=self.arrange(scope.clusters))


WHOLE = Arrangement()


def options(function: F) -> F:
    """Add `--sort` and `--top`."""
    for option in (
        click.option("--top", type=click.IntRange(1), metavar="N", help="Show the first N rows only; the total is of all."),
        click.option("--sort", type=click.Choice([*_VALUES, NAME]), help="Order of the rows, the largest first."),
    ):
        function = option(function)
    return function


def _name(one: ClusterDocument | GroupDocument) -> tuple[str, str]:
    return (one.cluster or "", (one.group or "") if isinstance(one, GroupDocument) else "")
