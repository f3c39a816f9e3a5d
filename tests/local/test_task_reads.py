"""ListTasks and DescribeTasks: which tasks they return, and which requests they refuse."""

from __future__ import annotations

from typing import Any

import pytest
from botocore.exceptions import ClientError

from local.controls import Controls
from tests.local.account import Account


def test_describe_tasks_has_the_version_of_the_newest_event(account: Account) -> None:
    """The counter in DescribeTasks is the one in the events."""
    [arn] = account.run()
    assert account.await_status("RUNNING", arn)[0]["version"] == 4


def test_instants_have_milliseconds(account: Account) -> None:
    """DescribeTasks gives the same instant as the event, not one cut to the second."""
    ear = account.listen()
    [arn] = account.run()
    said = ear.await_events(1)[0]["detail"]["createdAt"]
    assert account.describe(arn)[0]["createdAt"].isoformat(timespec="milliseconds").replace("+00:00", "Z") == said


def test_a_part_of_an_id_is_no_id(account: Account) -> None:
    """DescribeTasks matches whole ids only."""
    [arn] = account.run()
    assert account.ecs.describe_tasks(cluster=account.name, tasks=[arn[-1]])["tasks"] == []


def test_a_task_of_another_cluster_is_missing(account: Account, stack: Any) -> None:
    """DescribeTasks does not look beyond the cluster it was given."""
    [elsewhere] = Account(stack).run()
    assert account.ecs.describe_tasks(cluster=account.name, tasks=[elsewhere])["failures"] == [{"arn": elsewhere, "reason": "MISSING"}]


def test_an_id_alone_is_enough(account: Account) -> None:
    """DescribeTasks takes a task's id for its ARN."""
    [arn] = account.run()
    assert account.describe(arn.rpartition("/")[2])[0]["taskArn"] == arn


def test_more_than_a_hundred_tasks_are_not_described(account: Account) -> None:
    """DescribeTasks refuses 101 ids."""
    with pytest.raises(ClientError) as refused:
        account.describe(*(f"{number:032x}" for number in range(101)))
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


@pytest.mark.parametrize("call", ["list_tasks", "describe_tasks"])
def test_an_unknown_cluster_is_refused(account: Account, call: str) -> None:
    """A cluster that is not there has no empty list of tasks: it is an error."""
    with pytest.raises(ClientError) as refused:
        getattr(account.ecs, call)(cluster="nowhere", **({"tasks": ["a" * 32]} if call == "describe_tasks" else {}))
    assert refused.value.response["Error"]["Code"] == "ClusterNotFoundException"


def test_a_stopping_task_is_not_listed_by_default(account: Account, controls: Controls) -> None:
    """ListTasks shows what is to run, unless asked for the stopped."""
    controls.set(hold_tasks_at=["STOPPING"])
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    account.stop(arn)
    account.await_status("STOPPING", arn)
    assert (account.listed(), account.listed(desiredStatus="STOPPED")) == (set(), {arn})


@pytest.mark.parametrize(
    ("filters", "found"),
    [
        ({"launchType": "FARGATE"}, True),
        ({"launchType": "EC2"}, False),
        ({"startedBy": "me"}, True),
        ({"startedBy": "you"}, False),
        ({"serviceName": "web"}, False),
    ],
    ids=str,
)
def test_list_tasks_honours_its_filters(account: Account, filters: dict[str, str], found: bool) -> None:
    """A filter of ListTasks leaves out what does not match."""
    [arn] = account.run(startedBy="me")
    assert account.listed(**filters) == ({arn} if found else set())


def test_list_tasks_filters_by_family(account: Account) -> None:
    """The family of a task is that of its definition."""
    [arn] = account.run()
    assert (account.listed(family=account.name), account.listed(family="other")) == ({arn}, set())


def test_pages_lose_nothing_while_tasks_go(account: Account) -> None:
    """A task that stops between two pages does not hide another."""
    arns = sorted(arn for _ in range(3) for arn in account.run(count=2))
    first = account.ecs.list_tasks(cluster=account.name, maxResults=2)
    account.stop(first["taskArns"][0])
    rest = account.ecs.list_tasks(cluster=account.name, nextToken=first["nextToken"])
    assert first["taskArns"] + rest["taskArns"] == arns


def test_a_stopped_task_can_be_described_for_a_while(account: Account) -> None:
    """DescribeTasks still knows a task that has stopped."""
    [arn] = account.run()
    account.stop(arn)
    assert account.await_status("STOPPED", arn)[0]["taskArn"] == arn


def test_a_task_that_stopped_long_ago_is_forgotten(account: Account, controls: Controls) -> None:
    """When its time is over, DescribeTasks calls a stopped task missing."""
    [arn] = account.run()
    account.stop(arn)
    account.await_status("STOPPED", arn)
    controls.set(stopped_tasks_visible_seconds=0)
    assert account.ecs.describe_tasks(cluster=account.name, tasks=[arn])["failures"] == [{"arn": arn, "reason": "MISSING"}]


def test_tags_are_described_when_asked_for(account: Account) -> None:
    """DescribeTasks shows tags with include=TAGS."""
    [arn] = account.run(tags=[{"key": "team", "value": "web"}])
    [task] = account.ecs.describe_tasks(cluster=account.name, tasks=[arn], include=["TAGS"])["tasks"]
    assert task["tags"] == [{"key": "team", "value": "web"}]
