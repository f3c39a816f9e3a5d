"""Field selectors of pods: which fields may be selected by, and whether a pod matches.

https://kubernetes.io/docs/concepts/overview/working-with-objects/field-selectors/
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, Final

from local.kubernetes.refusal import bad_request

Matches = Callable[[dict[str, Any]], bool]

FIELDS: Final = (
    "metadata.name",
    "metadata.namespace",
    "spec.nodeName",
    "spec.restartPolicy",
    "spec.schedulerName",
    "status.phase",
    "status.podIP",
)

_TERM: Final = re.compile(r"(?P<field>[^=!]+)(?P<operator>==|=|!=)(?P<value>[^=!]*)")


def parse(selector: str) -> Matches:
    """Return the test that the selector describes; an empty one matches every pod.

    Raises:
        RefusalError: 400, where a term is not `field=value` or the field cannot be selected by.
    """
    terms = [_term(term.strip()) for term in selector.split(",") if term.strip()]
    return lambda pod: all((_field(pod, field) == value) is wanted for field, value, wanted in terms)


def _term(term: str) -> tuple[str, str, bool]:
    match = _TERM.fullmatch(term)
    if match is None:
        raise bad_request(f"invalid selector: '{term}'; can't understand '{term}'")
    if match["field"] not in FIELDS:
        raise bad_request(f"field label not supported: {match['field']}")
    return match["field"], match["value"], match["operator"] != "!="


def _field(pod: dict[str, Any], field: str) -> str:
    part, name = field.split(".")
    return str(pod.get(part, {}).get(name, ""))
