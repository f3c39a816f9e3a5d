"""Dead letters in JSON."""

from __future__ import annotations

import json

import msgspec

from fargatecount.ingest.dead_letter import summarize
from fargatecount.ingest.document import dead_letters_document, letter_documents, replay_document
from fargatecount.ingest.replay import Disposition
from tests.support.builders import NOW, SCOPE
from tests.support.letters import UNREADABLE, letter

LETTER = summarize(letter("x", UNREADABLE), from_stream=False)


def test_the_document_of_a_list() -> None:
    """Keys, order and values are those of version 1."""
    document = dead_letters_document(letter_documents([LETTER], NOW + 61_900), SCOPE, NOW, complete=True)
    assert json.loads(msgspec.json.encode(document)) == {
        "schema": "fargatecount/dead-letters",
        "version": 1,
        "as_of": "2026-01-01T00:00:00Z",
        "account": SCOPE.account,
        "region": SCOPE.region,
        "complete": True,
        "letters": [
            {
                "id": "12345678-1",
                "source": "handler",
                "reason": "no JSON: it ends early",
                "sent_at": "2026-01-01T00:00:00Z",
                "age_seconds": 61,
                "received": 1,
                "understood": False,
                "excerpt": "x",
            }
        ],
    }
    assert list(msgspec.to_builtins(document)) == ["schema", "version", "as_of", "account", "region", "complete", "letters"]


def test_bodies_are_there_on_request() -> None:
    """A letter has its body where it was named by id, as the last key."""
    (row,) = msgspec.to_builtins(letter_documents([LETTER], NOW, with_bodies=True))
    assert list(row.items())[-1] == ("body", "x")


def test_an_age_is_never_negative() -> None:
    """A letter from a clock that is ahead has the age 0."""
    assert letter_documents([LETTER], NOW - 1)[0].age_seconds == 0


def test_the_document_of_a_replay() -> None:
    """Keys, order and values are those of version 1."""
    document = replay_document([(LETTER, Disposition.NOT_UNDERSTOOD)], dry_run=True, complete=False)
    assert json.dumps(msgspec.to_builtins(document)) == (
        '{"schema": "fargatecount/replay", "version": 1, "dry_run": true, "complete": false, "letters": [{"id": "12345678-1",'
        ' "source": "handler", "reason": "no JSON: it ends early", "excerpt": "x", "fate": "not understood"}]}'
    )
