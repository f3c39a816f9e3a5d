"""The control path of a running emulator: refusals, counts and quotas."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from local.controls import Controls
from local.errors import LocalError
from local.faults import ON_DEMAND
from local.stack import Stack
from tests.local.account import Account, client
from tests.support.tables import create_table

# A refusal must be seen, not retried away by the client.
ONCE = Config(retries={"mode": "standard", "total_max_attempts": 1})


def refused(call: Any, **arguments: Any) -> str | None:
    """Return the error code of the call; None when it is answered."""
    try:
        call(**arguments)
    except ClientError as error:
        return str(error.response["Error"]["Code"])
    return None


def test_an_unknown_setting_is_refused(controls: Controls) -> None:
    """A setting that does not exist is an error that names it."""
    with pytest.raises(LocalError, match="bogus"):
        controls.set(bogus=1)


def test_only_living_spot_tasks_are_interrupted(account: Account, controls: Controls) -> None:
    """An on-demand task cannot be interrupted."""
    [arn] = account.run()
    with pytest.raises(LocalError, match="no living Spot task"):
        controls.interrupt(arn)


def test_nobody_answers_where_nothing_runs() -> None:
    """Controls of an emulator that is gone say how to start one."""
    with pytest.raises(LocalError, match="fargatecount local up"):
        Controls("http://127.0.0.1:9").calls()


def test_calls_are_counted(account: Account, controls: Controls) -> None:
    """Each call is counted under its IAM action."""
    controls.reset_calls()
    account.listed()
    account.listed()
    account.statistics()
    assert controls.calls() == {"ecs:DescribeClusters": 1, "ecs:ListTasks": 2}


def test_a_denied_cluster_is_not_listed(account: Account, controls: Controls) -> None:
    """Tasks of a denied cluster cannot be listed."""
    controls.set(deny_clusters=[account.name])
    assert refused(account.ecs.list_tasks, cluster=account.arn) == "AccessDeniedException"


def test_another_cluster_is_not_denied(account: Account, stack: Stack, controls: Controls) -> None:
    """Denying one cluster leaves the others readable."""
    controls.set(deny_clusters=[Account(stack).name])
    assert account.listed() == set()


def test_calls_are_throttled_as_often_as_asked(account: Account, stack: Stack, controls: Controls) -> None:
    """About the asked fraction of the calls of an operation is refused."""
    ecs = stack.client("ecs", config=ONCE)
    controls.set(throttle={"ecs:ListTasks": 0.5})
    answers = [refused(ecs.list_tasks, cluster=account.name) for _ in range(40)]
    assert 8 < answers.count("ThrottlingException") < 32


def test_other_operations_are_not_throttled(account: Account, controls: Controls) -> None:
    """Throttling names its operation."""
    controls.set(throttle={"ecs:ListTasks": 1})
    assert refused(account.ecs.describe_clusters, clusters=[account.name]) is None


def test_a_quota_has_the_value_it_was_given(stack: Stack, controls: Controls) -> None:
    """GetServiceQuota answers the applied value."""
    controls.set(quotas={ON_DEMAND: 4000})
    quota = client(stack, "service-quotas").get_service_quota(ServiceCode="fargate", QuotaCode=ON_DEMAND)["Quota"]
    assert (quota["Value"], quota["UsageMetric"]["MetricNamespace"]) == (4000.0, "AWS/Usage")


def test_a_quota_may_have_no_applied_value(stack: Stack, controls: Controls) -> None:
    """Without an applied value GetServiceQuota finds nothing."""
    controls.set(quotas={ON_DEMAND: None})
    quotas = client(stack, "service-quotas")
    assert refused(quotas.get_service_quota, ServiceCode="fargate", QuotaCode=ON_DEMAND) == "NoSuchResourceException"


def test_a_default_quota_is_there_without_an_applied_value(stack: Stack, controls: Controls) -> None:
    """GetAWSDefaultServiceQuota answers though there is no applied value."""
    controls.set(quotas={ON_DEMAND: None})
    quota = client(stack, "service-quotas").get_aws_default_service_quota(ServiceCode="fargate", QuotaCode=ON_DEMAND)["Quota"]
    assert quota["Value"] == 6.0


@pytest.mark.parametrize("operation", ["list_service_quotas", "list_aws_default_service_quotas"])
def test_quotas_are_listed(stack: Stack, operation: str) -> None:
    """Both Fargate vCPU quotas are in the lists, and the four on launches, which have codes of their own here."""
    answer = getattr(client(stack, "service-quotas"), operation)(ServiceCode="fargate")
    assert {quota["QuotaCode"] for quota in answer["Quotas"]} == {"L-3032A538", "L-36FBB829", *(f"launch-{i}" for i in range(4))}


def test_quotas_need_a_permission(stack: Stack) -> None:
    """A caller without a policy for it is denied."""
    iam = client(stack, "iam")
    iam.create_user(UserName="nobody")
    key = iam.create_access_key(UserName="nobody")["AccessKey"]
    quotas = boto3.client(
        "service-quotas",
        endpoint_url=stack.endpoint,
        region_name="eu-west-1",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    assert refused(quotas.get_service_quota, ServiceCode="fargate", QuotaCode=ON_DEMAND) == "AccessDeniedException"


class Table:
    """A table with one item `hot`, written by many at once."""

    def __init__(self, stack: Stack) -> None:
        self.dynamodb = stack.client("dynamodb", config=Config(max_pool_connections=16))
        self.name = create_table(self.dynamodb)
        self.key = {"pk": {"S": "hot"}, "sk": {"S": "hot"}}

    def add_in_transaction(self) -> list[str]:
        """Add one to the hot item and put another item in a transaction; return the reasons of its cancellation."""
        update = {
            "TableName": self.name,
            "Key": self.key,
            "UpdateExpression": "ADD seen :one",
            "ExpressionAttributeValues": {":one": {"N": "1"}},
        }
        other = {"TableName": self.name, "Item": {"pk": {"S": "cold"}, "sk": {"S": threading.current_thread().name}}}
        try:
            self.dynamodb.transact_write_items(TransactItems=[{"Put": other}, {"Update": update}])
        except self.dynamodb.exceptions.TransactionCanceledException as cancelled:
            return [reason["Code"] for reason in cancelled.response["CancellationReasons"]]
        return []

    def add(self) -> str | None:
        """Add one to the hot item; return the error code."""
        return refused(
            self.dynamodb.update_item,
            TableName=self.name,
            Key=self.key,
            UpdateExpression="ADD seen :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def seen(self) -> int:
        """Return how often one was added."""
        return int(self.dynamodb.get_item(TableName=self.name, Key=self.key)["Item"]["seen"]["N"])


@pytest.fixture
def table(stack: Stack) -> Table:
    """Return an empty table."""
    return Table(stack)


def at_once(call: Any, times: int = 16) -> list[Any]:
    """Return the answers of calls made by as many threads at the same moment."""
    start = threading.Barrier(times)

    def one(_: int) -> Any:
        start.wait()
        return call()

    with ThreadPoolExecutor(times) as pool:
        return list(pool.map(one, range(times)))


def test_transactions_that_meet_conflict(table: Table, controls: Controls) -> None:
    """A transaction on an item that another one is writing is canceled, and the reason is that of the item."""
    controls.set(transaction_conflicts=1)
    reasons = at_once(table.add_in_transaction)
    assert ["None", "TransactionConflict"] in reasons
    assert table.seen() == reasons.count([])


def test_transactions_do_not_conflict_by_default(table: Table) -> None:
    """Unless asked for, no transaction is in the way of another."""
    assert at_once(table.add_in_transaction) == [[]] * 16


def test_a_transaction_that_meets_nobody_does_not_conflict(table: Table, controls: Controls) -> None:
    """One writer alone never conflicts with itself."""
    controls.set(transaction_conflicts=1)
    assert [table.add_in_transaction() for _ in range(5)] == [[]] * 5


def test_a_single_write_conflicts_with_a_transaction(table: Table, controls: Controls) -> None:
    """UpdateItem on an item that a transaction is writing is refused."""
    controls.set(transaction_conflicts=1)
    transactions = iter([True, False] * 8)
    answers = at_once(lambda: table.add_in_transaction() if next(transactions) else table.add())
    assert "TransactionConflictException" in answers


def test_batch_reads_come_back_incomplete(table: Table, controls: Controls) -> None:
    """What a batch read did not process is handed back, and nothing is lost between the two."""
    items = [{"pk": {"S": "p"}, "sk": {"S": str(number)}} for number in range(20)]
    table.dynamodb.batch_write_item(RequestItems={table.name: [{"PutRequest": {"Item": item}} for item in items]})
    controls.set(unprocessed_keys=0.5)
    answer = table.dynamodb.batch_get_item(RequestItems={table.name: {"Keys": items, "ConsistentRead": True}})
    left_out = answer["UnprocessedKeys"][table.name]
    assert left_out["ConsistentRead"] is True
    assert sorted(left_out["Keys"] + answer["Responses"][table.name], key=str) == sorted(items, key=str)
