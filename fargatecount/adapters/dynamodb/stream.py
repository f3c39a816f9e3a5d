"""The table's stream as Lambda delivers it: records of rows that have ended.

https://docs.aws.amazon.com/lambda/latest/dg/with-ddb.html. The event does not name the shard that a record comes from, so a record is known
by its sequence number together with its event id, which is the same however often it is delivered.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from fargatecount.adapters.dynamodb.items import ROW_PREFIX, RowItem, row_from
from fargatecount.errors import FargatecountError, MalformedError
from fargatecount.history.archive import EndedRow
from fargatecount.workload import Cluster, Kind, Scope


class StreamBatch(msgspec.Struct, frozen=True, kw_only=True):
    """One invocation's records."""

    name: str
    """Of the first record; the same for a batch that is delivered again."""
    rows: Sequence[EndedRow]
    unreadable: Sequence[str] = ()
    """Why some records are no rows; the rows stay in the table, where the daily maintenance finds them."""


def read_batch(records: Sequence[Mapping[str, Any]]) -> StreamBatch:
    """Return the rows in the records of an event."""
    rows, unreadable = [], []
    for record in records:
        try:
            row = _row(record)
        except FargatecountError as error:
            unreadable.append(str(error))
        else:
            if row is not None:
                rows.append(row)
    return StreamBatch(name=_name(records[0]), rows=rows, unreadable=unreadable)


def _name(record: Mapping[str, Any]) -> str:
    change = record.get("dynamodb", {})
    return f"{change.get('SequenceNumber', '')}-{record.get('eventID', '')}"


def _row(record: Mapping[str, Any]) -> EndedRow | None:
    """Return the row after the change; None for a deleted item, and for one that is no row."""
    image = record.get("dynamodb", {}).get("NewImage")
    if not image:
        return None
    pk, sk = (str(image.get(name, {}).get("S", "")) for name in ("pk", "sk"))
    if not sk.startswith(ROW_PREFIX):
        return None
    try:
        row = row_from(RowItem.from_raw_data(dict(image)))
    except FargatecountError:
        raise
    except Exception as error:
        raise MalformedError(f"the stream has an item {pk} / {sk} that is no row: {type(error).__name__}: {error}") from error
    return EndedRow(_cluster(pk), sk.removeprefix(ROW_PREFIX), row)


def _cluster(pk: str) -> Cluster:
    """Return the cluster of `C#<account>#<region>#<ECS-or-EKS-name>#<bucket>`."""
    parts = pk.split("#")
    kind, dash, name = parts[3].partition("-") if len(parts) == 5 else ("", "", "")  # noqa: PLR2004 - the five parts above
    if parts[0] != "C" or not dash or kind not in {*Kind}:
        raise MalformedError(f"the stream has an item with the key {pk}, which is not that of a row")
    return Cluster(Scope(parts[1], parts[2]), Kind(kind), name)
