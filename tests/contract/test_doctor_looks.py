"""How doctor asks AWS: who one is, how late it is, and what one may do."""

from __future__ import annotations

from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from fargatecount.adapters.identity import who
from fargatecount.adapters.permission_probes import probes
from fargatecount.doctor.install import Caller
from fargatecount.errors import DeniedError, UnavailableError
from tests.support.builders import HOUR, NOW, PODS, SCOPE, WEB
from tests.support.fakes import FakeClock

OUTPUTS = {"TableName": "ledger", "ReportsBucket": "reports", "DeadLettersUrl": "https://sqs/1/dead"}


def refusal(code: str, *, status: int = 400, at: int = NOW) -> ClientError:
    """Return what boto3 raises, with the date that AWS writes."""
    headers = {"date": format_datetime(datetime.fromtimestamp(at / 1000, UTC), usegmt=True)}
    metadata: Any = {"HTTPStatusCode": status, "HTTPHeaders": headers}
    return ClientError({"Error": {"Code": code, "Message": "told"}, "ResponseMetadata": metadata}, "Operation")


class Sts:
    """STS with a clock of its own, half a second into the second that it writes, which may refuse."""

    def __init__(self, at: int, code: str = "", *, dated: bool = True) -> None:
        self._at, self._code, self._dated = at, code, dated

    def get_caller_identity(self) -> dict[str, Any]:
        error = refusal(self._code, at=self._at)
        if self._code:
            raise error
        metadata: Any = error.response["ResponseMetadata"] if self._dated else {}
        return {"Arn": "arn:x", "Account": SCOPE.account, "ResponseMetadata": metadata}


@pytest.mark.parametrize("ahead", [0, 90_000, -HOUR])
def test_the_clock_is_compared_with_the_answer(ahead: int) -> None:
    """By its header, which has whole seconds."""
    caller = who(Sts(NOW - ahead), FakeClock(NOW))
    assert (caller.account, caller.arn) == (SCOPE.account, "arn:x")
    assert caller.skew is not None
    assert abs(caller.skew - ahead) <= 1000


def test_an_answer_without_a_date_says_nothing_of_the_clock() -> None:
    """Which is not the same as a right clock."""
    assert who(Sts(NOW, dated=False), FakeClock(NOW)) == Caller(arn="arn:x", account=SCOPE.account, skew=None)


def test_a_clock_that_is_too_wrong_to_be_let_in_is_named() -> None:
    """AWS says that a signature is bad; its date says why."""
    with pytest.raises(DeniedError, match=r"clock is (3599|3600) s ahead") as refused:
        who(Sts(NOW - HOUR, "SignatureDoesNotMatch"), FakeClock(NOW))
    assert "set the clock" in refused.value.remedy


def test_credentials_that_are_not_taken_are_named() -> None:
    """Where the clock is right, it is the credentials."""
    with pytest.raises(DeniedError, match="ExpiredToken") as refused:
        who(Sts(NOW, "ExpiredToken"), FakeClock(NOW))
    assert "log in" in refused.value.remedy


class Account:
    """Clients whose operations answer, or fail as the test says."""

    def __init__(self, **troubles: Exception) -> None:
        self._troubles = troubles
        self.asked: list[str] = []

    def __call__(self, _: str) -> Account:
        return self

    def __getattr__(self, operation: str) -> Any:
        def call(**_: Any) -> dict[str, Any]:
            self.asked.append(operation)
            if operation in self._troubles:
                raise self._troubles[operation]
            return {}

        return call


def tried(account: Account) -> dict[str, bool | None]:
    return {probe.action: probe.allowed for probe in probes(account, OUTPUTS, [WEB, PODS], SCOPE, "aws")}


def test_every_reading_action_is_tried() -> None:
    """One call each, none of which changes anything."""
    account = Account()
    allowed = tried(account)
    assert set(allowed.values()) == {True}
    assert {action.partition(":")[0] for action in allowed} == {"dynamodb", "s3", "sqs", "ecs", "eks", "servicequotas"}
    assert len(account.asked) == len(allowed)
    assert all(operation.startswith(("get_", "list_", "describe_", "batch_get_", "query", "receive_")) for operation in account.asked)


def test_a_policy_would_name_what_was_tried() -> None:
    """By ARNs of the partition that the caller is in; `*` where AWS takes nothing else."""
    found = {probe.action: probe.resource for probe in probes(Account(), OUTPUTS, [WEB, PODS], SCOPE, "aws-cn")}
    assert found["dynamodb:Query"] == f"arn:aws-cn:dynamodb:{SCOPE.region}:{SCOPE.account}:table/ledger"
    assert found["s3:GetObject"] == "arn:aws-cn:s3:::reports/reports/*"
    assert found["sqs:ReceiveMessage"] == f"arn:aws-cn:sqs:{SCOPE.region}:{SCOPE.account}:dead"
    assert found["eks:DescribeCluster"] == f"arn:aws-cn:eks:{SCOPE.region}:{SCOPE.account}:cluster/{PODS.name}"
    assert found["ecs:ListClusters"] == "*"


def test_what_is_not_there_is_not_tried() -> None:
    """Without a stack and clusters only what names no resource is."""
    found = [probe.action for probe in probes(Account(), {}, [], SCOPE, "aws")]
    assert found == ["ecs:ListClusters", "eks:ListClusters", "servicequotas:GetServiceQuota"]


def test_what_came_of_it() -> None:
    """A refusal is a no, a thing that is not there a yes, and silence or a throttle neither."""
    account = Account(
        query=refusal("AccessDeniedException"),
        list_objects_v2=refusal("AccessDenied", status=403),
        get_object=refusal("NoSuchKey", status=404),
        describe_tasks=refusal("ClusterNotFoundException"),
        list_tasks=refusal("ThrottlingException"),
        list_services=refusal("ServerException", status=500),
        receive_message=EndpointConnectionError(endpoint_url="https://sqs"),
    )
    allowed = tried(account)
    assert [action for action, answer in allowed.items() if answer is False] == ["dynamodb:Query", "s3:ListBucket"]
    assert [action for action, answer in allowed.items() if answer is None] == ["sqs:ReceiveMessage", "ecs:ListTasks", "ecs:ListServices"]


def test_credentials_that_expire_meanwhile_are_no_lack_of_a_permission() -> None:
    """They end the trying."""
    with pytest.raises(DeniedError, match="ExpiredToken"):
        tried(Account(list_clusters=refusal("ExpiredTokenException")))


def test_no_answer_at_all_is_said() -> None:
    """Not a yes and not a no: the check that needs the answer says that it could not look."""

    class Away:
        def get_caller_identity(self) -> dict[str, Any]:
            raise EndpointConnectionError(endpoint_url="https://sts")

    with pytest.raises(UnavailableError, match="https://sts"):
        who(Away(), FakeClock(NOW))
