"""RunTask and StopTask: what they answer, and what they refuse."""

from __future__ import annotations

import re

import pytest
from botocore.exceptions import ClientError

from local.controls import Controls
from tests.local.account import NETWORK, Account


def test_run_task_answers_before_the_task_runs(account: Account) -> None:
    """RunTask answers with a task that is only being provisioned."""
    [task] = account.ecs.run_task(cluster=account.name, taskDefinition=account.name, launchType="FARGATE", networkConfiguration=NETWORK)[
        "tasks"
    ]
    assert (task["lastStatus"], task["desiredStatus"], task["version"]) == ("PROVISIONING", "RUNNING", 1)


def test_a_task_id_is_32_hexadecimal_digits(account: Account) -> None:
    """Task ids are written without dashes, behind the cluster's name."""
    [arn] = account.run()
    assert re.fullmatch(rf"arn:aws:ecs:eu-west-1:000000000000:task/{account.name}/[0-9a-f]{{32}}", arn)


def test_a_task_of_nobody_belongs_to_its_family(account: Account) -> None:
    """A task started without a group is in the group of its family."""
    assert account.describe(*account.run())[0]["group"] == f"family:{account.name}"


def test_a_group_that_was_asked_for_is_kept(account: Account) -> None:
    """RunTask takes a group of the caller's choice."""
    assert account.describe(*account.run(group="nightly"))[0]["group"] == "nightly"


def test_a_fargate_task_is_on_no_container_instance(account: Account) -> None:
    """Fargate shows no container instance."""
    assert "containerInstanceArn" not in account.describe(*account.run())[0]


def test_a_fargate_task_has_a_network_interface(account: Account) -> None:
    """An awsvpc task has one attachment, in the subnet it was started in."""
    [attachment] = account.describe(*account.run())[0]["attachments"]
    assert attachment["type"] == "ElasticNetworkInterface"
    assert {"name": "subnetId", "value": "subnet-1"} in attachment["details"]


def test_stop_task_answers_with_a_task_that_is_stopping(account: Account) -> None:
    """StopTask answers before the task has stopped."""
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    task = account.stop(arn)
    assert (task["lastStatus"], task["desiredStatus"]) == ("DEACTIVATING", "STOPPED")


def test_a_task_that_is_stopping_is_not_stopped_again(account: Account) -> None:
    """A second StopTask changes nothing, so the versions stay those of one stop."""
    [arn] = account.run()
    account.await_status("RUNNING", arn)
    account.stop(arn)
    account.stop(arn)
    assert account.await_status("STOPPED", arn)[0]["version"] == 8


def test_a_task_can_be_stopped_before_it_runs(account: Account, controls: Controls) -> None:
    """A task that is stopped while it is pending never starts."""
    controls.set(hold_tasks_at=["PENDING"])
    [arn] = account.run()
    account.await_status("PENDING", arn)
    account.stop(arn)
    assert "startedAt" not in account.await_status("STOPPED", arn)[0]


def test_a_strategy_spreads_the_tasks_of_a_call(account: Account) -> None:
    """Weights of 1 and 3 put one task of four on demand and three on Spot."""
    strategy = [{"capacityProvider": "FARGATE", "weight": 1}, {"capacityProvider": "FARGATE_SPOT", "weight": 3}]
    tasks = account.describe(*account.run(count=4, capacityProviderStrategy=strategy))
    assert sorted(task["capacityProviderName"] for task in tasks) == ["FARGATE", *["FARGATE_SPOT"] * 3]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"cluster": "nowhere"}, "ClusterNotFoundException"),
        ({"taskDefinition": "nothing"}, "ClientException"),
        ({"count": 11}, "InvalidParameterException"),
        ({"networkConfiguration": {}}, "InvalidParameterException"),
        ({"group": "service:web"}, "InvalidParameterException"),
        ({"launchType": "FARGATE", "capacityProviderStrategy": [{"capacityProvider": "FARGATE"}]}, "InvalidParameterException"),
    ],
    ids=["unknown cluster", "unknown task definition", "more than ten", "no network", "a service's group", "type and strategy"],
)
def test_run_task_refuses_what_ecs_refuses(account: Account, changes: dict[str, object], code: str) -> None:
    """A request that ECS refuses is refused with its error code."""
    with pytest.raises(ClientError) as refused:
        account.run(**changes)
    assert refused.value.response["Error"]["Code"] == code


def test_fargate_needs_sizes(account: Account) -> None:
    """A task definition without sizes cannot be run on Fargate."""
    account.ecs.register_task_definition(family="sizeless", containerDefinitions=[{"name": "app", "image": "app:1", "memory": 128}])
    with pytest.raises(ClientError, match="cpu and memory"):
        account.run(taskDefinition="sizeless")


def test_an_unknown_task_cannot_be_stopped(account: Account) -> None:
    """StopTask of a task that is not there is refused."""
    with pytest.raises(ClientError, match="The referenced task was not found"):
        account.stop("0" * 32)
