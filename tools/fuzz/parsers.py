"""The parsers under test: each takes any bytes, returns what became of them, and raises only for a fault."""

from __future__ import annotations

import io
import json
from collections.abc import Iterable
from typing import Any

import msgspec

from fargatecount.adapters.dynamodb.items import RowItem, bucket_key, row_item, scope_key
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.adapters.memory.ledger import MemoryLedger
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.ecs.event import Malformed, NotOnFargate, decode_event
from fargatecount.ecs.task import family_of, last_change, parse_description
from fargatecount.eks.decode import decode_pod
from fargatecount.eks.pod import Pod
from fargatecount.eks.refusals import refused_pod
from fargatecount.eks.workload import observe
from fargatecount.errors import MalformedError, MisconfiguredError, UnavailableError
from fargatecount.ingest.dead_letter import DeadLetter, summarize
from fargatecount.ingest.document import letter_documents
from fargatecount.ledger.record import record
from fargatecount.ledger.store import bucket_of
from fargatecount.refusals.log import windows
from fargatecount.refusals.recent import merge_windows
from fargatecount.refusals.refusal import Refusal
from fargatecount.report.fold import fold, part_of
from fargatecount.report.listing import report_row
from fargatecount.report.range import range_document
from fargatecount.settings.deployment import Settings
from fargatecount.timestamps import to_iso
from fargatecount.workload import Observation, SourceRank, WorkloadKey
from tests.support.builders import NOW, PODS, SCOPE
from tests.support.fakes import FakeClock
from tests.support.letters import UNDELIVERED, UNREADABLE
from tools.fuzz.limits import violations
from watcher.events import Gone, Seen, decode

COUNTED, IGNORED, REFUSED = "counted", "ignored", "refused"


class FaultError(Exception):
    """A parser let something pass that it must not."""


def _stored(observations: Iterable[Observation], refusals: Iterable[Refusal]) -> None:
    """Record what a parser returned, and check every item that the table is then given."""
    ledger = MemoryLedger()
    record(list(observations), ledger, FakeClock())
    for observation in observations:
        bucket = bucket_of(WorkloadKey(observation.cluster, observation.workload_id), ledger.buckets)
        for workload_id, row in ledger.rows_of(bucket):
            _check({"pk": {"S": bucket_key(bucket)}, **row_item(RowItem, bucket, workload_id, row).serialize()})
            for moment in (row.observed_at, row.facts.created_at, row.facts.started_at):
                to_iso(moment)
    for scope, items in windows(refusals).items():
        for one in items:
            _check(
                {
                    "pk": {"S": scope_key(scope)},
                    "sk": {"S": f"REFUSED#{one.key}"},
                    "cluster": {"S": one.cluster},
                    "group": {"S": one.group},
                    "reason": {"S": one.reason},
                    "marks": {"SS": sorted(one.ids)},
                    "expires_at": {"N": str(one.expires_at // 1000)},
                }
            )
        merge_windows(items, 0)


def _check(item: dict[str, Any]) -> None:
    found = list(violations(item))
    if found:
        raise FaultError("; ".join(found))


def event(body: bytes) -> str:
    """Task and service events, as bytes and as the text that SQS returns."""
    decoded = decode_event(body.decode(errors="surrogateescape"), NOW)
    if isinstance(decoded, Malformed):
        if not decoded.reason or len(decoded.reason) > Malformed.MAX_REASON:
            raise FaultError(f"a reason of {len(decoded.reason)} characters")
        decoded.reason.encode()
        return REFUSED
    if isinstance(decoded, NotOnFargate):
        return IGNORED
    seen = getattr(decoded, "observation", None)
    _stored([] if seen is None else [seen], [] if decoded.refusal is None else [decoded.refusal])
    return IGNORED if seen is None and decoded.refusal is None else COUNTED


def description(body: bytes) -> str:
    """A task of DescribeTasks: boto3 returns decoded JSON."""
    try:
        task = json.loads(body)
    except (ValueError, RecursionError):
        return IGNORED
    if not isinstance(task, dict):
        return IGNORED  # boto3 returns objects here, whatever AWS sends
    try:
        seen = parse_description(task, NOW)
    except MalformedError:
        return REFUSED
    family_of(task)
    last_change(task)
    _stored([] if seen is None else [seen], [])
    return IGNORED if seen is None else COUNTED


def _pod(found: Pod) -> str:
    try:
        seen = observe(found, PODS, epoch=1, source=SourceRank.API, at=NOW)
    except MalformedError:
        return REFUSED
    refusal = refused_pod(found, PODS, NOW)
    _stored([] if seen is None else [seen], [] if refusal is None else [refusal])
    return IGNORED if seen is None else COUNTED


def pod(body: bytes) -> str:
    """A pod of a list."""
    try:
        return _pod(decode_pod(body))
    except MalformedError:
        return REFUSED


def watch_line(body: bytes) -> str:
    """A line of a watch."""
    try:
        change = decode(body, KubeConnection(host="https://fuzz", ca=None, token=str), NOW)
    except (MalformedError, UnavailableError):
        return REFUSED
    return _pod(change.pod) if isinstance(change, Seen | Gone) else IGNORED


class _Quotas:
    """A client that answers every question with one document."""

    def __init__(self, answer: Any) -> None:
        self._answer = answer

    def get_service_quota(self, **_: Any) -> Any:
        return self._answer

    get_aws_default_service_quota = get_service_quota


def quota(body: bytes) -> str:
    """An answer of Service Quotas: botocore drops members of a wrong type, and keeps numbers as they are."""
    try:
        answer = json.loads(body)
    except (ValueError, RecursionError):
        return IGNORED
    value = answer.get("Quota") if isinstance(answer, dict) else None
    if not isinstance(value, dict) or not isinstance(value.get("Value"), int | float | None) or isinstance(value.get("Value"), bool):
        return IGNORED
    found = ServiceQuotas(_Quotas(answer)).read(NOW)
    for one in found:
        if one.value is not None:
            _check({"pk": {"S": "S"}, "sk": {"S": "QUOTA"}, "value": {"N": repr(float(one.value))}})
    return COUNTED if any(one.value is not None for one in found) else REFUSED


def dead_letter(body: bytes) -> str:
    """A dead letter of either kind: its summary and its document can always be encoded."""
    text = body.decode(errors="surrogateescape")
    understood: list[bool | None] = []
    for attributes, from_stream in (({}, False), (UNREADABLE, False), (UNDELIVERED | {"ERROR_MESSAGE": text}, False), ({}, True)):
        letter = DeadLetter(id="1", body=text, attributes=attributes, sent_at=NOW, received=1)
        summary = summarize(letter, from_stream=from_stream)
        msgspec.json.encode(letter_documents([summary], NOW, with_bodies=True)).decode()
        understood.append(summary.understood)
    return COUNTED if understood[0] else REFUSED


class _Bucket:
    """A bucket whose every object has the same body."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_object(self, **_: Any) -> Any:
        return {"Body": io.BytesIO(self._body)}


def kept_report(body: bytes) -> str:
    """A report in the bucket, folded into a range and a list."""
    try:
        found = S3Reports(_Bucket(body), "bucket").read(SCOPE, "1")
    except MisconfiguredError:
        return REFUSED
    range_document(SCOPE, fold([part_of(found)]), NOW, NOW)
    report_row(found)
    return COUNTED


def settings(body: bytes) -> str:
    """An environment of text values."""
    try:
        values = json.loads(body)
    except (ValueError, RecursionError):
        return IGNORED
    if not isinstance(values, dict):
        return IGNORED
    try:
        Settings.from_env({str(name): value if isinstance(value, str) else json.dumps(value) for name, value in values.items()})
    except MisconfiguredError as error:
        if not str(error):
            raise FaultError("an error without a text") from error
        return REFUSED
    return COUNTED
