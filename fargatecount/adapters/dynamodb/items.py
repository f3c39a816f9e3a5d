"""The items of the table: their keys, their attributes, and their conversion to rows, counters and clusters.

| item | pk | sk |
|---|---|---|
| row | `C#<account>#<region>#<ECS-or-EKS-name>#<bucket>` | `W#<task id or pod uid>` |
| counter | the same | `COUNTER` |
| cluster | `S#<account>#<region>` | `CLUSTER#<ECS-or-EKS-name>` |
| scope | `TABLE` | `SCOPE#<account>#<region>` |
| layout | `TABLE` | `LAYOUT` |

Every item carries the number of its format. A reader accepts its own and the previous one, because old and new code run side by side during
a deployment. A newer format means that this code is the old one; the reader rejects it and names the item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import msgspec
from pynamodb.attributes import BooleanAttribute, NumberAttribute, UnicodeAttribute
from pynamodb.models import Model

from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.clusters import SOURCES, ClusterState, Readability
from fargatecount.ledger.row import Row
from fargatecount.ledger.store import Bucket
from fargatecount.workload import FACT_NAMES, Capacity, Cluster, Facts, Kind, Phase, Scope, SourceRank

FORMAT = 1
READABLE_FORMATS = (str(FORMAT), str(FORMAT - 1))

COUNTER = "COUNTER"
LAYOUT_KEY = ("TABLE", "LAYOUT")
SCOPES = "TABLE"
SCOPE_PREFIX = "SCOPE#"
CLUSTER_PREFIX = "CLUSTER#"
ROW_PREFIX = "W#"
_READABILITY = msgspec.json.Decoder(Readability)
"""Made at import, as `adapters.s3.reports` explains: threads of the watcher decode it."""


class Item(Model):
    """The attributes of every item."""

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True)
    format = NumberAttribute(default=FORMAT)

    @classmethod
    def from_raw_data(cls, data: dict[str, Any]) -> Any:
        """Decode an item. Every read calls this: get, query, batch and transaction.

        Raises:
            MisconfiguredError: newer code wrote it. This is checked before decoding, because its attributes may have other meanings or
                types.
        """
        check_format(data)
        return super().from_raw_data(data)


def check_format(data: Mapping[str, Any]) -> None:
    """Do nothing if this version reads the format of an item on the wire.

    Raises:
        MisconfiguredError: newer code wrote it.
    """
    version = data.get("format", {}).get("N")
    if version not in READABLE_FORMATS:
        pk, sk = (data.get(name, {}).get("S") for name in ("pk", "sk"))
        raise MisconfiguredError(
            f"item {pk} / {sk} has format {version}, and this version of fargatecount reads {' and '.join(READABLE_FORMATS)}",
            remedy="upgrade fargatecount here to the version that is deployed",
        )


class RowItem(Item):
    """One workload."""

    rev = NumberAttribute()
    epoch = NumberAttribute(default=0)
    version = NumberAttribute()
    source = NumberAttribute()
    phase = UnicodeAttribute()
    observed_at = NumberAttribute()
    written_at = NumberAttribute()
    cpu = NumberAttribute(null=True)
    memory = NumberAttribute(null=True)
    storage = NumberAttribute(null=True)
    capacity = UnicodeAttribute(null=True)
    group = UnicodeAttribute(null=True)
    profile = UnicodeAttribute(null=True)
    architecture = UnicodeAttribute(null=True)
    os = UnicodeAttribute(null=True)
    created_at = NumberAttribute(null=True)
    started_at = NumberAttribute(null=True)
    family = UnicodeAttribute(null=True)
    revision = NumberAttribute(null=True)
    owner = UnicodeAttribute(null=True)
    started_by = UnicodeAttribute(null=True)
    zone = UnicodeAttribute(null=True)
    platform = UnicodeAttribute(null=True)
    pull_started_at = NumberAttribute(null=True)
    pull_stopped_at = NumberAttribute(null=True)
    ready_at = NumberAttribute(null=True)
    stopping_at = NumberAttribute(null=True)
    stopped_at = NumberAttribute(null=True)
    stop_code = UnicodeAttribute(null=True)
    stop_reason = UnicodeAttribute(null=True)
    exit_codes = UnicodeAttribute(null=True)
    borrowed = UnicodeAttribute(null=True)
    """JSON object of fact name to order; absent in almost all rows."""
    inferred = BooleanAttribute(null=True)
    alive_at = NumberAttribute(null=True)
    expires_at = NumberAttribute(null=True)
    """Seconds since 1970, as DynamoDB's time to live requires."""


class ClusterItem(Item):
    """A cluster of a scope. What a source knows of it is JSON, so that a new source needs no new attributes."""

    kind = UnicodeAttribute()
    name = UnicodeAttribute()
    first_seen = NumberAttribute(default=0)
    epoch = NumberAttribute(default=0)
    reconciler = UnicodeAttribute(null=True)
    watcher = UnicodeAttribute(null=True)
    rebuild = UnicodeAttribute(null=True)


class ScopeItem(Item):
    """A scope that has been recorded."""

    account = UnicodeAttribute()
    region = UnicodeAttribute()
    ecs_discovered_at = NumberAttribute(null=True)
    eks_discovered_at = NumberAttribute(null=True)
    first_pass_at = NumberAttribute(null=True)


class LayoutItem(Item):
    """The number of buckets of the table; only a rebuild changes it."""

    buckets = NumberAttribute()
    before = NumberAttribute(null=True)
    """The number of buckets that may still hold rows while a rebuild is unfinished."""


def bucket_key(bucket: Bucket) -> str:
    """Return the partition key of a bucket."""
    scope = bucket.cluster.scope
    return f"C#{scope.account}#{scope.region}#{bucket.cluster.key}#{bucket.number}"


def scope_key(scope: Scope) -> str:
    """Return the partition key of the items about a scope."""
    return f"S#{scope.account}#{scope.region}"


def row_item(model: type[Any], bucket: Bucket, workload_id: str, row: Row) -> Any:
    """Return the item of a row; `model` is `RowItem`, bound to a table."""
    facts = dict(row.facts.items())
    return model(
        bucket_key(bucket),
        ROW_PREFIX + workload_id,
        rev=row.rev,
        epoch=row.epoch,
        version=row.version,
        source=int(row.source),
        phase=str(row.phase),
        observed_at=row.observed_at,
        written_at=row.written_at,
        borrowed=json.dumps(row.fact_orders, separators=(",", ":")) if row.fact_orders else None,
        inferred=row.inferred or None,
        alive_at=row.alive_at,
        expires_at=row.expires_at // 1000 if row.expires_at else None,
        **facts,
    )


def row_from(item: Any) -> Row:
    """Return the row of an item."""
    facts = {name: value for name in FACT_NAMES if (value := getattr(item, name)) is not None}
    if "capacity" in facts:
        facts["capacity"] = Capacity(facts["capacity"])
    fact_orders = json.loads(item.borrowed) if item.borrowed else {}
    return Row(
        rev=item.rev,
        epoch=item.epoch,
        version=item.version,
        source=SourceRank(item.source),
        phase=Phase(item.phase),
        observed_at=item.observed_at,
        written_at=item.written_at,
        facts=Facts(**facts),
        fact_orders={name: (order[0], order[1], order[2], order[3]) for name, order in fact_orders.items()},
        inferred=bool(item.inferred),
        alive_at=item.alive_at,
        expires_at=item.expires_at * 1000 if item.expires_at else None,
    )


def cluster_from(scope: Scope, item: Any) -> ClusterState:
    """Return the cluster of an item, with what each source knows of it."""
    return ClusterState(
        cluster=Cluster(scope, Kind(item.kind), item.name),
        first_seen=int(item.first_seen),
        epoch=int(item.epoch),
        sources={source: _READABILITY.decode(text) for source in SOURCES if (text := getattr(item, source)) is not None},
    )
