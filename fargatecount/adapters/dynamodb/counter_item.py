"""The item of a counter: its attributes, and its conversion to a counter. `items` has those of all others."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pynamodb.attributes import NumberAttribute

from fargatecount.adapters.dynamodb.items import Item, check_format
from fargatecount.counts import CELLS, CHARGED, MEASURES, NO_CHARGE, NOTHING, PRICE_CLASSES, Cell, Charge, Counts, PriceClass, Tally
from fargatecount.ledger.store import Counter


def _measure(cell: Cell | PriceClass, measure: str) -> str:
    return f"{cell[0]}_{cell[1]}_{measure}".replace("-", "_")


_CELL_NAMES = tuple((cell, tuple(_measure(cell, measure) for measure in MEASURES)) for cell in CELLS)
_CHARGE_NAMES = tuple((price_class, tuple(_measure(price_class, measure) for measure in CHARGED)) for price_class in PRICE_CLASSES)
CHARGE_NAMES = tuple(_measure(price_class, measure) for price_class in PRICE_CLASSES for measure in CHARGED)


class CounterItem(Item):
    """The sum of the rows of one bucket: attributes by phase, such as `running_spot_cpu`, and by platform, such as `linux_arm_spot_cpu`."""

    seq = NumberAttribute(default=0)
    priced = NumberAttribute(null=True)
    """As `seq`, if every transaction has moved the sums by price class too; earlier releases raise `seq` alone."""
    buckets = NumberAttribute(null=True)
    """The number of buckets by which rows are written here; absent until new code first writes."""
    for _cell in CELLS:
        for _name in MEASURES:
            locals()[_measure(_cell, _name)] = NumberAttribute(null=True)
    for _name in CHARGE_NAMES:
        locals()[_name] = NumberAttribute(null=True)
    del _cell, _name


def counter_changes(counts: Counts) -> dict[str, int]:
    """Return attribute name and amount of every measure that is not zero."""
    changes = {}
    for cell, tally in counts.cells.items():
        for measure in MEASURES:
            amount = getattr(tally, measure)
            if amount:
                changes[_measure(cell, measure)] = amount
    return changes | charge_changes(counts)


def charge_changes(counts: Counts) -> dict[str, int]:
    """Return attribute name and amount of every measure of a price class that is not zero."""
    return {
        _measure(price_class, measure): amount
        for price_class, charge in (counts.charges or {}).items()
        for measure in CHARGED
        if (amount := getattr(charge, measure))
    }


def counter_from(wire: Mapping[str, Mapping[str, str]]) -> Counter:
    """Return the counter of an item on the wire, with its charges if no earlier release has moved it since they were right.

    PynamoDB's model takes ten times as long, which decides what a look at hundreds of counters costs.

    Raises:
        MisconfiguredError: newer code wrote it.
    """
    check_format(wire)
    values = {name: int(value["N"]) for name, value in wire.items() if "N" in value}
    cells = {cell: tally for cell, names in _CELL_NAMES if (tally := Tally(*_numbers(values, names))) != NOTHING}
    seq = values.get("seq", 0)
    if values.get("priced", 0) != seq:
        return Counter(seq, Counts(cells, None))
    charges = {one: charge for one, names in _CHARGE_NAMES if (charge := Charge(*_numbers(values, names))) != NO_CHARGE}
    return Counter(seq, Counts(cells, charges))


def _numbers(values: Mapping[str, int], names: Iterable[str]) -> list[int]:
    return [values.get(name, 0) for name in names]
