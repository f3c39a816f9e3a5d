"""The accounts of an organization, by AWS Organizations; needs only rights to list.

https://docs.aws.amazon.com/organizations/latest/APIReference/; it answers in the management account, and in an account to which it has
delegated administration of a service.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from botocore.exceptions import ClientError

from fargatecount.adapters.sessions import aws_errors
from fargatecount.errors import MisconfiguredError
from fargatecount.organization.accounts import OrganizationAccount

REMEDY = "deploy the hub in the management account or a delegated administrator's, or leave `useOrganizations` off: docs/organization.md"


class Organizations:
    """The organization of a client `organizations`."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def accounts(self) -> Sequence[OrganizationAccount]:
        """Return every account with the path of its unit; raises UnavailableError or DeniedError."""
        with aws_errors("reading AWS Organizations", remedy=REMEDY):
            roots = [root for page in self._pages("list_roots") for root in page["Roots"]]
            return [account for root in roots for account in self._below(root["Id"], (root["Name"],), (root["Id"],))]

    def identity(self) -> tuple[str, str]:
        """Return the ids of the organization and of its management account.

        Raises:
            MisconfiguredError: the account belongs to no organization. DeniedError, UnavailableError: AWS refused or did not answer.
        """
        with aws_errors("reading AWS Organizations", remedy=REMEDY):
            try:
                found = self._client.describe_organization()["Organization"]
            except ClientError as error:
                if error.response.get("Error", {}).get("Code") == "AWSOrganizationsNotInUseException":
                    raise MisconfiguredError(
                        "this account belongs to no organization", remedy="many Regions of one account need none: docs/organization.md"
                    ) from error
                raise
        return str(found["Id"]), str(found["MasterAccountId"])

    def _below(self, parent: str, path: tuple[str, ...], ids: tuple[str, ...]) -> Iterator[OrganizationAccount]:
        for page in self._pages("list_accounts_for_parent", ParentId=parent):
            for account in page["Accounts"]:
                yield OrganizationAccount(
                    id=account["Id"], name=account["Name"], status=account["Status"], unit="/".join(path), unit_ids=ids
                )
        for page in self._pages("list_organizational_units_for_parent", ParentId=parent):
            for unit in page["OrganizationalUnits"]:
                yield from self._below(unit["Id"], (*path, unit["Name"]), (*ids, unit["Id"]))

    def _pages(self, operation: str, **arguments: str) -> Iterator[dict[str, Any]]:
        yield from self._client.get_paginator(operation).paginate(**arguments)
