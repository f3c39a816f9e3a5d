"""The function behind the table's stream that keeps the history."""

from __future__ import annotations

from typing import Any

import boto3
import pytest

from fargatecount.adapters.s3.history import S3History
from fargatecount.errors import DeniedError, UnavailableError
from fargatecount.history.objects import decode
from handlers import archive
from tests.handlers.conftest import Context
from tests.support.builders import SCOPE
from tests.support.deployed import Deployed
from tests.support.fakes import FakeClock
from tests.support.history_world import recorded
from tests.support.lives import lives

LIVES = lives(20, 5, days=1)


@pytest.fixture
def batch() -> list[dict[str, Any]]:
    """Return the records of the stream after all lives have ended."""
    return recorded(LIVES, FakeClock()).stream


def store(here: Deployed) -> S3History:
    return S3History(boto3.client("s3", SCOPE.region), here.outputs["ReportsBucket"])


def ids(here: Deployed) -> list[str]:
    kept = store(here)
    return sorted(record.id for each in kept.objects(SCOPE) for record in decode(kept.read(each.key) or b""))


def test_a_batch_becomes_objects_of_its_days(here: Deployed, context: Context, batch: list[dict[str, Any]]) -> None:
    """Each life is in an object of the day of its end, named by the first record of the batch."""
    answer = archive.handler({"Records": batch}, context)
    assert (answer["records"], answer["skipped"], answer["unreadable"]) == (len(LIVES), 0, 0)
    assert ids(here) == sorted(life.id for life in LIVES)
    first = batch[0]
    assert all(f"{first['dynamodb']['SequenceNumber']}-{first['eventID']}" in key for key in answer["objects"])


def test_a_batch_that_comes_twice_writes_the_same_objects(here: Deployed, context: Context, batch: list[dict[str, Any]]) -> None:
    """Lambda delivers at least once; the second delivery changes nothing, not even a byte."""
    archive.handler({"Records": batch}, context)
    before = list(store(here).objects(SCOPE))
    archive.handler({"Records": batch}, context)
    assert list(store(here).objects(SCOPE)) == before


@pytest.mark.usefixtures("here")
def test_a_record_that_is_no_row_stops_nothing(context: Context, batch: list[dict[str, Any]]) -> None:
    """It would hold up its shard for a day: it is counted and logged, and the rows beside it are kept."""
    image = {"pk": {"S": "C#1#r#ECS-x#0"}, "sk": {"S": "W#t"}, "format": {"N": "1"}, "phase": {"S": "no phase"}}
    newer = {**image, "format": {"N": "99"}}
    odd = {"pk": {"S": "what#ever"}, **{name: value for name, value in batch[0]["dynamodb"]["NewImage"].items() if name != "pk"}}
    broken = [{"eventID": "x", "dynamodb": {"SequenceNumber": "1", "NewImage": each}} for each in (image, newer, odd)]
    deleted = {"eventID": "y", "eventName": "REMOVE", "dynamodb": {"SequenceNumber": "2", "OldImage": image}}
    answer = archive.handler({"Records": [*broken, deleted, *batch]}, context)
    assert (answer["unreadable"], answer["records"]) == (3, len(LIVES))


@pytest.mark.usefixtures("here")
def test_a_bucket_that_is_not_there_fails_the_batch(context: Context, batch: list[dict[str, Any]], monkeypatch: pytest.MonkeyPatch) -> None:
    """An error and no answer: Lambda delivers the batch again, for as long as the stream keeps it."""
    monkeypatch.setenv("FARGATECOUNT_REPORTS_BUCKET", "no-such-bucket")
    with pytest.raises((UnavailableError, DeniedError)):
        archive.handler({"Records": batch}, context)


def test_the_schedule_maintains_the_history(here: Deployed, context: Context) -> None:
    """A tick has no records: what the table has and the bucket lacks is caught up, and the coverage is noted."""
    context.remaining = 600_000
    answer = archive.handler({"source": "aws.events"}, context)
    assert (answer["caught_up"], answer["living"]) == (0, 0)
    assert answer["coverage"]["retention_days"] == 400
    assert store(here).coverage(SCOPE) is not None
