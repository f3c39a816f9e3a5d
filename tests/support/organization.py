"""An organization in moto: the management account, units and accounts, with clients of each."""

from __future__ import annotations

from typing import Any

import boto3

REGION = "eu-west-1"


class MotoOrganization:
    """The organization of moto's own account, which manages it."""

    def __init__(self) -> None:
        self._organizations = self.client("organizations")
        found = self._organizations.create_organization(FeatureSet="ALL")["Organization"]
        self.id, self.management = str(found["Id"]), str(found["MasterAccountId"])
        self.root = str(self._organizations.list_roots()["Roots"][0]["Id"])

    def unit(self, name: str) -> str:
        """Make a unit below the root."""
        return str(self._organizations.create_organizational_unit(ParentId=self.root, Name=name)["OrganizationalUnit"]["Id"])

    def account(self, name: str, unit: str) -> str:
        """Make an account in a unit."""
        made = self._organizations.create_account(Email=f"{name}@example.com", AccountName=name)["CreateAccountStatus"]["AccountId"]
        if unit != self.root:
            self._organizations.move_account(AccountId=made, SourceParentId=self.root, DestinationParentId=unit)
        return str(made)

    def close(self, account: str) -> None:
        """Close an account."""
        self._organizations.close_account(AccountId=account)

    def client(self, service: str, region: str = REGION, account: str | None = None) -> Any:
        """Return a client of the management account, or of another one by its role."""
        if account is None:
            return boto3.client(service, region, aws_access_key_id="test", aws_secret_access_key="test")
        sts = boto3.client("sts", region, aws_access_key_id="test", aws_secret_access_key="test")
        role = sts.assume_role(RoleArn=f"arn:aws:iam::{account}:role/any", RoleSessionName="test")["Credentials"]
        return boto3.client(
            service,
            region,
            aws_access_key_id=role["AccessKeyId"],
            aws_secret_access_key=role["SecretAccessKey"],
            aws_session_token=role["SessionToken"],
        )

    def s3(self, region: str, account: str | None = None) -> Any:
        """Return a client of S3 in a Region."""
        return self.client("s3", region, account)
