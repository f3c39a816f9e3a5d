"""The Lambda function compared with one transaction per bucket, and with a bare loop of boto3; and what its requests cost.

Both run as processes of their own on tables of their own in the embedded AWS, in turns. Batches are of ten messages, as SQS delivers
them; the lives of the tasks are mixed, as on a busy day. The emulator's own time is in both wall times, and in neither's processor
time.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from benchmarks import batch_latency, units
from benchmarks.child import Ran, python
from benchmarks.emulated import make_table, settings, table_items
from benchmarks.handler_child import WARM_UP
from benchmarks.lines import Bar, Figure, Line, Progress
from benchmarks.units import Attributes, Call, Key, Units
from local.stack import Stack
from local.traffic import events, lives

ACCOUNT = "000000000000"
TASKS = 300
"""Of four events each."""
CLUSTERS = ("shop", "batch", "search", "jobs")
BATCH = 10
RUNS = 5
PER_BUCKET = "one transaction per bucket"


def measure(progress: Progress) -> list[Line]:
    """Return the function's lines."""
    progress("one batch after the other, ten simulated milliseconds a request")
    lines = [batch_latency.line()]
    with tempfile.TemporaryDirectory() as directory, Stack(Path(directory) / "aws") as stack:
        events_file = Path(directory) / "events.json"
        region = stack.environment()["AWS_REGION"]
        batches = list(_batches(region))
        events_file.write_text(json.dumps(batches))

        def run(task: str, name: str, calls_file: Path) -> Ran:
            make_table(stack.client("dynamodb"), name)
            environment = stack.environment() | settings(name)
            return python("-m", "benchmarks.handler_child", task, str(events_file), str(calls_file), environment=environment)

        calls: dict[str, list[list[Call]]] = {}
        items: dict[str, Mapping[Key, Attributes]] = {}
        for task in ("record", "record-per-bucket"):
            progress(f"recording the requests of the handler: {task}")
            calls_file = Path(directory) / f"{task}.json"
            run(task, task, calls_file)
            calls[task] = msgspec.json.decode(calls_file.read_bytes(), type=list[list[Call]])
            items[task] = table_items(stack.client("dynamodb"), task)
        settled = _settled(calls["record"], calls["record-per-bucket"])
        took = {task: units.of((call for n in settled for call in calls[task][n]), items[task]) for task in calls}
        whole = {task: units.of((call for batch in calls[task] for call in batch), items[task]).written for task in calls}
        found: dict[str, list[dict[str, Any]]] = {"handler": [], "per-bucket": [], "bare": []}
        for number in range(RUNS):
            for task, runs in found.items():
                progress(f"run {number + 1} of {RUNS}, {task}")
                runs.append(run(task, f"{task}-{number}", Path(directory) / "record.json").told)
    return [*lines, *_speed(found), *_requests(calls), *_units(took["record"], took["record-per-bucket"], len(settled), whole)]


def _settled(*ways: list[list[Call]]) -> list[int]:
    """Return the numbers of the batches after the warm-up in which neither way opens a counter.

    The first write of a counter is refused with all that is written with it, once in the life of a bucket; then it is opened.
    """
    return [n for n in range(WARM_UP, len(ways[0])) if not any(units.opens(call) for way in ways for call in way[n])]


def _batches(region: str) -> Iterator[dict[str, Any]]:
    """Yield events as Lambda passes them for SQS: https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html."""
    begun = []
    for number, life in enumerate(lives(TASKS, clusters=CLUSTERS)):
        # A life's events are 25 starts apart, so that a batch holds events of ten different tasks.
        begun += [(number + 25 * step, entry) for step, entry in enumerate(events(life, account=ACCOUNT, region=region))]
    ordered = [entry for _, entry in sorted(begun, key=lambda item: item[0])]
    for start in range(0, len(ordered), BATCH):
        yield {"Records": [_record(start + i, entry, region) for i, entry in enumerate(ordered[start : start + BATCH])]}


def _record(number: int, entry: dict[str, Any], region: str) -> dict[str, Any]:
    detail = json.loads(entry["Detail"])
    event = {
        "version": "0",
        "id": f"{number:032x}",
        "detail-type": entry["DetailType"],
        "source": entry["Source"],
        "account": ACCOUNT,
        "time": detail["updatedAt"],
        "region": region,
        "resources": entry["Resources"],
        "detail": detail,
    }
    return {
        "messageId": f"{number:032x}",
        "receiptHandle": "handle",
        "body": json.dumps(event),
        "attributes": {"ApproximateReceiveCount": "1"},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": f"arn:aws:sqs:{region}:{ACCOUNT}:tasks",
        "awsRegion": region,
    }


def _speed(found: dict[str, list[dict[str, Any]]]) -> list[Line]:
    rate = {name: Figure.of([run["batches"] * BATCH / run["wall"] for run in runs], "events/s") for name, runs in found.items()}
    cpu = {name: Figure.of([run["cpu"] / run["batches"] / BATCH * 1000 for run in runs], "ms") for name, runs in found.items()}
    bare = "boto3 loop, same requests"
    return [
        Line(what="task_changed, one process, batches of ten", figure=rate["handler"], baseline=rate["per-bucket"], baseline_is=PER_BUCKET),
        Line(
            what="task_changed, processor time per event",
            figure=cpu["handler"],
            baseline=cpu["per-bucket"],
            baseline_is=PER_BUCKET,
            bar=Bar(0.5, of_ratio=True),
        ),
        Line(what="task_changed, processor time per event", figure=cpu["handler"], baseline=cpu["bare"], baseline_is=bare),
    ]


def _requests(calls: dict[str, list[list[Call]]]) -> list[Line]:
    # The first batches register clusters and open counters, once in the life of a table.
    per_batch = {name: Figure.of([float(len(batch)) for batch in batches[WARM_UP:]], "") for name, batches in calls.items()}
    mean = {name: sum(map(len, batches[WARM_UP:])) / len(batches[WARM_UP:]) for name, batches in calls.items()}
    return [
        Line(
            what="requests per batch of ten",
            figure=per_batch["record"],
            baseline=per_batch["record-per-bucket"],
            baseline_is=PER_BUCKET,
            bar=Bar(0.3, of_ratio=True),
            note=f"on average {mean['record']:.2f} and {mean['record-per-bucket']:.2f}; events of {len(CLUSTERS)} clusters",
        )
    ]


def _units(took: Units, before: Units, batches: int, whole: dict[str, int]) -> list[Line]:
    promised = 2 * took.rows_written + 2 * took.counters_moved
    events_recorded = batches * BATCH
    beginning = (
        f"from an empty table on, with the refused first write of each counter, {whole['record']} and {whole['record-per-bucket']} units"
    )
    return [
        Line(
            what="write units per event",
            figure=Figure.of([took.written / events_recorded], ""),
            baseline=Figure.of([promised / events_recorded], ""),
            baseline_is="2 per row and 2 per touched counter",
            bar=Bar(1.0, of_ratio=True),
            note=f"{took.rows_written} rows, {took.counters_moved} counters, {took.transactions} transactions; AWS's rules on the wire",
        ),
        Line(
            what="write units per event",
            figure=Figure.of([took.written / events_recorded], ""),
            baseline=Figure.of([before.written / events_recorded], ""),
            baseline_is=PER_BUCKET,
            bar=Bar(1.0, of_ratio=True),
            note=f"{took.transactions} transactions instead of {before.transactions}; {beginning}",
        ),
        Line(
            what="read units per row asked for",
            figure=Figure.of([took.read / took.rows_asked], ""),
            bar=Bar(1.0),
            note=f"{took.rows_asked} rows, {took.rows_asked / events_recorded:.2f} per event; by AWS's rules from the wire",
        ),
    ]
