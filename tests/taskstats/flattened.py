"""Documents as dotted names and values, and the table of fields in which a name may have a part that varies."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

DATA = Path(__file__).parent / "data"
FIELDS = dict(line.split() for line in (DATA / "fields.txt").read_text().splitlines())
"""The names and types of https://docs.elastic.co/integrations/awsfargate, without groups."""
PATTERNS = [re.compile("^" + re.escape(name).replace(r"\*", r"[^.]+") + "$") for name in FIELDS]


def flattened(value: object, name: str = "") -> Iterator[tuple[str, object]]:
    """Yield the name and value of every leaf; an empty object is a leaf."""
    if isinstance(value, dict) and value:
        for key, inner in value.items():
            yield from flattened(inner, f"{name}.{key}" if name else key)
    else:
        yield name, value


def is_in_table(name: str) -> bool:
    """Return whether a name is one of the table."""
    return any(pattern.match(name) for pattern in PATTERNS)


def row_of(name: str) -> list[str]:
    """Return the rows of the table that a name fills."""
    return [field for field, pattern in zip(FIELDS, PATTERNS, strict=True) if pattern.match(name)]
