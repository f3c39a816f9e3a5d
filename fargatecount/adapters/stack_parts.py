"""Parts of a deployed stack that its outputs do not name: the roles of its functions, and its event rule. Reads only.

Needs `cloudformation:DescribeStackResource`, `lambda:GetFunctionConfiguration`, `events:DescribeRule` and `events:ListTargetsByRule`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from fargatecount.adapters.sessions import aws_errors

RULE = "TaskEvents"
"""Its logical id in infra/rule.yml."""


class StackParts:
    """Parts of one stack; `create` makes the client of a service."""

    def __init__(self, create: Callable[[str], Any], stack: str, function_prefix: str) -> None:
        self._create = create
        self._stack = stack
        self._function_prefix = function_prefix

    def role_of(self, function: str) -> str:
        """Return the ARN of a function's role."""
        with aws_errors(f"reading function {function}", action="lambda:GetFunctionConfiguration"):
            found = self._create("lambda").get_function_configuration(FunctionName=f"{self._function_prefix}-{function}")
        return str(found["Role"])

    def rule_name(self) -> str:
        """Return the name that CloudFormation gave the event rule."""
        with aws_errors("looking for the event rule", action="cloudformation:DescribeStackResource"):
            found = self._create("cloudformation").describe_stack_resource(StackName=self._stack, LogicalResourceId=RULE)
        return str(found["StackResourceDetail"]["PhysicalResourceId"]).rpartition("|")[2]

    def rule(self, name: str) -> tuple[bool, int]:
        """Return whether the rule is enabled, and the number of its targets."""
        events = self._create("events")
        with aws_errors("reading the event rule", action="events:DescribeRule"):
            state = events.describe_rule(Name=name)["State"]
        with aws_errors("reading the targets of the event rule", action="events:ListTargetsByRule"):
            targets = events.list_targets_by_rule(Rule=name)["Targets"]
        return state.startswith("ENABLED"), len(targets)
