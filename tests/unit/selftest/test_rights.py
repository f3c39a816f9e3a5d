"""What the simulator's answers prove."""

from __future__ import annotations

from typing import Any

from fargatecount.selftest.outcome import ClaimVerdict
from fargatecount.selftest.rights import (
    AccessAnswer,
    AccessQuestion,
    ContextEntry,
    fence_questions,
    of_fence,
    of_function_rights,
    questions,
)

YES, NO = AccessAnswer("dynamodb:PutItem", "allowed"), AccessAnswer("dynamodb:PutItem", "implicitDeny")


def test_each_statement_becomes_a_question_that_meets_its_conditions() -> None:
    """Wildcards get a value, denials and actions with wildcards no question."""
    statements: list[dict[str, Any]] = [
        {"Effect": "Allow", "Action": ["ecs:ListTasks", "ecs:*"], "Resource": "*", "Condition": {"ArnLike": {"ecs:cluster": "arn:x/*"}}},
        {
            "Effect": "Allow",
            "Action": "dynamodb:PutItem",
            "Resource": ["arn:table/*", "arn:other"],
            "Condition": {"ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["S#*", "TABLE"]}},
        },
        {"Effect": "Deny", "Action": "s3:GetObject", "Resource": "*"},
    ]
    assert list(questions(statements)) == [
        AccessQuestion(actions=("ecs:ListTasks",), resource="*", context=(ContextEntry("ecs:cluster", ("arn:x/selftest",)),)),
        AccessQuestion(
            actions=("dynamodb:PutItem",),
            resource="arn:table/selftest",
            context=(ContextEntry("dynamodb:LeadingKeys", ("S#selftest",), many=True),),
        ),
    ]


def test_one_denied_action_refutes() -> None:
    """The function, the action and what takes the right away are named."""
    found = of_function_rights({"publish": [YES, AccessAnswer("sqs:SendMessage", "explicitDeny", "a service control policy")]})
    assert found.verdict is ClaimVerdict.REFUTED
    assert found.evidence == ("1 of 2 actions of 1 roles are allowed", "publish: sqs:SendMessage is denied by a service control policy")
    assert of_function_rights({"publish": [YES]}).verdict is ClaimVerdict.PROVEN
    assert of_function_rights({"publish": []}).verdict is ClaimVerdict.NOT_KNOWN


def test_the_fence_holds_if_only_the_transaction_may_write() -> None:
    """A single write that is allowed refutes, and so does a transaction that is denied."""
    assert of_fence([NO], [YES]).verdict is ClaimVerdict.PROVEN
    assert of_fence([YES], [YES]).verdict is ClaimVerdict.REFUTED
    assert of_fence([NO], [NO]).verdict is ClaimVerdict.REFUTED
    assert of_fence([], [YES]).verdict is ClaimVerdict.NOT_KNOWN


def test_the_two_questions_differ_by_the_transaction() -> None:
    """The key of the row is the same in both."""
    alone, within = fence_questions("arn:table")
    assert {entry.key for entry in within.context} - {entry.key for entry in alone.context} == {"dynamodb:EnclosingOperation"}
