"""What the ECS read operations ask of a caller's IAM policies."""

from __future__ import annotations

import pytest

from local.stack import Stack
from tests.local.account import Account
from tests.support.callers import caller, refused


def test_clusters_are_described_one_by_one(stack: Stack, account: Account) -> None:
    """A permission on one cluster does not cover a call that names another one too."""
    other = Account(stack)
    ecs = caller(stack, f"describes-{account.name}", {"Action": "ecs:DescribeClusters", "Resource": account.arn})
    assert not refused(ecs.describe_clusters, clusters=[account.arn])
    assert not refused(ecs.describe_clusters, clusters=[account.name])
    assert refused(ecs.describe_clusters, clusters=[account.arn, other.arn])


def test_tasks_are_described_by_their_own_arn(stack: Stack, account: Account) -> None:
    """A permission on the tasks of one cluster says nothing of another one's, whether a task is named by id or by ARN."""
    other = Account(stack)
    tasks = account.arn.replace(":cluster/", ":task/")
    ecs = caller(stack, f"sees-{account.name}", {"Action": "ecs:DescribeTasks", "Resource": f"{tasks}/*"})
    (task,) = account.run()
    assert not refused(ecs.describe_tasks, cluster=account.name, tasks=[task])
    assert not refused(ecs.describe_tasks, cluster=account.name, tasks=[task.rpartition("/")[2]])
    assert refused(ecs.describe_tasks, cluster=other.name, tasks=other.run())


@pytest.mark.parametrize("by", ["name", "arn"])
def test_tasks_are_listed_by_the_condition_on_their_cluster(stack: Stack, account: Account, by: str) -> None:
    """The condition key `ecs:cluster` fences a permission on `*` to one cluster."""
    other = Account(stack)
    allowed = {"Action": "ecs:ListTasks", "Resource": "*", "Condition": {"ArnLike": {"ecs:cluster": account.arn}}}
    ecs = caller(stack, f"lists-{account.name}", allowed)
    assert not refused(ecs.list_tasks, cluster=getattr(account, by))
    assert refused(ecs.list_tasks, cluster=getattr(other, by))


def test_listing_clusters_knows_no_resource(stack: Stack, account: Account) -> None:
    """A permission on clusters by their ARN does not allow to list them."""
    ecs = caller(stack, f"reads-{account.name}", {"Action": "ecs:ListClusters", "Resource": account.arn})
    assert refused(ecs.list_clusters)
    ecs = caller(stack, f"reads-all-{account.name}", {"Action": "ecs:ListClusters", "Resource": "*"})
    assert not refused(ecs.list_clusters)


def test_services_are_described_by_their_own_arn(stack: Stack, account: Account) -> None:
    """A permission on the services of one cluster says nothing of another one's."""
    other = Account(stack)
    services = account.arn.replace(":cluster/", ":service/")
    ecs = caller(stack, f"serves-{account.name}", {"Action": "ecs:DescribeServices", "Resource": f"{services}/*"})
    assert not refused(ecs.describe_services, cluster=account.name, services=["shop"])
    assert not refused(ecs.describe_services, cluster=account.arn, services=[f"{services}/shop"])
    assert refused(ecs.describe_services, cluster=other.name, services=["shop"])


def test_services_are_listed_by_the_condition_on_their_cluster(stack: Stack, account: Account) -> None:
    """The condition key `ecs:cluster` fences this permission on `*` too."""
    other = Account(stack)
    allowed = {"Action": "ecs:ListServices", "Resource": "*", "Condition": {"ArnLike": {"ecs:cluster": account.arn}}}
    ecs = caller(stack, f"lists-services-{account.name}", allowed)
    assert not refused(ecs.list_services, cluster=account.arn)
    assert refused(ecs.list_services, cluster=other.arn)
