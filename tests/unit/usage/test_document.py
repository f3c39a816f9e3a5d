"""The documents of usage, quotas, headroom and cost, against the JSON that earlier versions wrote (`documents.json`)."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from fargatecount.bounds import Bounded
from fargatecount.counts import Counts
from fargatecount.ledger.clusters import Trust
from fargatecount.quotas.aws_usage import SERIES, UsageReading, compare
from fargatecount.quotas.document import ComparisonDocument, LimitDocument, comparison_documents, limit_documents
from fargatecount.quotas.headroom import Service, headroom
from fargatecount.quotas.headroom_document import HeadroomEntry, SurveyDocument, headroom_entries, survey_document
from fargatecount.quotas.headroom_survey import judged
from fargatecount.quotas.held import HeldCounts
from fargatecount.quotas.limits import Limit, Limits, limit_standings
from fargatecount.quotas.quota import Origin, Quota
from fargatecount.refusals.recent import Refused
from fargatecount.refusals.refusal import RefusalKind
from fargatecount.usage.cost_document import CostBreakdown, cost_breakdown
from fargatecount.usage.document import UsageDocument, usage_document
from fargatecount.usage.prices import Cost, cost_per_hour
from fargatecount.usage.summary_document import UsageSummary, usage_summary
from fargatecount.usage.usage import ClusterUsage, ScopeUsage
from fargatecount.workload import Capacity, Facts, Phase
from tests.support.builders import BATCH, NOW, SCOPE, WEB, row

PINNED: dict[str, Any] = json.loads((Path(__file__).parent / "documents.json").read_text())

COUNTS = (
    Counts.of(Phase.RUNNING, Facts(cpu=512, memory=1024))
    + Counts.of(Phase.PENDING, Facts(cpu=256, memory=512, capacity=Capacity.SPOT))
    + Counts.of(Phase.RUNNING, Facts())
)
USAGE = ScopeUsage(
    SCOPE,
    (
        ClusterUsage(WEB, Trust(readable=True), COUNTS, NOW, Cost(0.0123456789, 3, 1, approximate=True)),
        ClusterUsage(BATCH, Trust(readable=False, reason="denied", remedy="allow it"), None, None, running=4),
    ),
    COUNTS,
    quotas=(
        Quota(capacity=Capacity.ON_DEMAND, value=6.0, source=Origin.APPLIED, read_at=NOW),
        Quota(capacity=Capacity.SPOT, value=None, source=Origin.UNKNOWN, read_at=NOW, reason="denied"),
    ),
    refused=(
        Refused(
            cluster="ECS-web",
            group="",
            capacity=Capacity.SPOT,
            kind=RefusalKind.PLACEMENT,
            reason="no capacity \u2013 \u00fc",
            is_shortage=True,
            count=3,
            at_least=False,
            first=NOW - 600_000,
            last=NOW,
        ),
    ),
    undiscovered="EKS clusters have not been listed yet",
)
FRONT = Service(cluster=WEB, name="front", desired=4, running=2, cpu=1024)
FREE = {Capacity.ON_DEMAND: Bounded.exact(3.5)}
LIMITS = Limits(total=Limit(vcpu=4), clusters={"w*": Limit(workloads=9)})

WRITTEN: dict[str, tuple[Callable[[], Any], Any]] = {
    "usage": (lambda: usage_document([USAGE], NOW, "list"), UsageDocument),
    "summary": (lambda: usage_summary(USAGE), UsageSummary),
    "cost": (lambda: cost_breakdown(cost_per_hour([(WEB, row())])), CostBreakdown),
    "headroom": (lambda: headroom_entries([headroom(FRONT, FREE)]), list[HeadroomEntry]),
    "survey": (lambda: survey_document(judged([FRONT], {}, FREE, ["why"])), SurveyDocument),
    "limits": (lambda: limit_documents(limit_standings(LIMITS, {WEB: HeldCounts(COUNTS)})), list[LimitDocument]),
    "witness": (
        lambda: comparison_documents(
            compare([UsageReading(series=SERIES[0], value=2.0, at=NOW), UsageReading(series=SERIES[3], reason="none")], COUNTS)
        ),
        list[ComparisonDocument],
    ),
}


def kept(old: Any, new: Any) -> Any:
    """Return `new` without the keys that `old` does not have, in the order of `new`."""
    if isinstance(old, dict):
        return {key: kept(old[key], value) for key, value in new.items() if key in old}
    if isinstance(old, list):
        return [kept(one, other) for one, other in zip(old, new, strict=True)]
    return new


@pytest.mark.parametrize("name", WRITTEN)
def test_keys_are_only_added(name: str) -> None:
    """A document has the keys, the order and the values that it had before, to the byte; new keys stand between them."""
    new = json.loads(msgspec.json.encode(WRITTEN[name][0]()))
    assert json.dumps(kept(PINNED[name], new)) == json.dumps(PINNED[name])


@pytest.mark.parametrize("name", WRITTEN)
def test_a_document_reads_back(name: str) -> None:
    """Decoding what was encoded returns the same values."""
    made, kind = WRITTEN[name]
    document = made()
    assert msgspec.json.decode(msgspec.json.encode(document), type=kind) == document


@pytest.mark.parametrize("name", WRITTEN)
def test_an_older_document_is_read(name: str) -> None:
    """A document without the keys that were added since is read."""
    assert msgspec.json.decode(json.dumps(PINNED[name]), type=WRITTEN[name][1])
