"""What a store of reports promises, in memory and in S3 alike."""

from __future__ import annotations

from typing import Any

import boto3
import msgspec
import pytest
from botocore.stub import Stubber

from fargatecount.adapters.memory.reports import MemoryReports
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.errors import DeniedError, MisconfiguredError, UnavailableError
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.reconcile.drift import Cause
from fargatecount.reconcile.report import report_id
from fargatecount.reconcile.store import ReportStore
from fargatecount.workload import Millis, Scope
from tests.contract.conftest import BUCKET
from tests.support.builders import HOUR, MINUTE, NOW, SCOPE
from tests.support.pages import cluster, refusal, repair, repaired, unlisted, usage
from tests.support.pages import report as build_report

ELSEWHERE = Scope(SCOPE.account, "us-east-1")


@pytest.fixture(params=["memory", "s3"])
def store(request: pytest.FixtureRequest) -> ReportStore:
    return MemoryReports() if request.param == "memory" else S3Reports(request.getfixturevalue("s3"), BUCKET)


def report(at: Millis = NOW, scope: Scope = SCOPE, **changes: Any) -> ReconcileDocument:
    return build_report(at, scope=scope, **changes)


def test_a_report_comes_back_as_it_was_kept(store: ReportStore) -> None:
    """Names in any script, null and absent keys come back."""
    looked = repaired("wëb ☂", repair(Cause.ORPHAN, group=None))
    kept = build_report(NOW, usage(cluster("ECS-wëb ☂"), unlisted("EKS-new")), looked, state={"headroom": None, "refused": [refusal(NOW)]})
    store.keep(kept)
    assert store.read(SCOPE, kept.id) == kept
    assert kept.cost is msgspec.UNSET


def test_ids_come_oldest_first(store: ReportStore) -> None:
    """Whatever the order in which reports were kept, their ids are in the order of time."""
    times = [NOW, NOW - HOUR, NOW + 1, NOW + MINUTE]
    for at in times:
        store.keep(report(at))
    assert list(store.ids(SCOPE)) == [report_id(at) for at in sorted(times)]


def test_ids_since_a_moment_include_that_moment(store: ReportStore) -> None:
    """A range begins with the report of its first millisecond."""
    for at in (NOW - 1, NOW, NOW + 1):
        store.keep(report(at))
    assert list(store.ids(SCOPE, NOW)) == [report_id(NOW), report_id(NOW + 1)]


def test_a_scope_sees_its_own_reports_only(store: ReportStore) -> None:
    """Two scopes may share a bucket, and even a moment."""
    store.keep(report(known=1))
    store.keep(report(scope=ELSEWHERE, known=2))
    assert store.read(ELSEWHERE, report_id(NOW)).clusters_known == 2
    assert list(store.ids(ELSEWHERE)) == [report_id(NOW)]
    assert list(store.ids(Scope("999999999999", SCOPE.region))) == []


def test_many_reports_come_in_the_order_asked(store: ReportStore) -> None:
    """More reports than are read at the same time come back in order."""
    ids = [store.keep(one) and one.id for one in (report(NOW + number, known=number) for number in range(25))]
    assert [one.clusters_known for one in store.read_many(SCOPE, ids)] == list(range(25))


def test_more_reports_than_a_page_are_listed(store: ReportStore) -> None:
    """S3 lists a thousand keys at a time; all of them are found."""
    for number in range(1_005):
        store.keep(report(NOW + number))
    assert len(store.ids(SCOPE)) == 1_005


@pytest.mark.parametrize("unknown", ["2020-01-01T000000.000Z", "", "../secret", "no such thing"])
def test_an_unknown_report_is_named_with_a_remedy(store: ReportStore, unknown: str) -> None:
    """An id of which nothing is kept is an error that says so, whatever it looks like."""
    with pytest.raises(MisconfiguredError, match="no report") as caught:
        store.read(SCOPE, unknown)
    assert "report list" in caught.value.remedy


DEEP = b'{"newField": ' + b"[" * 3000 + b"]" * 3000 + b"}"


@pytest.mark.parametrize(
    "body",
    [b"<html>", b"{}", b"[]", b'{"schema": "fargatecount/reconcile", "id": 7}', b'{"id": "\xff"}', DEEP],
    ids=["HTML", "object", "array", "number", "bytes", "deep"],
)
def test_objects_of_others_are_no_reports(s3: Any, body: bytes) -> None:
    """Other objects in the bucket are not listed, and an object that is no report is named when it is read."""
    prefix = f"reports/{SCOPE.account}/{SCOPE.region}/"
    for key in (f"{prefix}notes.txt", f"{prefix}deeper/{report_id(NOW)}.json", "other.json"):
        s3.put_object(Bucket=BUCKET, Key=key, Body=b"x")
    s3.put_object(Bucket=BUCKET, Key=f"{prefix}bad.json", Body=body)
    store = S3Reports(s3, BUCKET)
    assert list(store.ids(SCOPE)) == ["bad"]
    with pytest.raises(MisconfiguredError, match=r"bad\.json is no report"):
        store.read(SCOPE, "bad")


def test_the_object_in_the_bucket(s3: Any) -> None:
    """A report is one JSON object under its account, Region and id."""
    where = S3Reports(s3, BUCKET).keep(report())
    key = "reports/123456789012/eu-west-1/2026-01-01T000000.000Z.json"
    assert where == f"s3://{BUCKET}/{key}"
    assert s3.head_object(Bucket=BUCKET, Key=key)["ContentType"] == "application/json"


@pytest.mark.parametrize("call", ["keep", "ids", "read"])
def test_a_missing_bucket_is_named(s3: Any, call: str) -> None:
    """Without the bucket every call says which one is missing and what to do."""
    arguments = {"keep": (report(),), "ids": (SCOPE,), "read": (SCOPE, "x")}[call]
    with pytest.raises(MisconfiguredError, match="no bucket gone-bucket") as caught:
        getattr(S3Reports(s3, "gone-bucket"), call)(*arguments)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("code", "error"), [("AccessDenied", DeniedError), ("SlowDown", UnavailableError), ("InternalError", UnavailableError)]
)
def test_refusals_and_silence_are_told_apart(code: str, error: type[Exception]) -> None:
    """S3's errors are translated: denied, or not answered."""
    client = boto3.client("s3", SCOPE.region, aws_access_key_id="test", aws_secret_access_key="test")
    with Stubber(client) as stub:
        stub.add_client_error("put_object", service_error_code=code, service_message="no")
        with pytest.raises(error, match=f"{BUCKET}.*{code}"):
            S3Reports(client, BUCKET).keep(report())
