"""DynamoDB's limits, checked without DynamoDB: keys, numbers, texts and the size of an item.

Pure. https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

PARTITION_KEY_BYTES = 2048
SORT_KEY_BYTES = 1024
ITEM_BYTES = 400 * 1024
DIGITS = 38
SMALLEST, LARGEST = Decimal("1E-130"), Decimal("9.9999999999999999999999999999999999999E+125")


def violations(item: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    """Yield what DynamoDB refuses about an item of attribute values, with the keys `pk` and `sk`."""
    size = 0
    for name, value in item.items():
        ((kind, content),) = value.items()
        size += len(name.encode())
        if kind == "N":
            size += len(content) // 2 + 2
            yield from _number(name, content)
        elif kind in {"S", "SS"}:
            for text in [content] if kind == "S" else content:
                encoded, broken = _encoded(text)
                size += len(encoded)
                if broken:
                    yield f"{name} has no UTF-8 form"
        else:
            size += 1
    for key, limit in (("pk", PARTITION_KEY_BYTES), ("sk", SORT_KEY_BYTES)):
        length = len(_encoded(str(item[key].get("S", "")))[0])
        if not 1 <= length <= limit:
            yield f"{key} has {length} bytes"
    if size > ITEM_BYTES:
        yield f"the item has {size} bytes"


def _encoded(text: str) -> tuple[bytes, bool]:
    try:
        return text.encode(), False
    except UnicodeEncodeError:
        return text.encode(errors="replace"), True


def _number(name: str, text: str) -> Iterator[str]:
    try:
        number = Decimal(text)
    except InvalidOperation:
        yield f"{name} is {text[:50]!r}, no number"
        return
    if not number.is_finite():
        yield f"{name} is {text}"
    elif number and not SMALLEST <= abs(number) <= LARGEST:
        yield f"{name} is out of range: {text[:50]}"
    elif len("".join(map(str, number.as_tuple().digits)).strip("0")) > DIGITS:  # normalize() rounds to 28 digits
        yield f"{name} has more than {DIGITS} digits"
