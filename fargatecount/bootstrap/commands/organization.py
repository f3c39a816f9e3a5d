"""Bootstrap of the commands about an organization: the stack of the hub, and its table."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from fargatecount.adapters.dynamodb.scopes import DynamoScopes
from fargatecount.bootstrap.commands.connection import Connection, connect
from fargatecount.errors import MisconfiguredError
from fargatecount.organization.drift_view import OrganizationDrift, organization_drift
from fargatecount.organization.scopes import SILENT_AFTER, ScopeRecord
from fargatecount.organization.selection import ScopeSelection
from fargatecount.organization.view import OrganizationDocument, organization_document
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.workload import Millis

NO_HUB = (
    "deploy one with `make hub`, or name its account and Region: --profile, AWS_REGION or --hub-region, and --stage or --stack;"
    " docs/organization.md"
)


def hub_stack_of(stage: str) -> str:
    """Return the stack name of a stage in serverless.hub.yml, unless its `prefix` was changed."""
    return f"fargatecount-hub-{stage}"


@dataclass(frozen=True)
class Hub:
    """The deployed hub of an organization."""

    connection: Connection

    @cached_property
    def store(self) -> DynamoScopes:
        """The scopes and accounts in the hub's table.

        Raises:
            MisconfiguredError: there is no such hub. DeniedError, UnavailableError: AWS refused or did not answer.
        """
        return DynamoScopes(self.connection.items(self.outputs["HubTableName"]))

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The outputs of its stack; errors as for `store`."""
        try:
            outputs = self.connection.outputs()
        except MisconfiguredError as error:
            raise MisconfiguredError(str(error), remedy=NO_HUB) from error
        if "HubTableName" not in outputs:
            raise MisconfiguredError(f"stack {self.connection.stack} is not a hub", remedy=NO_HUB)
        return outputs

    @property
    def thresholds(self) -> QuotaThresholds:
        """The percentages at which a scope is near a quota; errors as for `store`."""
        return QuotaThresholds(
            warning=float(self.outputs.get("WarningPercent", 80)), critical=float(self.outputs.get("CriticalPercent", 95))
        )

    @property
    def silent_after(self) -> Millis:
        """Milliseconds without a report after which a scope is silent; errors as for `store`. An older hub has the default."""
        found = self.outputs.get("SilentSeconds")
        return int(found) * 1000 if found else SILENT_AFTER

    def read(self, selection: ScopeSelection) -> OrganizationDocument:
        """Return the selected part of the organization as it is now.

        Raises:
            MisconfiguredError: the hub knows no such account, Region or unit. DeniedError, UnavailableError: as for `store`.
        """
        now, accounts = self.connection.clock.now(), self.store.account_list()
        return organization_document(
            self._records(selection), accounts, now, selection, thresholds=self.thresholds, silent_after=self.silent_after
        )

    def read_drift(self, selection: ScopeSelection) -> OrganizationDrift:
        """Return the drift of the selected part of the organization in the last day; errors as for `read`."""
        now, accounts = self.connection.clock.now(), self.store.account_list()
        return organization_drift(self._records(selection), accounts, now, selection, silent_after=self.silent_after)

    def _records(self, selection: ScopeSelection) -> list[ScopeRecord]:
        # The names of accounts lead to their ids, so an account's own shard is not enough: all scopes are read.
        only = selection.accounts[0] if len(selection.accounts) == 1 and selection.accounts[0].isdecimal() else None
        records = list(self.store.scopes(only))
        return list(self.store.scopes()) if only is not None and not records else records


def connect_hub(
    *,
    region: str | None = None,
    profile: str | None = None,
    role_arn: str | None = None,
    stage: str = "prod",
    stack: str | None = None,
    table: str | None = None,  # noqa: ARG001 - of the shared options; a hub's table is in its stack
) -> Hub:
    """Return the hub of an account and Region; errors as for `connect`."""
    return Hub(connect(region=region, profile=profile, role_arn=role_arn, stage=stage, stack=stack or hub_stack_of(stage)))


def hub_of(connection: Connection, stage: str) -> Hub:
    """Return the hub of a stage in the account and Region of a connection."""
    return Hub(connection.of_stack(hub_stack_of(stage)))
