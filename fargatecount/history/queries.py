"""The questions to the history, and the SQL text of each with its period, grouping and selection.

Pure. `texts` has the SQL itself, which Athena and DuckDB both run.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from fargatecount.history.record import COLUMNS, day_of
from fargatecount.history.span_texts import SPAN_QUERIES
from fargatecount.history.texts import NEWEST, QUERIES
from fargatecount.ledger.row import TOMBSTONE_LIFE
from fargatecount.workload import Millis

KEYS: Mapping[str, str] = {
    "service": "\"cluster\" || ' ' || coalesce(service, '?')",
    "cluster": '"cluster"',
    "owner": "coalesce(owner, '?')",
    "family": "coalesce(family, '?')",
    "revision": "coalesce(family, '?') || ':' || coalesce(CAST(revision AS varchar), '?')",
    "capacity": "capacity",
    "zone": "coalesce(zone, '?')",
    "platform": "coalesce(platform, '?')",
    "profile": "coalesce(profile, '-')",
    "architecture": "coalesce(architecture, '?')",
    "region": "region",
    "account": "account",
}
"""What answers can be grouped by; `?` is not known, `-` is known to have none."""


PARTS = "parts"
PART_KEYS: Mapping[str, str] = {
    PARTS: "\"cluster\" || chr(10) || coalesce(service, '') || chr(10) || coalesce(owner, '?')",
}
"""Further groupings, for programs: cluster, service and owner in one name, separated by line ends, which none of them contains."""


class Span(msgspec.Struct, frozen=True):
    """A named part of a period."""

    name: str
    begins: Millis
    ends: Millis


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """One question about a period."""

    query: str
    begins: Millis
    ends: Millis
    """The moment itself, of the query `at`."""
    by: str = "service"
    clusters: Sequence[str] = ()
    """Globs over names and keys; empty for all."""
    spans: Sequence[Span] = ()


def sql_of(question: Question, *, ended: str, living: str) -> str:
    """Return the SQL text of a question over the tables `ended` and `living`."""
    spans = question.spans or (Span("", question.begins, question.ends),)
    return _text(
        question.query,
        ended=ended,
        living=living,
        first_day=_quoted(first_day(question.begins)),
        key={**KEYS, **PART_KEYS}[question.by],
        selected=_selected(question.clusters),
        begins=str(question.begins),
        ends=str(question.ends),
        spans=", ".join(f"({_quoted(span.name)}, {span.begins}, {span.ends})" for span in spans),
    )


def saved_query(query: str, by: str) -> str:
    """Return a question about the last 24 hours as a text to save in Athena, with the period at its places for you to change."""
    now = "CAST(to_unixtime(current_timestamp) * 1000 AS bigint)"
    begins = now if query == "at" else f"{now} - 86400000"
    return _text(
        query,
        ended="ended",
        living="living",
        first_day="CAST(date_add('day', -4, current_date) AS varchar)",
        key=KEYS[by],
        selected="",
        begins=f"({begins})",
        ends=f"({now})",
        spans=f"('', {begins}, {now})",
    )


def _text(query: str, **parts: str) -> str:
    return (NEWEST + {**QUERIES, **SPAN_QUERIES}[query]).format(columns=", ".join(f'"{each}"' for each in COLUMNS), **parts)


def first_day(begins: Millis) -> str:
    """Return the first partition that may hold the newest record of a workload that lived at `begins`.

    An end that was inferred first and reported later may move to an earlier day, within the life of a tombstone.
    """
    return day_of(max(begins - TOMBSTONE_LIFE, 0))


def _selected(globs: Sequence[str]) -> str:
    if not globs:
        return ""
    # `ECS-` and `EKS-` have four characters: the rest of the key is the name.
    escape = r"ESCAPE '\'"
    tests = [f'"cluster" LIKE {_like(glob)} {escape} OR substr("cluster", 5) LIKE {_like(glob)} {escape}' for glob in globs]
    return f" AND ({' OR '.join(tests)})"


def _like(glob: str) -> str:
    escaped = "".join(f"\\{each}" if each in "\\%_" else each for each in glob)
    return _quoted(escaped.replace("*", "%").replace("?", "_"))


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
