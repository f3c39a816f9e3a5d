"""Structure-aware mutation: a valid document with keys removed, values of other types, hostile texts and numbers, or broken bytes.

Pure, given the source of randomness.
"""

from __future__ import annotations

import json
from copy import deepcopy
from random import Random
from typing import Any

HOSTILE: tuple[Any, ...] = (
    None,
    True,
    False,
    0,
    -1,
    1.5,
    2**53,
    2**63,
    -(2**63) - 1,
    10**60,
    1e300,
    -1e-320,
    "",
    " ",
    "0",
    "-1",
    "1e400",
    "9" * 400,
    "NaN",
    "\u0661\u0662\u0663",
    "\x00",
    "\x1b[2J",
    "\ud800",
    "\U0001f600",
    "é" * 300,
    "x" * 5000,
    "a" * 301,
    "a-" * 1000,
    "1vCPU 2GB",
    ".5 vCPU",
    "1Ki",
    "1e9Gi",
    "2026-01-01T00:00:00Z",
    "0001-01-01T00:00:00+14:00",
    "9999-12-31T23:59:59.999999999-14:00",
    "2026-02-30T00:00:00Z",
    "FARGATE",
    "FARGATE_SPOT",
    "MANAGED_INSTANCES",
    "STOPPED",
    "DELETED",
    "TaskFailedToStart",
    "RESOURCE:FARGATE",
    "ResourceInitializationError: " * 20,
    "arn:aws:ecs:eu-west-1:123456789012:cluster/web",
    "arn:aws-eusc:ecs:" + "e" * 3000 + ":123456789012:cluster/web",
    [],
    {},
    [None],
    {"": None},
    [[]],
)
"""Values that have broken parsers elsewhere, or that this one treats in a special way."""

DEPTHS = (3, 200, 1200)
"""Levels of nesting: below, near and beyond the interpreter's recursion limit of 1,000."""


def mutate(document: Any, random: Random) -> bytes:
    """Return a mutated document as bytes: usually JSON, sometimes not even that."""
    changed = json.loads(json.dumps(document))
    for _ in range(random.choice((0, 1, 1, 1, 2, 2, 3, 5))):
        changed = _edited(changed, random)
    # ensure_ascii keeps halves of surrogate pairs as escapes: that is how they arrive from a JSON document.
    body = json.dumps(changed).encode()
    if random.random() < 0.02:
        depth = random.choice(DEPTHS)
        body = body[:-1] + b', "newField": ' + b"[" * depth + b"]" * depth + b"}"
    return _broken(body, random) if random.random() < 0.1 else body


def _edited(document: Any, random: Random) -> Any:
    places = list(_places(document))
    if not places:
        return deepcopy(random.choice(HOSTILE))
    holder, key = random.choice(places)
    match random.randrange(7):
        case 0:
            del holder[key]
        case 1 | 2 | 3:
            holder[key] = deepcopy(random.choice(HOSTILE))
        case 4:
            other, where = random.choice(places)
            holder[key] = json.loads(json.dumps(other[where])) if _has(other, where) else None
        case 5:
            holder[key] = [holder[key]] * random.choice((1, 2, 30))
        case _:
            holder[key] = str(holder[key]) if random.random() < 0.5 else {"x": holder[key]}
    return document


def _has(holder: Any, key: Any) -> bool:
    return key in holder if isinstance(holder, dict) else key < len(holder)


def _places(value: Any) -> Any:
    """Yield every place of a value as its holder and key."""
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in list(pairs):
        yield value, key
        yield from _places(inner)


def _broken(body: bytes, random: Random) -> bytes:
    """Return bytes cut off, repeated, or with some bytes replaced."""
    match random.randrange(4):
        case 0:
            return body[: random.randrange(len(body) + 1)]
        case 1:
            at = random.randrange(len(body) + 1)
            return body[:at] + body[random.randrange(len(body) + 1) :]
        case 2:
            return body + body
        case _:
            changed = bytearray(body)
            for _ in range(random.randrange(1, 6)):
                if changed:
                    changed[random.randrange(len(changed))] = random.randrange(256)
            return bytes(changed)
