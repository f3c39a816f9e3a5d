"""Tables: the lines of a view, filtered and sorted. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from fargatecount.metrics.points import ServiceKey
from fargatecount.top.lines import ROWS
from fargatecount.top.snapshot import LedgerRow, TopSnapshot
from fargatecount.top.view import COLUMNS, TopQuery, TopRow, TopTable, View


def top_table(snapshot: TopSnapshot, query: TopQuery) -> TopTable:
    """Return the lines of a view; what is not known stands last, whatever the direction."""
    rows = [row for row in lines_of(snapshot, query.view) if _belongs(row, query)]
    if query.needle:
        needle = query.needle.casefold()
        rows = [row for row in rows if any(isinstance(value, str) and needle in value.casefold() for value in row.values)]
    known = [row for row in rows if row.values[query.sort] is not None]
    rest = [row for row in rows if row.values[query.sort] is None]
    known.sort(key=lambda row: row.values[query.sort], reverse=query.reverse)  # type: ignore[arg-type, return-value]
    return TopTable(COLUMNS[query.view], known + rest)


def lines_of(snapshot: TopSnapshot, view: View) -> Sequence[TopRow]:
    """Return all lines of a view, made once for each snapshot."""
    if view not in snapshot.tables:
        snapshot.tables[view] = list(ROWS[view](snapshot))
    found: Sequence[TopRow] = snapshot.tables[view]
    return found


def _belongs(row: TopRow, query: TopQuery) -> bool:
    """Return whether a line is of the cluster and service that were opened."""
    subject = row.subject
    if isinstance(subject, ServiceKey):
        return query.cluster is None or subject.cluster == query.cluster
    if isinstance(subject, LedgerRow):
        if query.service is not None:
            return subject.cluster == query.service.cluster and subject.service == query.service
        return query.cluster is None or subject.cluster == query.cluster
    return True
