"""Why a stack failed: AWS's words, the cause they stand for, and what helps."""

from __future__ import annotations

import pytest

from fargatecount.rollout.causes import REMEDIES, FailureCause, cause_of, remedy_of
from fargatecount.rollout.stack_set import InstanceState, StackInstance
from fargatecount.workload import Scope

SCP = (
    "ResourceLogicalId:PublishRole, ResourceType:AWS::IAM::Role, ResourceStatusReason:User: arn:aws:sts::222222222222:assumed-role/"
    "stacksets-exec-1a2b/x is not authorized to perform: iam:CreateRole with an explicit deny in a service control policy"
)
S3 = (
    "ResourceLogicalId:PublishLambdaFunction, ResourceStatusReason:Your access has been denied by S3, please make sure your request"
    " credentials have permission to GetObject for fargatecount-code-1-eu-west-1/function.zip. S3 Error Code: AccessDenied."
)


def stack(state: InstanceState, reason: str = "") -> StackInstance:
    return StackInstance(scope=Scope("222222222222", "eu-west-1"), state=state, reason=reason)


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        (SCP, FailureCause.POLICY),
        (S3, FailureCause.BUCKET),
        (
            "Error occurred while GetObject. S3 Error Code: NoSuchBucket. S3 Error Message: The specified bucket does not exist",
            FailureCause.BUCKET,
        ),
        ("The security token included in the request is invalid", FailureCause.REGION),
        ("Region ap-south-2 is not enabled for this account", FailureCause.REGION),
        (
            "ResourceStatusReason:fargatecount-prod-publish already exists in stack x",
            FailureCause.EXISTS,
        ),
        ("Stack limit exceeded for this account: LimitExceededException", FailureCause.QUOTA),
        ("Limit for stack has been exceeded", FailureCause.QUOTA),
        ("Cannot exceed quota for RolesPerAccount: 1000", FailureCause.QUOTA),
        ("Account 222222222222 should have 'stacksets-exec-1a2b' role with trust relationship to CloudFormation", FailureCause.ROLE),
        ("Account 222222222222 is suspended", FailureCause.SUSPENDED),
        ("Cancelled since failure tolerance has exceeded", FailureCause.CANCELLED),
        ("Resource handler returned message: Rate exceeded", FailureCause.OTHER),
        ("", FailureCause.OTHER),
    ],
)
def test_causes_are_told_apart_by_what_cloudformation_says(reason: str, cause: FailureCause) -> None:
    """And each of them has something that helps."""
    found = stack(InstanceState.FAILED, reason)
    assert cause_of(found) is cause
    assert remedy_of(found)


def test_a_state_can_say_it_alone() -> None:
    """A closed account and a stack that was not tried have no text; a current one has no cause."""
    assert [cause_of(stack(state)) for state in InstanceState] == [
        None,
        None,
        FailureCause.OTHER,
        FailureCause.OTHER,
        FailureCause.CANCELLED,
        FailureCause.SUSPENDED,
    ]
    assert remedy_of(stack(InstanceState.CURRENT)) == ""


def test_every_cause_but_the_rest_has_a_remedy_of_its_own() -> None:
    """The rest has that of a deployment."""
    assert set(REMEDIES) == set(FailureCause) - {FailureCause.OTHER}
    assert remedy_of(stack(InstanceState.FAILED, "Rate exceeded")) == "AWS was busy: run the command again"
