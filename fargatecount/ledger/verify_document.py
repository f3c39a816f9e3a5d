"""Verify in JSON: the document `fargatecount/verify` version 1.

Pure. Keys may be added; none is renamed.
"""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from fargatecount.ledger.verify import BucketFinding, VerifyResult

SCHEMA = "fargatecount/verify"
VERSION = 1


class VerifyFinding(msgspec.Struct, frozen=True, kw_only=True):
    """One bucket."""

    account: str
    region: str
    cluster: str
    """Key, such as `ECS-web`."""
    bucket: int
    verdict: VerifyResult
    counter_held: int
    """Workloads that the counter has as held."""
    rows_held: int
    """Workloads that the rows have as held."""
    counter_cpu: int
    """CPU units, 1 vCPU = 1024."""
    rows_cpu: int
    """CPU units, 1 vCPU = 1024."""
    workloads: int
    """Living rows."""
    tombstones: int


class VerifyDocument(msgspec.Struct, frozen=True, kw_only=True):
    """The answer of `verify --json`."""

    schema: str = SCHEMA
    version: int = VERSION
    findings: list[VerifyFinding]


def verify_document(findings: Iterable[BucketFinding]) -> VerifyDocument:
    """Return the document of `findings`, in their order."""
    return VerifyDocument(findings=[_finding(each) for each in findings])


def _finding(finding: BucketFinding) -> VerifyFinding:
    cluster = finding.bucket.cluster
    return VerifyFinding(
        account=cluster.scope.account,
        region=cluster.scope.region,
        cluster=cluster.key,
        bucket=finding.bucket.number,
        verdict=finding.verdict,
        counter_held=finding.counter.held.count,
        rows_held=finding.rows.held.count,
        counter_cpu=finding.counter.held.cpu,
        rows_cpu=finding.rows.held.cpu,
        workloads=finding.workloads,
        tombstones=finding.tombstones,
    )
