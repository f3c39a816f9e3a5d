"""Inline policies of IAM roles.

https://docs.aws.amazon.com/IAM/latest/APIReference/API_PutRolePolicy.html and its siblings.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote

import msgspec
from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError


class IamRolePolicies:
    """The inline policies of an account's roles.

    Every method raises DeniedError if AWS refuses, UnavailableError if it does not answer, and MisconfiguredError if there is no such
    role or it has no room for the policy.
    """

    def __init__(self, iam: Any) -> None:
        self._iam = iam

    def read(self, role: str, name: str) -> dict[str, Any] | None:
        """Return the document of a policy; None if the role does not have it."""
        with _calling("GetRolePolicy", role):
            self._iam.get_role(RoleName=role)  # or a role that is missing looks like a policy that is
            try:
                document = self._iam.get_role_policy(RoleName=role, PolicyName=name)["PolicyDocument"]
            except ClientError as error:
                if _code(error) == "NoSuchEntity":
                    return None
                raise
        if isinstance(document, str):  # as IAM sends it; botocore decodes it for some operations
            document = msgspec.json.decode(unquote(document))
        return dict(document)

    def put(self, role: str, name: str, document: Mapping[str, Any]) -> None:
        """Write a policy."""
        with _calling("PutRolePolicy", role):
            self._iam.put_role_policy(RoleName=role, PolicyName=name, PolicyDocument=msgspec.json.encode(document).decode())

    def delete(self, role: str, name: str) -> None:
        """Delete a policy, if it exists."""
        with _calling("DeleteRolePolicy", role):
            try:
                self._iam.delete_role_policy(RoleName=role, PolicyName=name)
            except ClientError as error:
                if _code(error) != "NoSuchEntity":
                    raise


@contextmanager
def _calling(operation: str, role: str) -> Iterator[None]:
    with aws_errors(f"{operation} {role}", remedy=f"someone with iam:{operation} on the role can do it", action=f"iam:{operation}"):
        try:
            yield
        except ClientError as error:
            message = error.response.get("Error", {}).get("Message", "")
            if _code(error) == "NoSuchEntity":
                remedy = "the profile's pod execution role was deleted: create it again, or the profile"
                raise MisconfiguredError(f"there is no role {role}", remedy=remedy) from error
            if _code(error) == "LimitExceeded":
                remedy = "the inline policies of a role may have 10,240 characters together: make one of them a managed policy"
                raise MisconfiguredError(f"{operation} {role}: {message}", remedy=remedy) from error
            raise


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
