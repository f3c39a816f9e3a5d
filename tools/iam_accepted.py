"""The findings of `tools.iam_lint` that are accepted, each with its reason."""

from __future__ import annotations

from typing import NamedTuple


class Accepted(NamedTuple):
    """An accepted finding about one statement."""

    holder: str
    """The logical id of the role, or the document."""
    sid: str
    """The statement; its number in a document."""
    issue: str
    reason: str


ACCEPTED: tuple[Accepted, ...] = (
    Accepted(
        "ReconcileRole",
        "ListTheTasksOfThisAccountAndRegion",
        "RESOURCE_STAR",
        "The resource type of ListTasks is the container instance, and a Fargate task has none. The condition on ecs:cluster limits it to "
        "this account and Region.",
    ),
    Accepted(
        "CensusRole",
        "ListTheTasksOfThisAccount",
        "RESOURCE_STAR",
        "As for ReconcileRole; the condition on ecs:cluster limits it to this account.",
    ),
    Accepted(
        "ReconcileRole",
        "LetLambdaAttachTheVpc",
        "RESOURCE_STAR",
        "Lambda creates the network interfaces, so they have no ARNs yet. The next statement denies the actions to the function's code.",
    ),
    Accepted(
        "ReconcileRole",
        "LeaveTheVpcToLambda",
        "UNKNOWN_CONDITION_FOR_ACTION",
        "lambda:SourceFunctionArn is in the context of every call with the credentials of a function, whatever the action: "
        "https://docs.aws.amazon.com/lambda/latest/dg/permissions-source-function-arn.html.",
    ),
    Accepted(
        "docs/alarms.md",
        "0",
        "RESOURCE_STAR",
        "The policy is an example for an operator. The names of alarms, topics and stack depend on the deployment.",
    ),
)
