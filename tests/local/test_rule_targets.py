"""Rules that deliver to queues: what the queue's policy decides."""

from __future__ import annotations

import json
from typing import Any

from tests.local.account import Account, client
from tests.support.deadline import eventually


def put_rule(account: Account, queue: str, dead_letters: str | None = None) -> None:
    """Send the events of a source of this test to a queue."""
    events = client(account.stack, "events")
    events.put_rule(Name=account.name, EventPattern=json.dumps({"source": [account.name]}))
    target: dict[str, Any] = {"Id": "queue", "Arn": account.queue_arn(queue)}
    if dead_letters:
        target["DeadLetterConfig"] = {"Arn": account.queue_arn(dead_letters)}
    events.put_targets(Rule=account.name, Targets=[target])


def put_event(account: Account) -> None:
    """Put one event of the source."""
    entry = {"Source": account.name, "DetailType": "test", "Detail": json.dumps({"number": 1})}
    client(account.stack, "events").put_events(Entries=[entry])


def messages(account: Account, queue: str) -> list[Any]:
    """Return what is in the queue."""
    answer = client(account.stack, "sqs").receive_message(QueueUrl=queue, MaxNumberOfMessages=10, MessageAttributeNames=["All"])
    return list(answer.get("Messages", []))


def test_a_queue_that_lets_eventbridge_send_gets_the_event(account: Account) -> None:
    """A queue policy for events.amazonaws.com is enough."""
    queue = account.queue("target", sender="events.amazonaws.com")
    put_rule(account, queue)
    put_event(account)
    assert json.loads(messages(account, queue)[0]["Body"])["detail"] == {"number": 1}


def test_a_queue_without_a_policy_gets_nothing(account: Account) -> None:
    """EventBridge may not send to a queue that does not let it."""
    queue = account.queue("target")
    put_rule(account, queue)
    put_event(account)
    assert messages(account, queue) == []


def test_what_may_not_be_delivered_is_a_dead_letter_with_its_reason(account: Account) -> None:
    """The dead-letter queue of the target gets the event, and an attribute says why."""
    queue, dead_letters = account.queue("target"), account.queue("dead", sender="events.amazonaws.com")
    put_rule(account, queue, dead_letters)
    put_event(account)
    [letter] = messages(account, dead_letters)
    assert json.loads(letter["Body"])["detail"] == {"number": 1}
    assert letter["MessageAttributes"]["ERROR_CODE"]["StringValue"] == "NO_PERMISSIONS"


def test_a_policy_that_comes_late_is_heeded(account: Account) -> None:
    """The next event is delivered as the policy is then."""
    queue = account.queue("target")
    put_rule(account, queue)
    put_event(account)
    account.queue("target", sender="events.amazonaws.com")
    put_event(account)
    assert len(eventually(lambda: messages(account, queue), "the event")) == 1
