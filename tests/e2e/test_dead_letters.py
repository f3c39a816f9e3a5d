"""Events that could not be delivered: doctor says so, and after the fix they are counted."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from local.traffic import lives, put
from tests.e2e.deployment import Deployed
from tests.support.deadline import eventually
from tests.support.expected_counts import expected


@contextmanager
def nobody_may_send(deployed: Deployed) -> Iterator[None]:
    """Take the policy away that lets the rule send to the task queue, as a hand in the console does."""
    sqs, url = deployed.stack.client("sqs"), deployed.outputs["TaskQueueUrl"]
    policy = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["Policy"])["Attributes"]["Policy"]
    sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": ""})
    try:
        yield
    finally:
        sqs.set_queue_attributes(QueueUrl=url, Attributes={"Policy": policy})


def test_what_could_not_be_delivered_is_counted_after_the_fix(deployed: Deployed) -> None:
    """It waits as dead letters whose reason `doctor` shows; replayed, it is counted exactly, and no letter is left."""
    tasks = lives(12, clusters=("undelivered",), seed=23, states=("RUNNING",))
    with nobody_may_send(deployed):
        put(deployed.stack.client("events"), [entry for life in tasks for entry in deployed.entries(life)])

        def letters() -> list[dict[str, object]]:
            found: list[dict[str, object]] = json.loads(deployed.command("dead-letters", "list", "--source", "rule", "--json").stdout)[
                "letters"
            ]
            return found

        eventually(lambda: len(letters()) == len(tasks), "all events are dead letters", 60)
        assert {(letter["reason"], letter["understood"]) for letter in letters()} == {("NO_PERMISSIONS", True)}
        answer = deployed.command("doctor", "--json")
        assert answer.returncode == 1, answer.stderr
        told = [finding for finding in json.loads(answer.stdout)["findings"] if finding["check"] == "dead letters"]
        assert [(finding["level"], finding["text"]) for finding in told] == [
            ("problem", "12 dead letters of source rule: NO_PERMISSIONS"),
        ]
    replay = deployed.command("dead-letters", "replay", "--source", "rule", "--yes")
    assert (replay.returncode, replay.stdout) == (0, "12 replayed\n"), replay.stderr
    deployed.eventually_counts("undelivered", expected(tasks))
    assert letters() == []
    findings = json.loads(deployed.command("doctor", "--json").stdout)["findings"]
    # Nothing in a fresh deployment may be beyond doctor's understanding.
    assert [finding["text"] for finding in findings if finding["level"] == "unknown"] == []
    assert [finding["level"] for finding in findings if finding["check"] == "dead letters"] == ["ok"]
