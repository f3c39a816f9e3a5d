"""Services: the scheduler keeps them at their desired count, with tasks that live and send events like all others."""

from __future__ import annotations

import re
from typing import Any

from local.controls import Controls
from tests.local.account import Account
from tests.support.deadline import eventually


def running(account: Account, count: int) -> list[Any]:
    """Wait until that many tasks of the service run, and describe them."""

    def found() -> list[Any]:
        arns = account.listed(serviceName="web")
        tasks = account.describe(*arns) if arns else []
        return tasks if len(tasks) == count and {task["lastStatus"] for task in tasks} == {"RUNNING"} else []

    return eventually(found, f"{count} tasks of the service running")


def test_a_service_starts_its_tasks(account: Account) -> None:
    """A service runs as many tasks as it wants, in its group."""
    account.serve(desiredCount=3)
    assert {task["group"] for task in running(account, 3)} == {"service:web"}


def test_the_tasks_of_a_service_are_started_by_its_deployment(account: Account) -> None:
    """StartedBy names the deployment, as nineteen digits."""
    deployment = account.serve()["deployments"][0]["id"]
    assert re.fullmatch(r"ecs-svc/\d{19}", deployment)
    assert {task["startedBy"] for task in running(account, 2)} == {deployment}


def test_a_service_tells_of_its_tasks(account: Account) -> None:
    """Tasks of a service raise events as all others do."""
    ear = account.listen()
    account.serve(desiredCount=1)
    ear.await_events(4)
    assert [status for _, status, _ in ear.story()] == ["PROVISIONING", "PENDING", "ACTIVATING", "RUNNING"]


def test_a_service_is_scaled_up(account: Account) -> None:
    """A larger desired count starts more tasks."""
    account.serve(desiredCount=1)
    account.ecs.update_service(cluster=account.name, service="web", desiredCount=4)
    running(account, 4)


def test_a_service_is_scaled_down_by_the_scheduler(account: Account) -> None:
    """A smaller desired count stops tasks, and they say who stopped them."""
    account.serve(desiredCount=3)
    running(account, 3)
    account.ecs.update_service(cluster=account.name, service="web", desiredCount=1)
    running(account, 1)
    stopped = eventually(lambda: account.listed(desiredStatus="STOPPED"), "stopped tasks")
    assert {task["stopCode"] for task in account.describe(*stopped)} == {"ServiceSchedulerInitiated"}


def test_a_stopped_task_is_replaced(account: Account) -> None:
    """A service whose task was stopped starts another."""
    account.serve()
    lost = running(account, 2)[0]["taskArn"]
    account.stop(lost)
    account.await_status("STOPPED", lost)
    assert lost not in {task["taskArn"] for task in running(account, 2)}


def test_an_interrupted_spot_task_is_replaced(account: Account, controls: Controls) -> None:
    """A service starts another task for one that Spot took."""
    account.serve(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT"}])
    lost = running(account, 2)[0]["taskArn"]
    controls.interrupt(lost)
    account.await_status("STOPPED", lost)
    running(account, 2)


def test_a_new_deployment_replaces_all_tasks(account: Account) -> None:
    """A rollout ends with the tasks of the new deployment only."""
    account.serve()
    old = {task["taskArn"] for task in running(account, 2)}
    account.ecs.update_service(cluster=account.name, service="web", forceNewDeployment=True)
    account.await_status("STOPPED", *old)
    assert not old & {task["taskArn"] for task in running(account, 2)}


def test_a_strategy_holds_over_the_whole_service(account: Account) -> None:
    """Scaling from one to four keeps the weights of the strategy over all four."""
    account.serve(
        desiredCount=1,
        capacityProviderStrategy=[{"capacityProvider": "FARGATE", "base": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 1}],
    )
    account.ecs.update_service(cluster=account.name, service="web", desiredCount=4)
    assert sorted(task["capacityProviderName"] for task in running(account, 4)) == ["FARGATE", *["FARGATE_SPOT"] * 3]


def test_a_service_is_described_with_its_counts(account: Account) -> None:
    """DescribeServices counts the tasks as they are now."""
    account.serve()
    running(account, 2)
    [service] = account.ecs.describe_services(cluster=account.name, services=["web"])["services"]
    assert (service["runningCount"], service["desiredCount"]) == (2, 2)


def test_a_deleted_service_stops_its_tasks(account: Account) -> None:
    """DeleteService by force leaves no task of the service running."""
    account.serve()
    arns = {task["taskArn"] for task in running(account, 2)}
    account.ecs.delete_service(cluster=account.name, service="web", force=True)
    account.await_status("STOPPED", *arns)
    assert account.listed() == set()
