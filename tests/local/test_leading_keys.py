"""A role that is fenced into partitions of a table by `dynamodb:LeadingKeys`."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from local.process import REGION
from local.stack import Stack

_numbers = itertools.count()
TRUST = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}]}
OURS, THEIRS = {"S": "ours#1"}, {"S": "theirs#1"}


class Fenced:
    """A table, and a client that may touch keys that begin with `ours` only."""

    def __init__(self, stack: Stack) -> None:
        self.table = f"fenced-{next(_numbers)}"
        arn = stack.client("dynamodb").create_table(
            TableName=self.table,
            BillingMode="PAY_PER_REQUEST",
            KeySchema=[{"AttributeName": "pk", "KeyType": "HASH"}, {"AttributeName": "sk", "KeyType": "RANGE"}],
            AttributeDefinitions=[{"AttributeName": name, "AttributeType": "S"} for name in ("pk", "sk")],
        )["TableDescription"]["TableArn"]
        role = stack.client("iam").create_role(RoleName=self.table, AssumeRolePolicyDocument=json.dumps(TRUST))["Role"]["Arn"]
        condition = {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["ours#*"]}}
        statement = {"Effect": "Allow", "Action": "dynamodb:*", "Resource": arn, "Condition": condition}
        document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        stack.client("iam").put_role_policy(RoleName=self.table, PolicyName="may", PolicyDocument=document)
        given = stack.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
        session = boto3.Session(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"], REGION)
        self.dynamodb = session.client("dynamodb", endpoint_url=stack.endpoint)

    def put(self, pk: dict[str, str]) -> None:
        self.dynamodb.put_item(TableName=self.table, Item={"pk": pk, "sk": {"S": "a"}})

    def get(self, pk: dict[str, str]) -> None:
        self.dynamodb.get_item(TableName=self.table, Key={"pk": pk, "sk": {"S": "a"}})

    def read_batch(self, pk: dict[str, str]) -> None:
        keys = [{"pk": key, "sk": {"S": "a"}} for key in (OURS, pk)]
        self.dynamodb.batch_get_item(RequestItems={self.table: {"Keys": [key for i, key in enumerate(keys) if key not in keys[:i]]}})

    def write_batch(self, pk: dict[str, str]) -> None:
        self.dynamodb.batch_write_item(RequestItems={self.table: [{"PutRequest": {"Item": {"pk": pk, "sk": {"S": "b"}}}}]})

    def query(self, pk: dict[str, str]) -> None:
        self.dynamodb.query(
            TableName=self.table,
            KeyConditionExpression="#0 = :0 AND begins_with(sk, :1)",
            ExpressionAttributeNames={"#0": "pk"},
            ExpressionAttributeValues={":0": pk, ":1": {"S": "W"}},
        )

    def transact(self, pk: dict[str, str]) -> None:
        puts = [{"Put": {"TableName": self.table, "Item": {"pk": key, "sk": {"S": sk}}}} for key, sk in ((OURS, "c"), (pk, "d"))]
        self.dynamodb.transact_write_items(TransactItems=puts)


@pytest.mark.parametrize(
    "act", [Fenced.put, Fenced.get, Fenced.read_batch, Fenced.write_batch, Fenced.query, Fenced.transact], ids=lambda act: act.__name__
)
def test_every_operation_stays_inside_the_fence(stack: Stack, act: Callable[[Fenced, dict[str, str]], Any]) -> None:
    """What names one key outside is refused as a whole."""
    fenced = Fenced(stack)
    act(fenced, OURS)
    with pytest.raises(ClientError) as refused:
        act(fenced, THEIRS)
    assert refused.value.response["Error"]["Code"] == "AccessDeniedException"
