"""Rights: what IAM's own simulator says about the policies of the functions' roles.

Pure, besides the port. The simulator considers boundaries and, in an organization, service control policies
(https://docs.aws.amazon.com/IAM/latest/UserGuide/access_policies_testing-policies.html). It evaluates policies and calls no service, so
it does not prove which context keys a service sends.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol

import msgspec

from fargatecount.selftest.outcome import Outcome, not_known, proven, refuted

ALLOWED = "allowed"
FENCE = "dynamodb:EnclosingOperation"
"""Context key of an item of a transaction:
https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/transaction-apis-iam.html"""
LEADING_KEYS = "dynamodb:LeadingKeys"
ROW = "C#123456789012#eu-west-1#ECS-selftest#0"
"""Partition key of a row of a cluster that does not exist; nothing is written."""


class ContextEntry(msgspec.Struct, frozen=True):
    """One context key of a request."""

    key: str
    values: tuple[str, ...]
    many: bool = False
    """Whether the key can have more than one value."""


class AccessQuestion(msgspec.Struct, frozen=True, kw_only=True):
    """May a role do this?"""

    actions: tuple[str, ...]
    resource: str
    context: tuple[ContextEntry, ...] = ()


class AccessAnswer(msgspec.Struct, frozen=True):
    """What the simulator decided about one action."""

    action: str
    decision: str
    """`allowed`, `explicitDeny` or `implicitDeny`."""
    limited_by: str = ""
    """`a permissions boundary` or `a service control policy`, where one takes the right away."""


class PolicySimulator(Protocol):
    """IAM, as the self-test reads it; both raise DeniedError or UnavailableError."""

    def statements(self, role: str) -> Sequence[Mapping[str, Any]]:
        """Return the statements of the inline policies of a role."""
        ...

    def simulate(self, role: str, question: AccessQuestion) -> Sequence[AccessAnswer]:
        """Return the decision on each action."""
        ...


def questions(statements: Iterable[Mapping[str, Any]]) -> Iterator[AccessQuestion]:
    """Yield for each statement that allows something whether it is allowed, in a context that meets its conditions."""
    for statement in statements:
        actions = tuple(action for action in _listed(statement.get("Action")) if "*" not in action)
        if statement.get("Effect") == "Allow" and actions:
            resource = _listed(statement.get("Resource"))[0]
            yield AccessQuestion(
                actions=actions,
                resource=resource if resource == "*" else resource.replace("*", "selftest"),
                context=tuple(_context(statement.get("Condition") or {})),
            )


def _context(condition: Mapping[str, Mapping[str, Any]]) -> Iterator[ContextEntry]:
    for operator, keys in condition.items():
        for key, value in keys.items():
            yield ContextEntry(key, (str(_listed(value)[0]).replace("*", "selftest"),), many=operator.startswith("For"))


def _listed(value: Any) -> list[Any]:
    return [] if value is None else [value] if isinstance(value, str | bool) else list(value)


def of_function_rights(answers: Mapping[str, Sequence[AccessAnswer]]) -> Outcome:
    """Judge what the simulator answered, by function."""
    every = [(function, answer) for function, found in answers.items() for answer in found]
    denied = [(function, answer) for function, answer in every if answer.decision != ALLOWED]
    counted = f"{len(every) - len(denied)} of {len(every)} actions of {len(answers)} roles are allowed"
    if not every:
        return not_known("no role has an inline policy that could be read", remedy="allow iam:ListRolePolicies and iam:GetRolePolicy here")
    if denied:
        texts = [f"{f}: {a.action} is denied" + (f" by {a.limited_by}" if a.limited_by else f" ({a.decision})") for f, a in denied]
        return refuted(counted, *texts, remedy="allow these in the permissions boundary or service control policy, or deploy again")
    return proven(counted)


def fence_questions(table: str) -> tuple[AccessQuestion, AccessQuestion]:
    """Return a write of a row by itself, and the same in a transaction."""
    key = ContextEntry(LEADING_KEYS, (ROW,), many=True)
    alone = AccessQuestion(actions=("dynamodb:PutItem",), resource=table, context=(key,))
    within = AccessQuestion(
        actions=("dynamodb:PutItem",), resource=table, context=(key, ContextEntry(FENCE, ("TransactWriteItems",), many=True))
    )
    return alone, within


def of_fence(alone: Sequence[AccessAnswer], within: Sequence[AccessAnswer]) -> Outcome:
    """Judge whether a row can be written by itself."""
    decisions = f"a single write: {_decisions(alone)}; within a transaction: {_decisions(within)}"
    if not alone or not within:
        return not_known("IAM did not decide", remedy="try again")
    is_fenced = all(a.decision != ALLOWED for a in alone) and all(a.decision == ALLOWED for a in within)
    return proven(decisions) if is_fenced else refuted(decisions, remedy="report this to the project: a policy does not do what it is for")


def _decisions(answers: Iterable[AccessAnswer]) -> str:
    return ", ".join(sorted({answer.decision for answer in answers})) or "no answer"
