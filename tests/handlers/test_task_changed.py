"""The function behind the task queue."""

from __future__ import annotations

import json
from typing import Any

import boto3
import pytest

from fargatecount.adapters.sqs.dead_letters import HANDLER
from fargatecount.bootstrap.functions.task_changed import runtime
from fargatecount.errors import MisconfiguredError
from fargatecount.ledger.store import bucket_of
from fargatecount.ledger.verify import VerifyResult, verify
from fargatecount.workload import Phase, WorkloadKey
from handlers import _runtime, task_changed
from tests.handlers.conftest import Context
from tests.support.builders import BATCH, HOUR, SCOPE, WEB
from tests.support.deployed import Deployed
from tests.support.invocations import body
from tests.support.metric_lines import metrics

MALFORMED = (
    "",
    "no JSON",
    "[]",
    "null",
    '"text"',
    "{}",
    '{"detail-type": "ECS Task State Change"}',
    '{"detail-type": "ECS Task State Change", "detail": {"taskArn": "nonsense"}}',
    '{"detail-type": "ECS Task State Change", "detail": []}',
    '{"detail-type": "EC2 Instance State-change Notification", "detail": {}}',
)


class RunningOut(Context):
    """A context whose time runs out after some questions."""

    def __init__(self, questions: int) -> None:
        super().__init__()
        self._questions = questions

    def get_remaining_time_in_millis(self) -> int:
        """Return how long the function may still run."""
        self._questions -= 1
        return 60_000 if self._questions >= 0 else _runtime.RESERVE - 1


def batch(*bodies: str) -> dict[str, Any]:
    """Return a batch as Lambda delivers it: message `m0` first."""
    return {"Records": [{"messageId": f"m{number}", "body": one, "eventSource": "aws:sqs"} for number, one in enumerate(bodies)]}


def failed(answer: dict[str, Any]) -> list[str]:
    return [item["itemIdentifier"] for item in answer["batchItemFailures"]]


def sums_hold(here: Deployed) -> bool:
    clusters = [state.cluster for state in here.ledger.clusters(SCOPE)]
    return all(finding.verdict is VerifyResult.EQUAL for finding in verify(here.ledger, clusters, here.clock))


def test_events_become_rows_and_counts(here: Deployed, context: Context) -> None:
    """When the function returns, its events are in the ledger and none is delivered again."""
    answer = task_changed.handler(batch(*(body(here, f"t{number}") for number in range(10))), context)
    assert failed(answer) == []
    assert len(here.living()) == 10
    assert sums_hold(here)


def test_a_batch_in_any_order_with_duplicates_ends_in_the_newest(here: Deployed, context: Context) -> None:
    """A stop that arrives before its start, with both delivered twice, leaves a stopped task."""
    start, stop = body(here, version=2), body(here, status="STOPPED", version=5)
    task_changed.handler(batch(stop, start, stop), context)
    task_changed.handler(batch(start), context)
    assert here.living() == {}
    assert here.rows()["t1"].phase is Phase.GONE


def test_ten_malformed_messages_delay_no_other(here: Deployed, context: Context) -> None:
    """The good messages are recorded, the malformed ones are dead letters, and none is delivered again."""
    mixed = [one for number, bad in enumerate(MALFORMED) for one in (bad, body(here, f"t{number}"))]
    answer = task_changed.handler(batch(*mixed), context)
    assert failed(answer) == []
    assert len(here.living()) == 10
    assert len(here.dead_letters()) == 10


@pytest.mark.parametrize(
    "changes",
    [
        {"version": 10**40},
        {"cpu": "9" * 400, "memory": "9" * 400},
        {"ephemeralStorage": {"sizeInGiB": 10**60}},
        {"createdAt": 1e300},
        {"group": "g" * 500_000},
        {"taskArn": f"{WEB.arn.replace(':cluster/', ':task/')}/{'t' * 2000}"},
    ],
    ids=["version", "size", "storage", "time", "group", "task"],
)
def test_an_event_out_of_range_delays_no_other(here: Deployed, context: Context, changes: dict[str, Any]) -> None:
    """An event with a number or text out of range is counted without it or is a dead letter; the rest of its batch is recorded."""
    answer = task_changed.handler(batch(body(here, "good"), body(here, "odd", **changes)), context)
    assert failed(answer) == []
    assert len(here.living()) + len(here.dead_letters()) == 2
    assert "good" in here.living()
    assert sums_hold(here)


def test_a_dead_letter_has_its_reason_and_source(here: Deployed, context: Context) -> None:
    """A dead letter has the original body, the reason, the source and the id of its message."""
    task_changed.handler(batch("no JSON ☂"), context)
    (letter,) = here.dead_letters()
    attributes = {name: value["StringValue"] for name, value in letter["MessageAttributes"].items()}
    assert letter["Body"] == "no JSON ☂"
    assert attributes["reason"]
    assert (attributes["source"], attributes["message_id"]) == (HANDLER, "m0")


def test_what_is_not_on_fargate_is_left_alone(here: Deployed, context: Context) -> None:
    """An event of a task on EC2 is done without being counted, and is no dead letter."""
    answer = task_changed.handler(batch(body(here, launchType="EC2")), context)
    assert (failed(answer), here.rows(), here.dead_letters()) == ([], {}, [])


def test_a_malformed_message_that_cannot_be_kept_comes_again(here: Deployed, context: Context) -> None:
    """Without a dead-letter queue nothing is lost: the bad message stays in its queue, the good ones are recorded."""
    boto3.client("sqs", SCOPE.region).delete_queue(QueueUrl=here.outputs["DeadLettersUrl"])
    answer = task_changed.handler(batch(body(here, "t0"), "no JSON", body(here, "t2")), context)
    assert failed(answer) == ["m1"]
    assert set(here.living()) == {"t0", "t2"}


def test_without_time_everything_comes_again(here: Deployed, context: Context) -> None:
    """An invocation that starts too late writes nothing and returns every message."""
    context.remaining = _runtime.RESERVE - 1
    answer = task_changed.handler(batch(body(here, "t0"), body(here, "t1")), context)
    assert (failed(answer), here.rows()) == (["m0", "m1"], {})


def test_when_time_runs_out_the_rest_comes_again(here: Deployed) -> None:
    """Finished messages are done, those not started 5 s before the end are returned, and none is half done."""
    events = batch(body(here, "t0", cluster=WEB), body(here, "t0", cluster=BATCH))
    counting = runtime()
    # Other writers are at work on both buckets, so that each has a transaction of its own.
    keys = [WorkloadKey(cluster, "t0") for cluster in (WEB, BATCH)]
    counting.contention.met([bucket_of(key, counting.ledger.buckets) for key in keys], counting.clock.now())
    again = failed(task_changed.handler(events, RunningOut(questions=2)))
    assert len(again) == 1
    done, left = (WEB, BATCH) if again == ["m1"] else (BATCH, WEB)
    assert (set(here.living(done)), set(here.living(left))) == ({"t0"}, set())
    assert sums_hold(here)


def test_without_its_table_the_function_fails_by_name(here: Deployed, context: Context) -> None:
    """A missing table is an error of the deployment that names it; Lambda returns the whole batch to the queue."""
    boto3.client("dynamodb", SCOPE.region).delete_table(TableName=here.outputs["TableName"])
    with pytest.raises(MisconfiguredError, match=here.outputs["TableName"]):
        task_changed.handler(batch(body(here)), context)


def test_unarmed_no_metric_is_written(here: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """By default the log holds no embedded metrics, because those cost money."""
    task_changed.handler(batch(body(here)), context)
    assert metrics(capsys.readouterr().out) == {}


def test_armed_the_age_of_the_oldest_event_is_a_metric(armed: Deployed, context: Context, capsys: pytest.CaptureFixture[str]) -> None:
    """While armed, the log has the age of the oldest event of the batch."""
    task_changed.handler(batch(body(armed), body(armed, "t2", age=HOUR)), context)
    assert HOUR <= metrics(capsys.readouterr().out)["fargate-event-age"] < HOUR + 60_000


def test_what_became_of_events_is_a_metric_where_it_is_asked_for(
    armed: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The function's own metrics are amounts per batch, under its name."""
    monkeypatch.setenv("FARGATECOUNT_FUNCTION_METRICS", "true")
    older, known, fresh = body(armed), body(armed, version=3), body(armed, "t2")
    task_changed.handler(batch(known), context)
    capsys.readouterr()
    # The same text twice: two that were made in different seconds would differ in their times.
    task_changed.handler(batch(known, older, fresh, fresh, "no JSON"), context)
    output = capsys.readouterr().out
    told: dict[str, Any] = dict(metrics(output))
    own = {name.removeprefix("fargate-events-"): value for name, value in told.items() if name.startswith("fargate-events-")}
    assert own == {"duplicate": [2.0], "stale": [1.0], "applied": [1.0], "failed": [1.0]}
    (document,) = [json.loads(line) for line in output.splitlines() if "fargate-events-applied" in line]
    (directive,) = document["_aws"]["CloudWatchMetrics"]
    assert (directive["Namespace"], directive["Dimensions"], document["service"]) == ("Fargate Stats", [["service"]], "task_changed")


@pytest.mark.parametrize("setting", ["ARMED", "FUNCTION_METRICS"])
def test_what_became_of_events_costs_nothing_unasked(
    armed: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], setting: str
) -> None:
    """While unarmed or not requested, the function has no metrics of its own."""
    monkeypatch.setenv("FARGATECOUNT_FUNCTION_METRICS", "true")
    monkeypatch.setenv(f"FARGATECOUNT_{setting}", "false")
    task_changed.handler(batch(body(armed)), context)
    assert "fargate-events-" not in capsys.readouterr().out


def test_a_batch_of_others_events_is_no_error(
    armed: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch, recwarn: pytest.WarningsRecorder
) -> None:
    """A batch without Fargate events puts no metric and logs no warning."""
    monkeypatch.setenv("FARGATECOUNT_FUNCTION_METRICS", "true")
    task_changed.handler(batch(body(armed, launchType="EC2")), context)
    assert list(recwarn) == []


def test_a_missing_setting_is_named(here: Deployed, context: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    """A function without one of its variables names it at the first invocation."""
    monkeypatch.delenv("FARGATECOUNT_TABLE")
    with pytest.raises(MisconfiguredError, match="FARGATECOUNT_TABLE is not set"):
        task_changed.handler(batch(body(here)), context)
