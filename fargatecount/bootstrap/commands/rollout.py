"""Bootstrap of `fargatecount organization deploy`, `upgrade`, `remove`, `status` and `members`."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from fargatecount.adapters.identity import who
from fargatecount.adapters.organizations import Organizations
from fargatecount.adapters.s3.code_buckets import S3CodeBuckets
from fargatecount.adapters.stack_sets import CloudFormationStackSets
from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.bootstrap.commands.organization import Hub, hub_of
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.doctor.install import Caller
from fargatecount.errors import MisconfiguredError
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.organization.scopes import ScopeRecord
from fargatecount.rollout.carry_out import RolloutPorts
from fargatecount.rollout.targets import Organization
from fargatecount.workload import Millis


@dataclass(frozen=True)
class Administration:
    """The account and Region from which members are rolled out: the management account, or a delegated administrator's."""

    connection: Connection
    stage: str

    @cached_property
    def organization(self) -> Organization:
        """The organization with its accounts; raises MisconfiguredError where there is none, DeniedError and UnavailableError."""
        identity, management = self._organizations.identity()
        return Organization(id=identity, management=management, accounts=self.accounts())

    def accounts(self) -> Sequence[OrganizationAccount]:
        """Return the accounts of the organization; raises DeniedError and UnavailableError."""
        return self._organizations.accounts()

    @cached_property
    def ports(self) -> RolloutPorts:
        """CloudFormation and S3; errors as for `organization`."""
        _, management = self._organizations.identity()
        return RolloutPorts(
            stack_sets=CloudFormationStackSets(self.connection.client("cloudformation"), delegated=management != self._caller.account),
            buckets=S3CodeBuckets(self._s3_in, self._caller.account),
            clock=self.connection.clock,
            region=self.connection.region,
            partition=self._caller.partition,
        )

    @property
    def caller(self) -> str:
        """Id of the account of the credentials."""
        return self._caller.account

    def hub_bus(self) -> str:
        """Return the bus of the hub in this account and Region; empty where there is none. Raises DeniedError and UnavailableError."""
        with suppress(MisconfiguredError):
            return self._hub.outputs.get("HubBusArn", "")
        return ""

    def scopes(self) -> list[ScopeRecord]:
        """Return what the hub in this account and Region knows; raises MisconfiguredError where there is none."""
        return list(self._hub.store.scopes())

    def silent_after(self) -> Millis:
        """Return after how many milliseconds without a report a scope is silent; errors as for `scopes`."""
        return self._hub.silent_after

    @cached_property
    def _hub(self) -> Hub:
        return hub_of(self.connection, self.stage)

    @cached_property
    def _organizations(self) -> Organizations:
        return Organizations(self.connection.client("organizations"))

    @cached_property
    def _caller(self) -> Caller:
        return who(self.connection.client("sts"), self.connection.clock)

    def _s3_in(self, region: str) -> Any:
        return self.connection.create_client("s3", region_name=region, config=PATIENT)


def administration(
    *, region: str | None = None, profile: str | None = None, role_arn: str | None = None, stage: str = "prod"
) -> Administration:
    """Return the administration of an account and Region; errors as for `connect`."""
    return Administration(connect(region=region, profile=profile, role_arn=role_arn, stage=stage), stage)
