"""The owners of services, for tasks that carry no tag of their own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from fargatecount.adapters.ecs.owners import GOOD_FOR, PER_DESCRIBE, ServiceOwners
from fargatecount.errors import DeadlineExceededError, DeniedError
from fargatecount.workload import NO_OWNER, Facts, Observation
from tests.support.builders import NOW, WEB, told_by_api

TAGS = {"shop": "payments", "mail": None}


class Ecs:
    """Services with tags, which count how often they are asked for."""

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.error: Exception | None = None

    def describe(self, names: Sequence[str]) -> dict[str, Any]:
        self.asked.append(list(names))
        if self.error is not None:
            raise self.error
        found = [
            {"serviceName": name, "tags": [{"key": "team", "value": owner}] if (owner := TAGS.get(name)) else []}
            for name in names
            if name in TAGS or name.startswith("s")
        ]
        there = {each["serviceName"] for each in found}
        return {"services": found, "failures": [{"arn": f"x/{name}", "reason": "MISSING"} for name in names if name not in there]}


def task(number: int, group: str = "service:shop", owner: str | None = NO_OWNER) -> Observation:
    return told_by_api(workload_id=f"t{number}", facts=Facts(group=group, owner=owner))


def owners_of(tasks: Sequence[Observation]) -> list[str | None]:
    return [each.facts.owner for each in tasks]


def test_a_task_without_a_tag_has_the_owner_of_its_service() -> None:
    """A tag of its own counts first; a task of no service, and one whose service has no tag, has none."""
    ecs, owners = Ecs(), ServiceOwners("team")
    tasks = [task(1), task(2, owner="search"), task(3, "family:job"), task(4, "service:mail"), task(5, "service:gone")]
    assert owners_of(owners.filled(tasks, WEB, ecs.describe, NOW)) == ["payments", "search", NO_OWNER, NO_OWNER, NO_OWNER]
    assert ecs.asked == [["gone", "mail", "shop"]]


def test_a_service_is_asked_for_once_an_hour() -> None:
    """However many of its tasks there are, and however many runs."""
    ecs, owners = Ecs(), ServiceOwners("team")
    for at in (NOW, NOW + GOOD_FOR - 1):
        owners.filled([task(i) for i in range(50)], WEB, ecs.describe, at)
    assert len(ecs.asked) == 1
    owners.filled([task(1)], WEB, ecs.describe, NOW + GOOD_FOR)
    assert len(ecs.asked) == 2


def test_ten_services_are_one_call() -> None:
    """The maximum that AWS takes."""
    ecs = Ecs()
    ServiceOwners("team").filled([task(i, f"service:s{i}") for i in range(25)], WEB, ecs.describe, NOW)
    assert [len(names) for names in ecs.asked] == [PER_DESCRIBE, PER_DESCRIBE, 5]


def test_a_refusal_leaves_the_owner_unknown_and_stops_nothing() -> None:
    """Counting does not depend on owners: the next run asks again."""
    ecs, owners = Ecs(), ServiceOwners("team")
    ecs.error = DeniedError("no")
    assert owners_of(owners.filled([task(1)], WEB, ecs.describe, NOW)) == [None]
    ecs.error = None
    assert owners_of(owners.filled([task(1)], WEB, ecs.describe, NOW)) == ["payments"]


def test_the_end_of_a_run_ends_it() -> None:
    """The cluster is then left to the next run."""
    ecs = Ecs()
    ecs.error = DeadlineExceededError("over")
    with pytest.raises(DeadlineExceededError):
        ServiceOwners("team").filled([task(1)], WEB, ecs.describe, NOW)
