"""Quotas in JSON: the document `fargatecount/quota` version 1, which `quota show`, `request` and `history` print.

Pure. Keys may be added; none is renamed. What is unknown is null.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.increase.forecast import Suggestion
from fargatecount.increase.request import IncreaseRequest, RequestState
from fargatecount.quotas.document import QuotaDocument
from fargatecount.timestamps import to_iso
from fargatecount.workload import Capacity

SCHEMA = "fargatecount/quota"
VERSION = 1


class RequestDocument(msgspec.Struct, frozen=True, kw_only=True):
    """One request for an increase."""

    id: str
    capacity: Capacity
    desired: float
    state: RequestState
    case: str | None
    created_at: str | None
    """ISO 8601 in UTC."""
    updated_at: str | None


class QuotaEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One quota with what past use suggests."""

    quota: QuotaDocument
    suggestion: Suggestion | None
    """Null where it was not asked for."""
    suggestion_from: str | None
    """Where the peaks of past days come from: `cloudwatch`, or `reports`, which show moments only."""
    requests: list[RequestDocument]


class QuotasDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `fargatecount quota … --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    as_of: str | None
    account: str
    region: str
    quotas: list[QuotaEntry]


def request_documents(requests: Iterable[IncreaseRequest]) -> list[RequestDocument]:
    """Return requests as they stand in JSON."""
    return [
        RequestDocument(
            id=each.id,
            capacity=each.capacity,
            desired=each.desired,
            state=each.state,
            case=each.case,
            created_at=to_iso(each.created_at),
            updated_at=to_iso(each.updated_at),
        )
        for each in requests
    ]
