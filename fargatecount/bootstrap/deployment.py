"""The deployment that a function belongs to, as its environment describes it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any

import botocore.session
from botocore.config import Config

from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.sqs.dead_letters import SqsDeadLetters
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.clock import Clock
from fargatecount.errors import MisconfiguredError
from fargatecount.settings.environment import IngestSettings
from fargatecount.workload import Scope

if TYPE_CHECKING:
    from fargatecount.breaches.notify import BreachStore, NotifyPorts
    from fargatecount.metrics.publish import PublishPorts, Sink
    from fargatecount.reconcile.run import Ports
    from fargatecount.report.page.daily import PageStore
    from fargatecount.report.page.gather import Sources
    from fargatecount.settings.deployment import Settings

PROMPT = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2})
"""For calls under the publisher's lease, which must not outlast it."""


class Deployment:
    """The adapters of one deployment, each made when it is first asked for."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._environment = environment
        self.clock: Clock = SystemClock()

    @cached_property
    def settings(self) -> Settings:
        """All settings; MisconfiguredError where one is missing or bad."""
        from fargatecount.settings.deployment import Settings  # noqa: PLC0415 - see `reconciling`

        return Settings.from_env(self._environment)

    @cached_property
    def ingest_settings(self) -> IngestSettings:
        """Those that counting needs: a limit that cannot be read must not stop it. MisconfiguredError where one is missing or bad."""
        return IngestSettings.from_env(self._environment)

    @property
    def region(self) -> str:
        """The Region that the process runs in.

        Raises:
            MisconfiguredError: no Region is set.
        """
        region = self._environment.get("AWS_REGION") or self._environment.get("AWS_DEFAULT_REGION")
        if not region:
            raise MisconfiguredError("no Region is set", remedy="set AWS_REGION")
        return region

    @cached_property
    def ledger(self) -> DynamoLedger:
        """The ledger in the deployment's table."""
        return DynamoLedger(self.ingest_settings.table, self.region, buckets=self.ingest_settings.buckets, session=self._botocore)

    @cached_property
    def ingest_ledger(self) -> DynamoLedger:
        """The same ledger for a function that has a deadline: no call is repeated below `record`, which asks for the time in between."""
        return DynamoLedger(
            self.ingest_settings.table, self.region, buckets=self.ingest_settings.buckets, retries=0, session=self._botocore
        )

    @cached_property
    def dead_letters(self) -> SqsDeadLetters:
        """The deployment's dead-letter queue."""
        client = self._botocore.create_client("sqs", region_name=self.region)
        return SqsDeadLetters(client, self.ingest_settings.dead_letters_url)

    @cached_property
    def refusals(self) -> DynamoRefusals:
        """What was refused, remembered in the deployment's table."""
        return DynamoRefusals(self.ingest_ledger.items)

    def reconciling(self, account: str) -> Ports:
        """Return whom one run of the reconciler talks to, in the account that the function runs in."""
        from fargatecount.bootstrap.wiring import reconciling  # noqa: PLC0415 - task_changed comes through this module and needs none of it

        scope, create = Scope(account, self.region), self._botocore.create_client
        return reconciling(
            scope, self.ledger, create, reports_bucket=self.settings.reports_bucket, terms=self.settings.publish.usage, clock=self.clock
        )

    def paging(self, account: str) -> tuple[Sources, PageStore]:
        """Return what the daily page is gathered from, and where it is kept."""
        from fargatecount.adapters.dynamodb.quotas import DynamoQuotas  # noqa: PLC0415 - see `reconciling`
        from fargatecount.adapters.s3.pages import S3Pages  # noqa: PLC0415
        from fargatecount.adapters.s3.reports import S3Reports  # noqa: PLC0415
        from fargatecount.bootstrap.timeouts import PATIENT  # noqa: PLC0415
        from fargatecount.report.page.gather import Sources  # noqa: PLC0415

        s3, bucket = self._botocore.create_client("s3", region_name=self.region, config=PATIENT), self.settings.reports_bucket
        sources = Sources(
            scope=Scope(account, self.region),
            reader=self.ledger,
            quotas=DynamoQuotas(self.ledger.items),
            reports=S3Reports(s3, bucket),
            metrics=None,  # a day's reports lie five minutes apart, near enough for a chart of a day, and cost less to read
            prices=self.settings.publish.usage.prices,
            marks=self.settings.publish.quota.marks,
        )
        return sources, S3Pages(s3, bucket)

    def publishing(self, account: str, owner: str) -> PublishPorts:
        """Return the ports of a publisher for the function's account. Armed, they lead to CloudWatch and EventBridge; unarmed, nowhere.

        `owner` must be unique to the invocation: the lease distinguishes publishers by it.
        """
        from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics  # noqa: PLC0415 - see `reconciling`
        from fargatecount.adapters.dynamodb.leases import DynamoLeases  # noqa: PLC0415
        from fargatecount.adapters.dynamodb.published import DynamoPublishState  # noqa: PLC0415
        from fargatecount.adapters.dynamodb.quotas import DynamoQuotas  # noqa: PLC0415
        from fargatecount.adapters.sqs.queue import SqsQueue  # noqa: PLC0415
        from fargatecount.metrics.publish import PublishPorts, UnarmedSink  # noqa: PLC0415

        ingest, names = self.settings.ingest, self.settings.ingest.names
        sink: Sink = UnarmedSink()
        if ingest.armed:
            sink = CloudWatchMetrics(self._client("cloudwatch"), namespace=names.namespace, prefix=names.metric_prefix)
        return PublishPorts(
            scope=Scope(account, self.region),
            reader=self.ledger,
            quotas=DynamoQuotas(self.ledger.items),
            leases=DynamoLeases(self.ledger.items),
            state=DynamoPublishState(self.ledger.items),
            refusals=DynamoRefusals(self.ledger.items),
            sink=sink,
            notify=self._notifying(),
            dead_letters=SqsQueue(self._client("sqs"), ingest.dead_letters_url),
            clock=self.clock,
            owner=owner,
            options=self.settings.publish.options,
        )

    def _notifying(self) -> NotifyPorts:
        from fargatecount.adapters.dynamodb.breaches import DynamoBreaches  # noqa: PLC0415 - see `reconciling`
        from fargatecount.adapters.eventbridge import EventBridgeEvents  # noqa: PLC0415
        from fargatecount.breaches.notify import NotifyPorts, UnarmedBus  # noqa: PLC0415

        armed, publish = self.settings.ingest.armed, self.settings.publish
        return NotifyPorts(
            reader=self.ledger,
            # An event that was only logged is not delivered: once the deployment is armed, a breach that is still open must be reported.
            store=DynamoBreaches(self.ledger.items) if armed else self._own_breaches,
            bus=EventBridgeEvents(self._client("events")) if armed else UnarmedBus(),
            limits=publish.usage.limits,
            thresholds=publish.quota.thresholds,
            limit_percent=publish.limit_percent,
        )

    @cached_property
    def _own_breaches(self) -> BreachStore:
        from fargatecount.adapters.memory.breaches import MemoryBreaches  # noqa: PLC0415 - see `reconciling`

        return MemoryBreaches()

    @cache  # noqa: B019 - there is one deployment per process
    def _client(self, service: str) -> Any:
        """Return a client for calls that an invocation waits for: the next look is seconds away."""
        return self._botocore.create_client(service, region_name=self.region, config=PROMPT)

    @cached_property
    def _botocore(self) -> Any:
        # botocore rather than boto3: PynamoDB has loaded it already, and a cold start pays for every import. One session for all, because
        # each reads its endpoints anew.
        return botocore.session.get_session()


def from_environment() -> Deployment:
    """Return the deployment that this process belongs to.

    Raises:
        MisconfiguredError: the environment lacks a setting or has a bad one.
    """
    return Deployment(os.environ)
