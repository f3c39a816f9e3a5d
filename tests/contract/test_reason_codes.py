"""The code of a reason, and the denied action, travel from the vendor's error to the judgment of a cluster."""

from __future__ import annotations

import msgspec
import pytest
from botocore.exceptions import ClientError, NoCredentialsError

from fargatecount.adapters.kubernetes.http import error_for
from fargatecount.adapters.kubernetes.pool import KubeConnection
from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import DeniedError, FargatecountError, ReasonCode, UnavailableError
from fargatecount.ledger.clusters import ClusterState, Readability, Trust, judge
from tests.support.builders import NOW, WEB


def refused(code: str, message: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": message}}, "ListTasks")


@pytest.mark.parametrize(
    ("error", "code", "action"),
    [
        (
            refused("AccessDeniedException", "User: arn:x is not authorized to perform: ecs:ListTasks on resource: *"),
            ReasonCode.ACTION_DENIED,
            "ecs:ListTasks",
        ),
        (refused("AccessDeniedException", "not authorized to perform ecs:DescribeTasks"), ReasonCode.ACTION_DENIED, "ecs:DescribeTasks"),
        (refused("AccessDeniedException", "no"), ReasonCode.ACTION_DENIED, "ecs:Own"),
        (refused("ExpiredTokenException", "not authorized to perform: sts:X"), ReasonCode.CREDENTIALS, ""),
        (NoCredentialsError(), ReasonCode.CREDENTIALS, ""),
        (refused("InternalError", "not authorized to perform: ecs:ListTasks"), None, ""),
    ],
)
def test_an_aws_error_keeps_the_refused_action(error: Exception, code: ReasonCode | None, action: str) -> None:
    """The action is the one that IAM names, else the one that was tried; a refusal of the credentials names none."""
    with pytest.raises(FargatecountError) as raised, aws_errors("listing", action="ecs:Own"):
        raise error
    assert (raised.value.code, raised.value.denied_action) == (code, action)


@pytest.mark.parametrize(("status", "code"), [(401, ReasonCode.NOT_ENROLLED), (403, ReasonCode.NOT_ENROLLED), (404, None), (500, None)])
def test_a_kubernetes_refusal_means_that_the_identity_is_not_enrolled(status: int, code: ReasonCode | None) -> None:
    """Statuses 401 and 403 have the code that leads to `eks enroll`."""
    assert error_for(KubeConnection(host="https://x", ca=None, token=lambda: "t", name="pods"), status, "no").code == code


@pytest.mark.parametrize(
    "error",
    [
        DeniedError("no", remedy="allow it", code=ReasonCode.ACTION_DENIED, denied_action="ecs:ListTasks"),
        UnavailableError("no answer"),
    ],
)
def test_the_code_of_an_error_is_stored_and_judged(error: FargatecountError) -> None:
    """What a failed read stores comes back with the judgment of the cluster."""
    stored = msgspec.json.decode(msgspec.json.encode(Readability.failed(error, at=NOW)), type=Readability)
    judged = judge(ClusterState(cluster=WEB, sources={"reconciler": stored}), NOW)
    assert judged == Trust(
        readable=False, reason=str(error), remedy=error.remedy or None, code=error.code or "", denied_action=error.denied_action
    )


def test_an_item_of_an_earlier_version_has_no_code() -> None:
    """A stored reason without a code is read."""
    stored = msgspec.json.decode(b'{"readable":false,"at":1,"reason":"denied"}', type=Readability)
    assert (stored.reason, stored.code, stored.denied_action) == ("denied", "", "")
