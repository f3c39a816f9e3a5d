"""A role that may put events in its own name only, by `events:source`."""

from __future__ import annotations

import json

import boto3
import pytest
from botocore.exceptions import ClientError

from local.patches.event_permissions import sources_of
from local.process import REGION
from local.stack import Stack

TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}


def put(stack: Stack, *sources: str) -> None:
    """Put an event of each source as a principal who may put those of `ours` only."""
    bus = f"arn:aws:events:{REGION}:000000000000:event-bus/default"
    statement = {"Effect": "Allow", "Action": "events:PutEvents", "Resource": bus, "Condition": {"StringEquals": {"events:source": "ours"}}}
    iam = stack.client("iam")
    if "teller" not in {role["RoleName"] for role in iam.list_roles()["Roles"]}:
        iam.create_role(RoleName="teller", AssumeRolePolicyDocument=json.dumps(TRUST))
    iam.put_role_policy(RoleName="teller", PolicyName="may", PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}))
    given = stack.client("sts").assume_role(RoleArn="arn:aws:iam::000000000000:role/teller", RoleSessionName="test")["Credentials"]
    session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
    entries = [{"Source": source, "DetailType": "test", "Detail": "{}"} for source in sources]
    assert session.client("events", endpoint_url=stack.endpoint).put_events(Entries=entries)["FailedEntryCount"] == 0


def test_its_own_source_is_allowed(stack: Stack) -> None:
    """The condition is met."""
    put(stack, "ours", "ours")


@pytest.mark.parametrize("sources", [("theirs",), ("ours", "theirs")], ids=str)
def test_no_other_source_is(stack: Stack, sources: tuple[str, ...]) -> None:
    """Not even together with its own."""
    with pytest.raises(ClientError, match="AccessDenied"):
        put(stack, *sources)


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'{"Entries": null}', b'{"Entries": [1]}', b'{"Entries": []}'], ids=repr)
def test_what_is_no_request_has_no_source(body: bytes) -> None:
    """And so meets no condition."""
    assert sources_of(body) is None
