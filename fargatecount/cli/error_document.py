"""An error in JSON: the document `fargatecount/error` version 1, on stderr, where the answer would have been JSON.

Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import msgspec

from fargatecount.cli.termination import echo_err
from fargatecount.cli.text import json_text
from fargatecount.errors import ReasonCode

SCHEMA = "fargatecount/error"
VERSION = 1


class ErrorDocument(msgspec.Struct, frozen=True, kw_only=True):
    """Why a command has no answer."""

    schema: str = SCHEMA
    version: int = VERSION
    error: str
    remedy: str | None
    """What to do about it; null where that is not known."""
    exit_code: int
    reason: ReasonCode | None = None
    """The kind of the reason, where it is one of those that the doctor advises by."""
    denied_action: str | None = None
    """The IAM action that was denied."""


def echo_error(error: str, remedy: str, exit_code: int, *, reason: ReasonCode | None = None, denied_action: str = "") -> None:
    """Write an error as one line of JSON to stderr."""
    document = ErrorDocument(error=error, remedy=remedy or None, exit_code=exit_code, reason=reason, denied_action=denied_action or None)
    echo_err(json_text(msgspec.json.encode(document).decode(), encoding="ascii"))


def wants_json(arguments: Sequence[str]) -> bool:
    """Return whether the arguments of a command ask for JSON; an error may come before they are parsed."""
    words = list(arguments[: arguments.index("--")] if "--" in arguments else arguments)
    return (
        "--json" in words
        or not {"-ojson", "--output=json"}.isdisjoint(words)
        or any(pair in {("-o", "json"), ("--output", "json")} for pair in pairwise(words))
    )
