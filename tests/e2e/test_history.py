"""From a stopped task to an answer about it, through the deployed stream, function, bucket and command."""

from __future__ import annotations

import json

import pytest

from fargatecount.adapters.s3.history import S3History
from fargatecount.history.objects import decode
from local.traffic import START, STOP, lives, put
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually

pytest.importorskip("duckdb", reason="the extra `history` is not installed")

SECONDS = 60.0
"""How long the function may take: a batch of the stream waits for others."""


def archived(deployed: Deployed) -> set[str]:
    """Return the ids of all records in the bucket."""
    store, scope = S3History(deployed.stack.client("s3"), deployed.outputs["ReportsBucket"]), deployed.cluster("past").scope
    return {record.id for each in store.objects(scope) for record in decode(store.read(each.key) or b"")}


def test_what_has_ended_reaches_the_bucket_and_is_answered(deployed: Deployed) -> None:
    """Forty tasks that ran and stopped are forty records, and the command knows why they stopped."""
    tasks = lives(40, clusters=("past",), seed=23, states=(*START, *STOP))
    put(deployed.stack.client("events"), [entry for life in tasks for entry in deployed.entries(life)])
    ids = {life.task_id for life in tasks}
    eventually(lambda: ids <= archived(deployed), "all records are in the bucket", SECONDS)
    answer = deployed.command("history", "stops", "--since", "1d", "--cluster", "past", "--by", "cluster", "--json")
    assert answer.returncode == 0, answer.stderr
    assert sum(line["stopped"] for line in json.loads(answer.stdout)["lines"]) == len(tasks)
