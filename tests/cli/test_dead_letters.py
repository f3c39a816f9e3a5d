"""`fargatecount dead-letters`."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable

import boto3
import pytest

from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.metrics.cadence import LastPublish
from fargatecount.workload import Scope
from tests.cli.conftest import Answer
from tests.support.builders import HOUR, SCOPE
from tests.support.deployed import STAGE, Deployed
from tests.support.letters import EVENT, FAILURE, UNDELIVERED, UNREADABLE
from tests.support.reports import event, report

Run = Callable[..., Answer]

EVENTS = ("--source", "retries")
"""Reads only the queue of events."""
HOSTILE = "\x1b]0;owned\x07[bold]=cmd|' /C calc'!A0"


class Queues:
    """The queues of a deployment, filled and read as SQS shows them."""

    def __init__(self, here: Deployed) -> None:
        self._sqs = boto3.client("sqs", SCOPE.region)
        self._urls = here.outputs

    def put(self, body: str, attributes: dict[str, str] | None = None, *, queue: str = "DeadLettersUrl") -> str:
        told = {name: {"DataType": "String", "StringValue": value} for name, value in (attributes or {}).items()}
        return str(self._sqs.send_message(QueueUrl=self._urls[queue], MessageBody=body, MessageAttributes=told)["MessageId"])

    def bodies(self, queue: str) -> list[str]:
        """What can be received now, which hides it."""
        found: list[str] = []
        while answer := self._sqs.receive_message(QueueUrl=self._urls[queue], MaxNumberOfMessages=10).get("Messages"):
            found += [message["Body"] for message in answer]
        return sorted(found)

    def delete(self, queue: str) -> None:
        self._sqs.delete_queue(QueueUrl=self._urls[queue])


@pytest.fixture
def queues(here: Deployed, monkeypatch: pytest.MonkeyPatch) -> Queues:
    """The queues, found by their variables."""
    for name, output in (("TASK_QUEUE", "TaskQueueUrl"), ("DEAD_LETTERS", "DeadLettersUrl"), ("PUBLISH_FAILURES", "PublishFailuresUrl")):
        monkeypatch.setenv(f"FARGATECOUNT_{name}_URL", here.outputs[output])
    return Queues(here)


def test_what_a_hub_refused_is_listed_with_its_reason(here: Deployed, queues: Queues, fargatecount: Run) -> None:
    """A forged report is no usage event to the hub, a true one that was only late is."""
    here.create_stack(f"fargatecount-hub-{STAGE}", HubTableName="hub", HubDeadLettersUrl=here.outputs["DeadLettersUrl"])
    refused = {"source": "handler", "reason": "a scope reports only itself"}
    forged = queues.put(event(report(), Scope("999999999999", "eu-west-1")), refused)
    late = queues.put(event(report()), UNDELIVERED)
    answer = fargatecount("dead-letters", "list", "--hub", "--stage", STAGE, "--json")
    found = {letter["id"]: (letter["source"], letter["reason"], letter["understood"]) for letter in answer.json["letters"]}
    assert found[forged] == ("handler", "a scope reports only itself", False)
    assert (found[late][0], found[late][2]) == ("rule", True)
    assert "no hub" not in answer.err


def test_all_sources_are_in_one_list(queues: Queues, fargatecount: Run) -> None:
    """With reason, age, receipts and whether this version understands it; and looking takes nothing away."""
    ids = [queues.put("no JSON", UNREADABLE), queues.put(EVENT, UNDELIVERED), queues.put(EVENT)]
    ids.append(queues.put(FAILURE, queue="PublishFailuresUrl"))
    answer = fargatecount("dead-letters", "list", "--json")
    assert (answer.code, answer.json["schema"], answer.json["version"], answer.json["complete"]) == (
        0,
        "fargatecount/dead-letters",
        1,
        True,
    )
    letters = {letter["id"]: letter for letter in answer.json["letters"]}
    assert [letters[each]["source"] for each in ids] == ["handler", "rule", "retries", "stream"]
    assert [letters[each]["understood"] for each in ids] == [False, True, True, None]
    assert letters[ids[1]]["reason"] == "NO_PERMISSIONS: not allowed"
    assert {letter["received"] for letter in letters.values()} == {1}
    table = fargatecount("dead-letters", "list")
    assert (table.code, "4 dead letters (1 handler, 1 retries, 1 rule, 1 stream)." in table.out) == (0, True)
    assert all(each[:8] in table.out for each in ids)
    assert len(queues.bodies("DeadLettersUrl")) == 3


def test_some_of_them(queues: Queues, fargatecount: Run) -> None:
    """By source, by reason, by the beginning of an id; the whole body is for programs that name a letter."""
    one = queues.put("no JSON at all", UNREADABLE)
    queues.put(EVENT, UNDELIVERED)
    for words in (("--source", "handler"), ("--reason", "*ends early"), (one[:8], "--source", "handler")):
        (letter,) = fargatecount("dead-letters", "list", *words, "--json").json["letters"]
        assert (letter["id"], letter.get("body")) == (one, "no JSON at all" if one[:8] in words else None)
    assert "No dead letter matches." in fargatecount("dead-letters", "list", "--reason", "nonsense", "--source", "handler").out


def test_hostile_letters_are_harmless(queues: Queues, fargatecount: Run) -> None:
    """Nothing in a body or a reason reaches the terminal as a command or as markup."""
    queues.put("<b>" + HOSTILE.replace("\x1b", "").replace("\x07", ""), {"source": "handler", "reason": "[bold]why[/bold] \t\r\n=1+1"})
    for form in ("wide", "csv"):
        answer = fargatecount("dead-letters", "list", "--source", "handler", "-o", form)
        assert "[bold]why[/bold]" in answer.out
        assert not set("\t\r\x1b\x07") & set(answer.out)
    (row,) = csv.DictReader(io.StringIO(answer.out))
    assert row["reason"] == r"[bold]why[/bold] \t\r\n=1+1"


def test_no_letters_are_said_in_words(queues: Queues, fargatecount: Run) -> None:
    """An empty list is an answer."""
    assert queues.bodies("DeadLettersUrl") == []
    answer = fargatecount("dead-letters", "list")
    assert (answer.code, answer.out) == (0, "There are no dead letters.\n")
    assert fargatecount("dead-letters", "replay", "--yes", *EVENTS).out == "There was no dead letter to replay.\n"


def test_that_there_may_be_more_is_said(queues: Queues, fargatecount: Run) -> None:
    """A limit makes the list incomplete, for people and for programs."""
    for number in range(12):
        queues.put(EVENT + " " * number)
    answer = fargatecount("dead-letters", "list", *EVENTS, "--limit", "10", "--json")
    assert (len(answer.json["letters"]), answer.json["complete"]) == (10, False)
    assert "--limit" in answer.err


def test_replaying_after_the_fix(queues: Queues, fargatecount: Run) -> None:
    """What is understood goes to the task queue as it was; what is not stays, and makes the code 1."""
    queues.put(EVENT, UNDELIVERED)
    queues.put("no JSON", UNREADABLE)
    answer = fargatecount("dead-letters", "replay", "--yes", "--json")
    assert answer.code == 1
    assert sorted(letter["fate"] for letter in answer.json["letters"]) == ["not understood", "replayed"]
    assert answer.json["complete"] is True
    assert (queues.bodies("TaskQueueUrl"), queues.bodies("DeadLettersUrl")) == ([EVENT], ["no JSON"])


def test_one_by_its_id(queues: Queues, fargatecount: Run) -> None:
    """A letter that is named is sent, even if this version cannot read it; all others stay."""
    one = queues.put("no JSON", UNREADABLE)
    queues.put(EVENT)
    answer = fargatecount("dead-letters", "replay", "--yes", one)
    assert (answer.code, answer.out) == (0, "1 replayed\n")
    assert (queues.bodies("TaskQueueUrl"), queues.bodies("DeadLettersUrl")) == (["no JSON"], [EVENT])


def test_a_dry_run_changes_nothing(queues: Queues, fargatecount: Run) -> None:
    """It says what would become of each."""
    queues.put(EVENT)
    answer = fargatecount("dead-letters", "replay", *EVENTS, "--dry-run", "-o", "wide")
    assert answer.code == 0
    assert "dry run: 1 replayed" in answer.out
    assert (queues.bodies("TaskQueueUrl"), queues.bodies("DeadLettersUrl")) == ([], [EVENT])


def test_at_a_terminal_it_asks_first(queues: Queues, fargatecount: Run) -> None:
    """A no changes nothing, a yes does it, --yes does not ask."""
    queues.put(EVENT)
    answer = fargatecount("dead-letters", "replay", *EVENTS, typed="n\n")
    assert (answer.code, answer.out, "1 of source retries: replayed" in answer.err) == (130, "", True)
    assert fargatecount("dead-letters", "replay", *EVENTS, typed="y\n").out == "1 replayed\n"
    queues.put(EVENT)
    assert "Do this?" not in fargatecount("dead-letters", "replay", *EVENTS, "--yes", typed="").err
    assert queues.bodies("TaskQueueUrl") == [EVENT, EVENT]


def test_failures_of_the_stream_go_once_something_was_published(here: Deployed, queues: Queues, fargatecount: Run) -> None:
    """They are no events, so nothing is sent; before the publisher has caught up they stay."""
    queues.put(FAILURE, queue="PublishFailuresUrl")
    assert (fargatecount("dead-letters", "replay", "--yes", "--source", "stream").out) == "1 not published since\n"
    DynamoPublishState(here.ledger.items).remember(SCOPE, LastPublish(minute=1, at=here.clock.now() + HOUR))
    answer = fargatecount("dead-letters", "replay", "--yes", "--source", "stream")
    assert (answer.code, answer.out) == (0, "1 acknowledged\n")
    assert (queues.bodies("PublishFailuresUrl"), queues.bodies("TaskQueueUrl")) == ([], [])


def test_an_id_of_no_letter_is_named(queues: Queues, fargatecount: Run) -> None:
    """Code 1 and its name; one that is too short to be meant is wrong use."""
    queues.put(EVENT)
    for verb in (("list",), ("replay", "--yes")):
        answer = fargatecount("dead-letters", *verb, "00000000-0000", *EVENTS)
        assert (answer.code, "there is no dead letter 00000000-0000" in answer.err) == (1, True)
        assert fargatecount("dead-letters", *verb, "0000").code == 2


def test_a_queue_that_is_not_there_loses_nothing(queues: Queues, fargatecount: Run) -> None:
    """Without the task queue nothing can be sent, and so nothing is deleted: code 3, and the letter is there."""
    queues.put(EVENT)
    queues.delete("TaskQueueUrl")
    answer = fargatecount("dead-letters", "replay", "--yes")
    assert (answer.code, answer.out) == (3, "")
    assert answer.err.startswith("error: sending to queue")
    assert queues.bodies("DeadLettersUrl") == [EVENT]


def test_the_queues_are_found_by_the_stage(here: Deployed, fargatecount: Run) -> None:
    """The stack names them; one that does not is too old, which is said."""
    Queues(here).put(EVENT)
    url = here.outputs.pop("PublishFailuresUrl")
    here.create_stack()
    answer = fargatecount("dead-letters", "list")
    assert answer.code == 2
    assert "FARGATECOUNT_PUBLISH_FAILURES_URL" in answer.err
    assert url not in answer.err
    assert "1 dead letters (1 retries)." in fargatecount("dead-letters", "list", "--source", "retries").out
