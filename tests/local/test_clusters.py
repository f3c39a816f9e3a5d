"""Clusters: their statistics, pages, and their end."""

from __future__ import annotations

import pytest
from botocore.exceptions import ClientError

from local.controls import Controls
from local.stack import Stack
from tests.local.account import Account
from tests.support.deadline import eventually


def test_statistics_tell_running_from_pending_tasks(account: Account, controls: Controls) -> None:
    """A task is pending from its first moment until it runs."""
    account.await_status("RUNNING", *account.run(count=3))
    controls.set(hold_tasks_at=["PROVISIONING", "ACTIVATING"])
    account.run(count=2)
    statistics = account.statistics()
    assert (statistics["runningFargateTasksCount"], statistics["pendingFargateTasksCount"]) == ("3", "2")


def test_a_stopping_task_is_not_running(account: Account, controls: Controls) -> None:
    """The statistics drop a task as soon as it stops, though it still holds its capacity."""
    controls.set(hold_tasks_at=["DEACTIVATING"])
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    account.stop(arn)
    assert account.statistics()["runningFargateTasksCount"] == "0"


def test_spot_tasks_are_fargate_tasks_in_the_statistics(account: Account) -> None:
    """The statistics do not distinguish Spot from on demand."""
    account.await_status("RUNNING", *account.run(capacityProviderStrategy=[{"capacityProvider": "FARGATE_SPOT"}]))
    assert account.statistics()["runningFargateTasksCount"] == "1"


def test_a_service_by_strategy_is_a_fargate_service_in_the_statistics(account: Account) -> None:
    """A service with a Fargate strategy and no launch type is counted."""
    account.serve(capacityProviderStrategy=[{"capacityProvider": "FARGATE"}])
    assert account.statistics()["activeFargateServiceCount"] == "1"


def test_clusters_come_in_pages(stack: Stack, account: Account) -> None:
    """ListClusters gives as many as asked for, and the rest after that."""
    ecs = stack.client("ecs")
    others = {Account(stack).arn for _ in range(2)}
    pages = list(ecs.get_paginator("list_clusters").paginate(PaginationConfig={"PageSize": 1}))
    assert all(len(page["clusterArns"]) <= 1 for page in pages)
    assert {account.arn} | others <= {arn for page in pages for arn in page["clusterArns"]}


def test_more_than_a_hundred_clusters_are_not_described(account: Account) -> None:
    """DescribeClusters refuses 101 names."""
    with pytest.raises(ClientError) as refused:
        account.ecs.describe_clusters(clusters=[f"c{number}" for number in range(101)])
    assert refused.value.response["Error"]["Code"] == "InvalidParameterException"


def test_a_cluster_with_tasks_is_not_deleted(account: Account) -> None:
    """DeleteCluster refuses while a task lives."""
    account.run()
    with pytest.raises(ClientError) as refused:
        account.ecs.delete_cluster(cluster=account.name)
    assert refused.value.response["Error"]["Code"] == "ClusterContainsTasksException"


def test_a_cluster_with_services_is_not_deleted(account: Account) -> None:
    """DeleteCluster refuses while a service is active."""
    account.serve(desiredCount=0)
    with pytest.raises(ClientError) as refused:
        account.ecs.delete_cluster(cluster=account.name)
    assert refused.value.response["Error"]["Code"] == "ClusterContainsServicesException"


def test_an_empty_cluster_is_deleted(account: Account) -> None:
    """DeleteCluster removes a cluster whose tasks have all stopped."""
    [arn] = account.run()
    account.stop(arn)
    account.await_status("STOPPED", arn)
    account.ecs.delete_cluster(cluster=account.name)
    eventually(lambda: account.arn not in account.ecs.list_clusters()["clusterArns"], "the cluster gone")


@pytest.mark.parametrize("call", ["create_service", "update_service", "delete_service"])
def test_a_service_needs_its_cluster(account: Account, call: str) -> None:
    """A service call does not make up the cluster it names."""
    arguments = {"serviceName": "web", "taskDefinition": account.name} if call == "create_service" else {"service": "web"}
    with pytest.raises(ClientError) as refused:
        getattr(account.ecs, call)(cluster="nowhere", **arguments)
    assert refused.value.response["Error"]["Code"] == "ClusterNotFoundException"
