"""Log groups and role policies, on moto and on the embedded AWS alike."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, NamedTuple

import boto3
import pytest
from moto import mock_aws

from fargatecount.adapters.cloudwatch.logs import CloudWatchLogGroups
from fargatecount.adapters.role_policies import IamRolePolicies
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.eks.logging.steps import LogGroup
from fargatecount.errors import MisconfiguredError, UnavailableError
from local.stack import Stack
from tests.support.builders import SCOPE

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
POLICY = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["logs:PutLogEvents"], "Resource": ["arn:aws:logs:*:*:*"]}]}


class Ports(NamedTuple):
    """The ports and the clients behind them."""

    groups: CloudWatchLogGroups
    policies: IamRolePolicies
    logs: Any
    iam: Any


def ports_of(**options: Any) -> Ports:
    logs, iam, cloudwatch = (boto3.client(name, region_name=SCOPE.region, **options) for name in ("logs", "iam", "cloudwatch"))
    return Ports(CloudWatchLogGroups(logs, cloudwatch), IamRolePolicies(iam), logs, iam)


@pytest.fixture(params=["moto", "embedded"])
def ports(request: pytest.FixtureRequest) -> Iterator[Ports]:
    """An account with one role."""
    if request.param == "moto":
        with mock_aws():
            yield prepared(ports_of(aws_access_key_id="test", aws_secret_access_key="test"))
    else:
        stack: Stack = request.getfixturevalue("embedded_aws")
        yield prepared(
            ports_of(endpoint_url=stack.endpoint, aws_access_key_id="000000000000", aws_secret_access_key="test")  # the account
        )


def prepared(made: Ports) -> Ports:
    """Return the ports of an account without our group and policies."""
    made.groups.delete("/eks/web")
    names = [role["RoleName"] for role in made.iam.list_roles()["Roles"]]
    if "pods" not in names:
        made.iam.create_role(RoleName="pods", AssumeRolePolicyDocument=TRUST)
    made.policies.delete("pods", "ours")
    return made


def test_a_group_that_is_not_there_is_none(ports: Ports) -> None:
    """Also where another group's name begins with it."""
    ports.groups.create("/eks/web-other", 7, "other")
    assert ports.groups.find("/eks/web") is None
    ports.groups.delete("/eks/web-other")


def test_a_created_group_has_its_retention_and_its_maker(ports: Ports) -> None:
    """Retention in days, and the cluster that it was made for."""
    ports.groups.create("/eks/web", 14, "web")
    assert ports.groups.find("/eks/web") == LogGroup(name="/eks/web", retention=14, stored_bytes=0, made_for="web")


def test_a_group_of_others_has_no_maker(ports: Ports) -> None:
    """Without our tags it was not made here, and its logs are kept forever."""
    ports.logs.create_log_group(logGroupName="/eks/web", tags={"team": "shop"})
    found = ports.groups.find("/eks/web")
    assert (found and (found.retention, found.made_for)) == (None, "")


def test_a_group_cannot_be_created_twice(ports: Ports) -> None:
    """The group that is there is an error, and stays."""
    ports.groups.create("/eks/web", 14, "web")
    with pytest.raises(UnavailableError, match="ResourceAlreadyExists"):
        ports.groups.create("/eks/web", 30, "web")
    assert ports.groups.find("/eks/web") is not None


def test_deleting_twice_is_no_error(ports: Ports) -> None:
    """A group and a policy can be deleted again."""
    ports.groups.create("/eks/web", 14, "web")
    ports.policies.put("pods", "ours", POLICY)
    for _ in range(2):
        ports.groups.delete("/eks/web")
        ports.policies.delete("pods", "ours")
    assert (ports.groups.find("/eks/web"), ports.policies.read("pods", "ours")) == (None, None)


def test_the_last_event_is_found(ports: Ports) -> None:
    """None without a group, a stream or an event."""
    assert ports.groups.last_event("/eks/web") is None
    ports.groups.create("/eks/web", 14, "web")
    assert ports.groups.last_event("/eks/web") is None
    ports.logs.create_log_stream(logGroupName="/eks/web", logStreamName="s")
    ports.logs.put_log_events(logGroupName="/eks/web", logStreamName="s", logEvents=[{"timestamp": SystemClock().now(), "message": "x"}])
    assert ports.groups.last_event("/eks/web") is not None


def test_incoming_bytes_without_data_are_zero(ports: Ports) -> None:
    """A group without data points has taken in nothing."""
    assert ports.groups.incoming_bytes("/eks/web", 1_789_000_000_000, 1_790_000_000_000) == 0


def test_a_policy_is_read_as_it_was_written(ports: Ports) -> None:
    """The document comes back decoded."""
    ports.policies.put("pods", "ours", POLICY)
    assert ports.policies.read("pods", "ours") == POLICY


def test_a_role_that_is_gone_is_named(ports: Ports) -> None:
    """Reading and writing name the role; a missing policy of a role that is there is none."""
    assert ports.policies.read("pods", "ours") is None
    with pytest.raises(MisconfiguredError, match="there is no role lost"):
        ports.policies.read("lost", "ours")
    with pytest.raises(MisconfiguredError, match="there is no role lost"):
        ports.policies.put("lost", "ours", POLICY)
