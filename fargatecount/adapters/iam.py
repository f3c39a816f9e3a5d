"""IAM's policy simulator. It evaluates and changes nothing.

Needs `iam:ListRolePolicies`, `iam:GetRolePolicy` and `iam:SimulatePrincipalPolicy`
(https://docs.aws.amazon.com/IAM/latest/APIReference/API_SimulatePrincipalPolicy.html).
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import unquote

from fargatecount.adapters.sessions import aws_errors
from fargatecount.selftest.rights import AccessAnswer, AccessQuestion


class IamSimulator:
    """The roles of one account, through a botocore client `iam`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def statements(self, role: str) -> Sequence[Mapping[str, Any]]:
        """Return the statements of the inline policies of a role."""
        name = role.rpartition("/")[2]
        found: list[Mapping[str, Any]] = []
        with aws_errors("reading the policies of a role", action="iam:GetRolePolicy"):
            for policy in self._client.list_role_policies(RoleName=name)["PolicyNames"]:
                document = self._client.get_role_policy(RoleName=name, PolicyName=policy)["PolicyDocument"]
                # botocore decodes the document; an endpoint that is not AWS's may leave it as text.
                statements = (document if isinstance(document, dict) else json.loads(unquote(document)))["Statement"]
                found += statements if isinstance(statements, list) else [statements]
        return found

    def simulate(self, role: str, question: AccessQuestion) -> Sequence[AccessAnswer]:
        """Return the decision on each action."""
        context = [
            {"ContextKeyName": entry.key, "ContextKeyType": "stringList" if entry.many else "string", "ContextKeyValues": [*entry.values]}
            for entry in question.context
        ]
        with aws_errors("simulating a role's policy", action="iam:SimulatePrincipalPolicy"):
            answer = self._client.simulate_principal_policy(
                PolicySourceArn=role,
                ActionNames=[*question.actions],
                ResourceArns=[question.resource],
                ContextEntries=context,
            )
        return [
            AccessAnswer(result["EvalActionName"], result["EvalDecision"], _limited_by(result)) for result in answer["EvaluationResults"]
        ]


def _limited_by(result: Mapping[str, Any]) -> str:
    if not result.get("PermissionsBoundaryDecisionDetail", {}).get("AllowedByPermissionsBoundary", True):
        return "a permissions boundary"
    if not result.get("OrganizationsDecisionDetail", {}).get("AllowedByOrganizations", True):
        return "a service control policy"
    return ""
