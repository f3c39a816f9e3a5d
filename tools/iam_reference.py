"""The service authorization reference, as two linters copy it, cut down to the actions of this project's policies.

The copies disagree in places: an action that has no resource type in one of them may have one in the other. A policy has to be right under
both, because neither is AWS itself. `python -m tools.iam_lint` compares the slice with the linters, `--write` replaces it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from pathlib import Path

from tools.iam_policies import Statement

FILE = Path(__file__).with_suffix(".json")
ANY = "*"
"""The format of an action without a resource type: AWS accepts only `Resource: '*'`."""

FIELDS = 5
"""Colons of an ARN before the part that names the resource, which may have more: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""

Reference = Mapping[str, list[str]]
"""The ARN formats that an action accepts, by action; `*` in the place of what varies."""


def references() -> Mapping[str, Reference]:
    """Return the slice: a reference for each linter."""
    found: Mapping[str, Reference] = json.loads(FILE.read_text())
    return found


def mismatches(statements: Iterable[Statement], reference: Reference) -> Iterator[tuple[Statement, str, str]]:
    """Yield each action and resource of a statement that match none of the formats of the action.

    Raises:
        KeyError: the reference has no such action.
    """
    for statement in statements:
        for action in statement.actions:
            for resource in statement.resources:
                if resource != ANY and not any(fits(resource, form) for form in reference[action]):
                    yield statement, action, resource


def fits(resource: str, form: str) -> bool:
    """Return whether a resource with wildcards names anything of a format. `*` alone is no ARN: no named resource fits it."""
    fields, expected = resource.split(":", FIELDS), form.split(":", FIELDS)
    return len(fields) == len(expected) and all(map(_overlap, fields, expected))


def plain(form: str) -> str:
    """Return an ARN format with `*` in place of its variables."""
    return re.sub(r"\$\{[^}]*\}", "*", form)


@cache
def _overlap(left: str, right: str) -> bool:
    """Return whether some text matches both globs."""
    if not left or not right:
        return not (left + right).strip("*")
    if left[0] == "*":
        return _overlap(left[1:], right) or _overlap(left, right[1:])
    if right[0] == "*":
        return _overlap(left, right[1:]) or _overlap(left[1:], right)
    return left[0] == right[0] and _overlap(left[1:], right[1:])
