"""The item of a counter: its attributes, and its conversion to a counter. `items` has those of all others."""

from __future__ import annotations

from typing import Any

from pynamodb.attributes import NumberAttribute

from fargatecount.adapters.dynamodb.items import Item
from fargatecount.counts import CELLS, CHARGED, MEASURES, NO_CHARGE, PRICE_CLASSES, Cell, Charge, Counts, PriceClass, Tally
from fargatecount.ledger.store import Counter


def _measure(cell: Cell | PriceClass, measure: str) -> str:
    return f"{cell[0]}_{cell[1]}_{measure}".replace("-", "_")


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


def counter_from(item: Any) -> Counter:
    """Return the counter of an item, with its charges if no earlier release has moved it since they were right."""
    cells = {}
    for cell in CELLS:
        tally = Tally(*(int(getattr(item, _measure(cell, measure)) or 0) for measure in MEASURES))
        if tally != Tally():
            cells[cell] = tally
    seq = int(item.seq)
    return Counter(seq, Counts(cells, _charges_from(item) if int(item.priced or 0) == seq else None))


def _charges_from(item: Any) -> dict[PriceClass, Charge]:
    charges = {}
    for price_class in PRICE_CLASSES:
        charge = Charge(*(int(getattr(item, _measure(price_class, measure)) or 0) for measure in CHARGED))
        if charge != NO_CHARGE:
            charges[price_class] = charge
    return charges
