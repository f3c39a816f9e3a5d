"""A rolling upgrade: old members beside new ones, and an older hub beside newer members.

`tests/cases/releases/usage-event-1.json` is what a member of the first release with a hub sends. It never changes: it stands for members
that were not upgraded, and for what a hub that was not upgraded can read.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from fargatecount.breaches.gauges import gauges
from fargatecount.organization.compose import report_of, service_table
from fargatecount.organization.report import decode, encode
from fargatecount.organization.scopes import known_scopes
from fargatecount.organization.totals import totals_of
from fargatecount.quotas.limits import Limits
from fargatecount.workload import Capacity, Scope
from tests.support.builders import MINUTE, NOW, SCOPE
from tests.support.reports import DENIED, cluster_usage, event, quota, report, running, scope_usage_of
from tests.unit.organization.test_receive import Hub

OLD: dict[str, Any] = json.loads((Path(__file__).parents[2] / "cases" / "releases" / "usage-event-1.json").read_text())
ELSEWHERE = Scope("210987654321", "eu-west-1")


def later(document: Any, depth: int = 0) -> Any:
    """Return a document of a later version: each object has a key, and each row of counts a column, that today's hub does not know."""
    if isinstance(document, Mapping):
        added = {"from_a_later_release": {"deep": [depth]}}
        known = {key: value if key in {"by_capacity", "grew"} else later(value, depth + 1) for key, value in document.items()}
        return known | added
    if isinstance(document, list):
        if document and isinstance(document[0], str):
            return [*document, 7]
        return [later(each, depth + 1) for each in document]
    return document


def text_of(document: Mapping[str, Any], **changes: Any) -> bytes:
    return json.dumps({**document, **changes}).encode()


def test_a_member_of_the_first_release_is_read() -> None:
    """Its counts, its unreadable cluster, its quota and its services; its breach is announced once."""
    hub = Hub()
    assert hub.take(event(text_of(OLD)), event(text_of(OLD))).refused == ()
    (known,) = known_scopes(hub.store.scopes(), NOW)
    assert known.usage.held.counts.held.count == 11
    assert not known.usage.complete
    assert [(one.capacity, one.value) for one in known.record.report.quotas] == [(Capacity.ON_DEMAND, 10.0), (Capacity.SPOT, None)]
    assert known.record.report.services is not None
    assert len(hub.inbox.messages) == 1


def test_a_member_of_a_later_release_is_read_and_nothing_of_it_is_lost() -> None:
    """Unknown keys at every depth are ignored, and kept: a hub that is upgraded afterwards finds them."""
    hub = Hub()
    sent = text_of(later(OLD))
    assert hub.take(event(sent)).refused == ()
    record = hub.store.find(SCOPE)
    assert record is not None
    assert record.report == decode(text_of(OLD))
    assert json.loads(hub.store._kept[SCOPE][1]) == json.loads(sent)


def test_old_and_new_members_are_in_one_total() -> None:
    """Each by its own document."""
    hub = Hub()
    hub.take(event(text_of(OLD)), event(report(5, scope=ELSEWHERE), ELSEWHERE))
    totals = totals_of(known_scopes(hub.store.scopes(), NOW))
    assert (totals.held.value, totals.scopes) == (16, 2)


def test_a_member_may_go_back_to_the_old_release() -> None:
    """The newest report wins, whatever its release."""
    hub = Hub()
    hub.take(event(text_of(later(OLD), as_of=NOW)))
    hub.take(event(text_of(OLD, as_of=NOW + MINUTE, fargatecount="0.2.0")))
    record = hub.store.find(SCOPE)
    assert record is not None
    assert "from_a_later_release" not in json.loads(hub.store._kept[SCOPE][1])
    assert record.as_of == NOW + MINUTE


@pytest.mark.parametrize(
    "document",
    [
        {**OLD, "version": 2},
        {**OLD, "clusters": [{"kind": "ECS", "name": "web", "counts": [["running", "graviton-spot", 9, 9216, 18432, 0]]}]},
        {**OLD, "clusters": [{"kind": "Lambda", "name": "web", "counts": []}]},
    ],
    ids=["another version", "a capacity", "a kind"],
)
def test_what_an_old_hub_cannot_add_up_is_set_aside_and_counts_as_before(document: dict[str, Any]) -> None:
    """A word that it does not know could be a part of the total: the scope keeps its last counts and falls silent."""
    hub = Hub()
    hub.take(event(text_of(OLD)))
    assert len(hub.take(event(text_of(document, as_of=NOW + MINUTE))).refused) == 1
    record = hub.store.find(SCOPE)
    assert record is not None
    assert (record.as_of, record.report.total.held) == (NOW, 11)


def shape(document: Any) -> Any:
    """Return the keys of a document and the kinds of their values; of a list, those of its first element; null fits everything."""
    if isinstance(document, Mapping):
        return {key: shape(value) for key, value in document.items()}
    if isinstance(document, list):
        return (
            [[type(each).__name__ for each in document]]
            if document and isinstance(document[0], str)
            else [shape(document[0])]
            if document
            else []
        )
    return type(document).__name__.replace("int", "number").replace("float", "number")


def lacking(old: Any, new: Any, path: str = "") -> list[str]:
    """Return the places of an old shape that a new one does not have."""
    if isinstance(old, dict) and isinstance(new, dict):
        return [
            place
            for key, value in old.items()
            for place in (lacking(value, new[key], f"{path}.{key}") if key in new else [f"{path}.{key}"])
        ]
    if isinstance(old, list) and isinstance(new, list):
        return lacking(old[0], new[0], f"{path}[]") if old and new and not isinstance(old[0], list) else []
    return [] if old == new or "NoneType" in {str(old), str(new)} else [path]


def test_a_member_of_today_sends_all_that_the_first_hub_reads() -> None:
    """No key of the first release is renamed, left out or of another type: a hub of that release reads today's members."""
    usage = scope_usage_of([cluster_usage("api", running(2), trust=DENIED), cluster_usage("web", running(9))])
    quotas = [quota(10.0), quota(None, Capacity.SPOT)]
    table = service_table([("ECS-web", "service:shop", running(9))], NOW)
    found = gauges(usage, quotas, Limits(), NOW)
    today = json.loads(encode(report_of(usage, NOW, version="9.9.9", quotas=quotas, gauges=found, services=table)))
    assert lacking(shape(OLD), shape(today)) == []
    assert lacking(shape(OLD), shape({key: value for key, value in today.items() if key != "quotas"})) == [".quotas"]
    assert today["version"] == OLD["version"]
