"""Quotas in the table: one item each, beside the clusters of their scope.

| item | pk | sk |
|---|---|---|
| quota | `S#<account>#<region>` | `QUOTA#<code>` |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pynamodb.attributes import NumberAttribute, UnicodeAttribute

from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.errors import translate_errors
from fargatecount.adapters.dynamodb.items import Item, scope_key
from fargatecount.quotas.quota import CODES, Origin, Quota
from fargatecount.workload import Scope

QUOTA_PREFIX = "QUOTA#"


class QuotaItem(Item):
    """One quota."""

    value = NumberAttribute(null=True)
    """vCPU; absent when not known."""
    source = UnicodeAttribute()
    read_at = NumberAttribute()
    reason = UnicodeAttribute(null=True)
    denied_action = UnicodeAttribute(null=True)
    """The IAM action that was denied; absent if none was, and in items of earlier versions."""


class DynamoQuotas:
    """The quotas in the table that `items` are bound to, over the same connection.

    Both methods raise UnavailableError if DynamoDB does not answer, DeniedError if IAM denies the request, and MisconfiguredError if the
    table does not exist.
    """

    def __init__(self, items: Items) -> None:
        self._table = items.table
        self._item = items.bind(QuotaItem)

    def keep(self, scope: Scope, quotas: Iterable[Quota]) -> None:
        """Replace the quotas that have the same codes."""
        with translate_errors(self._table):
            for quota in quotas:
                self._item(
                    scope_key(scope),
                    QUOTA_PREFIX + quota.code,
                    value=quota.value,
                    source=str(quota.source),
                    read_at=quota.read_at,
                    reason=quota.reason or None,
                    denied_action=quota.denied_action or None,
                ).save()

    def quotas(self, scope: Scope) -> Sequence[Quota]:
        """Return the stored quotas, on-demand first."""
        model = self._item
        with translate_errors(self._table):
            found = {
                item.sk.removeprefix(QUOTA_PREFIX): item
                for item in model.query(scope_key(scope), model.sk.startswith(QUOTA_PREFIX), consistent_read=True)
            }
        return [
            Quota(
                capacity=capacity,
                value=None if item.value is None else float(item.value),
                source=Origin(item.source),
                read_at=int(item.read_at),
                reason=item.reason or "",
                denied_action=item.denied_action or "",
            )
            for capacity, code in CODES.items()
            if (item := found.get(code)) is not None
        ]
