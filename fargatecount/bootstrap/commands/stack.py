"""The deployed stack that a command addresses: its name, its outputs, and the settings among them.

Your environment takes precedence over the stack's outputs. CloudFormation is asked once, and only when an output is needed.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from contextlib import suppress
from functools import cached_property
from typing import Any

import msgspec

from fargatecount.adapters.price_cache import cached_prices
from fargatecount.adapters.stacks import find_stack
from fargatecount.errors import FargatecountError, MisconfiguredError
from fargatecount.settings.deployment import HistorySettings, LimitSettings, ThresholdSettings, UsageSettings
from fargatecount.settings.environment import PREFIX, MetricNames, stack_of
from fargatecount.usage.prices import PriceSettings


class DeployedStack:
    """A stack in the account and Region of a session."""

    def __init__(
        self,
        session: Any,
        *,
        stage: str,
        stack: str | None = None,
        table: str | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        self._session = session
        self._stage = stage
        self._stack = stack
        self._table = table
        self._environment = environment
        self._outputs: dict[str, str] | None = None

    @property
    def stack(self) -> str:
        """Name of the deployed stack: the one that you named, else the one that `make deploy` makes for the stage."""
        return self._stack or stack_of(self._stage)

    @property
    def stage(self) -> str:
        """Name of the deployed stage; for a named stack that cannot be read, the stage that you named."""
        if self._stack:
            with suppress(FargatecountError):
                return self.outputs().get("Stage") or self._stage
        return self._stage

    @property
    def region(self) -> str:
        """The Region of the session."""
        return str(self._session.region_name)

    @property
    def function_prefix(self) -> str:
        """First part of the functions' names: the stack's name, but for a stack of a StackSet, whose name is too long."""
        with suppress(FargatecountError):
            return self.outputs().get("FunctionPrefix") or self.stack
        return self.stack

    def outputs(self) -> dict[str, str]:
        """Return the outputs of the deployed stack.

        Raises:
            MisconfiguredError: there is no such deployment, or the named table belongs to another stack: two deployments must not be
                mixed.
            DeniedError, UnavailableError: AWS refused or did not answer.
        """
        if self._outputs is None:
            name, found = find_stack(self._session.client, self.stack)
            self._stack = name if name != self.stack else self._stack
            if self._table and found.get("TableName") != self._table:
                raise MisconfiguredError(
                    f"table {self._table} is not that of stack {self.stack} in {self.region}, which has {found.get('TableName')}",
                    remedy="name the stack that has it with --stack (FARGATECOUNT_STACK), or leave out --table (FARGATECOUNT_TABLE)",
                )
            self._outputs = found
        return self._outputs

    @cached_property
    def terms(self) -> UsageSettings:
        """Your limits and prices: from your environment, else those of the deployment; errors as for `outputs`.

        With a named table the stack is not read, so what your environment lacks has its default.
        """
        return UsageSettings.from_env(self._settings(UsageSettings.variables()))

    @property
    def prices(self) -> PriceSettings:
        """The prices of `terms`, with newer ones of AWS that were refreshed on this machine; errors as for `terms`."""
        return msgspec.structs.replace(self.terms.prices, refreshed=cached_prices(self._environment))

    @cached_property
    def levels(self) -> ThresholdSettings:
        """The percentages at which a quota is nearly used up; source and errors as for `terms`."""
        return ThresholdSettings.from_env(self._settings(ThresholdSettings.variables()))

    @property
    def limit_percent(self) -> float:
        """The percentage at which a limit of your own is nearly used up; source and errors as for `terms`."""
        return LimitSettings.from_env(self._settings(LimitSettings.variables())).limit_percent

    @property
    def history(self) -> HistorySettings:
        """The tag and the label of owners, and the retention of the history; source and errors as for `terms`."""
        return HistorySettings.from_env(self._settings(HistorySettings.variables()))

    @property
    def metric_names(self) -> MetricNames:
        """The namespace and the prefix of the deployment's metrics; source and errors as for `terms`."""
        return MetricNames.from_env(self._settings(MetricNames.variables()))

    def _settings(self, variables: Collection[str]) -> dict[str, str]:
        """Return settings as variables: those of your environment, else the stack's outputs of their names."""
        own = {variable: self._environment[variable] for variable in variables if self._environment.get(variable)}
        deployed = {} if self._table else {variable: self.outputs().get(_output(variable), "") for variable in variables}
        return {**deployed, **own}

    def queue_url(self, variable: str) -> str | None:
        """Return a queue's URL: `$FARGATECOUNT_<variable>`, else the stack's; None if it has none. Errors as for `outputs`."""
        return self._environment.get(PREFIX + variable) or self.outputs().get(_output(variable))

    @property
    def has_hub(self) -> bool:
        """Whether the deployment reports to the hub of an organization; False with a named table, whose stack is not read."""
        return not self._table and bool(self.outputs().get("HubBusArn"))

    def reports_bucket(self) -> str:
        """Return the bucket with the reports: $FARGATECOUNT_REPORTS_BUCKET, else that of the stack; errors as for `outputs`."""
        bucket = self._environment.get(f"{PREFIX}REPORTS_BUCKET") or self.outputs().get("ReportsBucket")
        if not bucket:
            raise MisconfiguredError(f"stack {self.stack} has no bucket for reports", remedy="the stack is an older version: deploy again")
        return bucket

    def reconcile_role(self) -> str:
        """Return the ARN of the role of the function `reconcile`; errors as for `outputs`."""
        role = self.outputs().get("ReconcileRoleArn")
        if not role:
            raise MisconfiguredError(
                f"stack {self.stack} does not name the role of its function reconcile",
                remedy="the stack is an older version: deploy again, or name the role with --principal-arn",
            )
        return role


def _output(variable: str) -> str:
    """Return the name of the stack output that carries a setting: `RegionPrices` for `FARGATECOUNT_REGION_PRICES`."""
    return "".join(word.title() for word in variable.removeprefix(PREFIX).split("_"))
