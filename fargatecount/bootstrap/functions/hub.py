"""Bootstrap of the hub's functions, `usage_received` and `organization`, over the hub's own table."""

from __future__ import annotations

import os
from functools import cache, cached_property

from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics
from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.connection import Items
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.scopes import DynamoScopes
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.organizations import Organizations
from fargatecount.adapters.sns import SnsTopic
from fargatecount.adapters.sqs.dead_letters import SqsDeadLetters
from fargatecount.adapters.sqs.queue import SqsQueue
from fargatecount.bootstrap.functions.runtime import FunctionRuntime
from fargatecount.breaches.notify import BreachStore
from fargatecount.metrics.sink import Sink, UnarmedSink
from fargatecount.organization.announce import AnnouncePorts, Topic, UnarmedTopic
from fargatecount.organization.overview import OverviewPorts
from fargatecount.organization.receive import ReceivePorts
from fargatecount.settings.hub import HubSettings


class HubRuntime(FunctionRuntime):
    """The runtime of both functions; each part is created on first use."""

    @cached_property
    def settings(self) -> HubSettings:
        """The settings of the hub; MisconfiguredError where one is missing or invalid."""
        return HubSettings.from_env(self.environment)

    @cached_property
    def items(self) -> Items:
        """The connection to the hub's table."""
        return Items(self.settings.hub_table, self.region, session=self.session)

    @cached_property
    def store(self) -> DynamoScopes:
        """The scopes and accounts in the hub's table."""
        return DynamoScopes(self.items)

    def receive_ports(self, owner: str) -> ReceivePorts:
        """Return the ports of one invocation of `usage_received`; `owner` must be unique to it."""
        announcing = AnnouncePorts(
            store=self.store,
            breaches=self._breaches,
            topic=self._topic,
            accounts=self.store,
            leases=DynamoLeases(self.items),
            clock=self.clock,
            owner=owner,
            silent_after=self.settings.silent_after,
        )
        return ReceivePorts(store=self.store, dead_letters=self._dead_letters, announce=announcing, clock=self.clock)

    @cached_property
    def overview_ports(self) -> OverviewPorts:
        """Return the ports of `organization`."""
        settings, sink = self.settings, UnarmedSink()
        put: Sink = sink
        if settings.armed:
            put = CloudWatchMetrics(
                self.prompt_client("cloudwatch"), namespace=settings.names.namespace, prefix=settings.names.metric_prefix
            )
        return OverviewPorts(
            store=self.store,
            accounts=self.store,
            organization=Organizations(self.session.create_client("organizations")) if settings.use_organizations else None,
            sink=put,
            dead_letters=SqsQueue(self.prompt_client("sqs"), settings.hub_dead_letters_url),
            clock=self.clock,
            thresholds=settings.quota.thresholds,
            per_scope=settings.scope_metrics,
            silent_after=settings.silent_after,
        )

    @cached_property
    def _breaches(self) -> BreachStore:
        # As for a member: a message that was only logged is not delivered.
        return DynamoBreaches(self.items) if self.settings.armed else MemoryBreaches()

    @cached_property
    def _topic(self) -> Topic:
        return SnsTopic(self.prompt_client("sns"), self.settings.hub_topic_arn) if self.settings.armed else UnarmedTopic()

    @cached_property
    def _dead_letters(self) -> SqsDeadLetters:
        return SqsDeadLetters(self.prompt_client("sqs"), self.settings.hub_dead_letters_url)


@cache
def runtime() -> HubRuntime:
    """Return the runtime of this execution environment."""
    return HubRuntime(os.environ)
