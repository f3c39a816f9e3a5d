"""Bootstrap of the function `publish`: the ports of the publisher, and those that notify of breaches."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property
from typing import Any

import msgspec

import fargatecount
from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics
from fargatecount.adapters.dynamodb.breaches import DynamoBreaches
from fargatecount.adapters.dynamodb.drift_log import DynamoDriftLog
from fargatecount.adapters.dynamodb.forwarded import DynamoForwardState
from fargatecount.adapters.dynamodb.launches import DynamoLaunches, DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.moved import DynamoMovedCounters, moved_buckets
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.eventbridge import EventBridgeEvents, EventBridgeUsage
from fargatecount.adapters.memory.breaches import MemoryBreaches
from fargatecount.adapters.memory.mutes import MemoryMutes
from fargatecount.adapters.sqs.queue import SqsQueue
from fargatecount.bootstrap.functions.prices import FunctionPrices
from fargatecount.bootstrap.functions.runtime import FunctionRuntime
from fargatecount.breaches.notify import BreachStore, NotifyPorts, UnarmedBus
from fargatecount.metrics.counter_memory import ChangeTracking, CounterMemory
from fargatecount.metrics.forwarding import NO_HUB, UsageForwarder
from fargatecount.metrics.publish import PublishPorts
from fargatecount.metrics.sink import Sink, UnarmedSink
from fargatecount.organization.forward import Forwarder
from fargatecount.settings.deployment import Settings
from fargatecount.usage.launches import LoggedLaunches
from fargatecount.workload import Scope


class PublishRuntime(FunctionRuntime):
    """The runtime of `publish`."""

    @cached_property
    def settings(self) -> Settings:
        """All settings; MisconfiguredError where one is missing or invalid."""
        return Settings.from_env(self.environment)

    def ports(self, account: str, owner: str, event: Mapping[str, Any]) -> PublishPorts:
        """Return the ports of a publisher for the function's account. Armed, they lead to CloudWatch and EventBridge; unarmed, nowhere.

        `owner` must be unique to the invocation: the lease distinguishes publishers by it. The stream's `event` names the counters that
        have moved; after any other event everything is read again.
        """
        scope = Scope(account, self.region)
        if "Records" not in event:
            self._memory.forget()
        ingest, names = self.settings.ingest, self.settings.ingest.names
        sink: Sink = UnarmedSink()
        if ingest.armed:
            sink = CloudWatchMetrics(self.prompt_client("cloudwatch"), namespace=names.namespace, prefix=names.metric_prefix)
        return PublishPorts(
            scope=scope,
            reader=self.ledger,
            quotas=DynamoQuotas(self.ledger.items),
            leases=DynamoLeases(self.ledger.items),
            state=DynamoPublishState(self.ledger.items),
            refusals=DynamoRefusals(self.ledger.items),
            sink=sink,
            notify=self._notify_ports(),
            dead_letters=SqsQueue(self.prompt_client("sqs"), ingest.dead_letters_url),
            clock=self.clock,
            owner=owner,
            options=msgspec.structs.replace(self.settings.publish.options, prices=self._prices.of(scope)),
            hub=self._forwarder(),
            undelivered=self._undelivered(),
            launches=LoggedLaunches(DynamoLaunches(self.ledger.items), DynamoLaunchQuotas(self.ledger.items)),
            tracking=self._tracking(scope, event),
        )

    def _forwarder(self) -> UsageForwarder:
        """Return the way to the hub. Usage goes there unarmed too: being armed is about this account's own metrics and events."""
        if not self.settings.hub_bus_arn:
            return NO_HUB
        publish = self.settings.publish
        return Forwarder(
            reader=self.ledger,
            store=DynamoForwardState(self.ledger.items),
            drift=DynamoDriftLog(self.ledger.items),
            bus=EventBridgeUsage(self.prompt_client("events")),
            version=fargatecount.__version__,
            limits=publish.usage.limits,
            thresholds=publish.quota.thresholds,
            limit_percent=publish.limit_percent,
        )

    def _undelivered(self) -> SqsQueue | None:
        url = self.settings.usage_failures_url
        return SqsQueue(self.prompt_client("sqs"), url) if url else None

    def _notify_ports(self) -> NotifyPorts:
        armed, publish = self.settings.ingest.armed, self.settings.publish
        return NotifyPorts(
            reader=self.ledger,
            # An event that was only logged is not delivered: once the deployment is armed, a breach that is still open must be reported.
            store=DynamoBreaches(self.ledger.items) if armed else self._unarmed_breaches,
            # Unarmed, nothing is sent that could be held back.
            mutes=DynamoMutes(self.ledger.items) if armed else MemoryMutes(),
            bus=EventBridgeEvents(self.prompt_client("events")) if armed else UnarmedBus(),
            limits=publish.usage.limits,
            thresholds=publish.quota.thresholds,
            limit_percent=publish.limit_percent,
        )

    def _tracking(self, scope: Scope, event: Mapping[str, Any]) -> ChangeTracking:
        records = event.get("Records", ())
        return ChangeTracking(
            memory=self._memory,
            store=DynamoMovedCounters(self.ledger.items),
            moved=moved_buckets(scope, [record["dynamodb"]["Keys"]["pk"]["S"] for record in records]),
            checks="Records" not in event,
        )

    @cached_property
    def _prices(self) -> FunctionPrices:
        return FunctionPrices(self.settings.publish.usage, DynamoPrices(self.ledger.items), self.clock)

    @cached_property
    def _memory(self) -> CounterMemory:
        """The counters that this execution environment has read."""
        return CounterMemory()

    @cached_property
    def _unarmed_breaches(self) -> BreachStore:
        return MemoryBreaches()


@cache
def runtime() -> PublishRuntime:
    """Return the runtime of this execution environment."""
    return PublishRuntime(os.environ)
