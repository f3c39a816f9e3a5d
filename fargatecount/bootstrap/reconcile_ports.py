"""The ports of a reconciler run, built from any AWS session; the function and the command share them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.config import Config

from fargatecount.adapters.cloudwatch.aws_usage import AwsUsage
from fargatecount.adapters.cloudwatch.loads import CloudWatchLoads
from fargatecount.adapters.dynamodb.drift_log import DynamoDriftLog
from fargatecount.adapters.dynamodb.launches import DynamoLaunchQuotas
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.prices import DynamoPrices
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.ecs.owners import ServiceOwners
from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.eks.source import EksSource
from fargatecount.adapters.price_list_api import PriceListApi
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.bootstrap.eks import eks_api
from fargatecount.bootstrap.timeouts import ONCE, PATIENT
from fargatecount.clock import Clock
from fargatecount.reconcile.ports import Ports
from fargatecount.settings.deployment import HistorySettings, UsageSettings
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.timestamps import DAY, MINUTE
from fargatecount.usage.price_refresh import PriceRefresh
from fargatecount.workload import Scope


def reconcile_ports(
    scope: Scope,
    ledger: DynamoLedger,
    create: Callable[..., Any],
    *,
    reports_bucket: str | None,
    terms: UsageSettings,
    clock: Clock,
    history: HistorySettings | None = None,
    owners: ServiceOwners | None = None,
    has_hub: bool = False,
) -> Ports:
    """Build the ports of one reconciler run; `create` is the session's client factory, boto3's or botocore's.

    Without a bucket the report is not kept, and without a hub the drift of the day is not. `owners` are what an earlier run of the same
    process has read of services.
    """

    def client(service: str, config: Config) -> Any:
        return create(service, region_name=scope.region, config=config)

    rate_limiter = RateLimiter(clock)
    eks = eks_api(create, scope.region)
    ecs_client = client("ecs", ONCE)
    cloudwatch = client("cloudwatch", PATIENT)
    history = history or HistorySettings()
    ecs = EcsApi(ecs_client, scope, rate_limiter, clock, owner_tag=history.owner_tag, owners=owners)
    service_quotas = ServiceQuotas(client("service-quotas", PATIENT))
    return Ports(
        scope=scope,
        ledger=ledger,
        leases=DynamoLeases(ledger.items),
        sources=[ecs, EksSource(eks, scope, rate_limiter, clock, owner_label=history.owner_label)],
        pace=rate_limiter,
        quota_source=service_quotas,
        quota_store=DynamoQuotas(ledger.items),
        services=EcsServices(ecs_client, ecs.ask, ecs.arn_of),
        refusals=DynamoRefusals(ledger.items),
        witness=AwsUsage(cloudwatch),
        loads=CloudWatchLoads(cloudwatch),
        reports=S3Reports(client("s3", PATIENT), reports_bucket) if reports_bucket else None,
        clock=clock,
        drift=DynamoDriftLog(ledger.items) if has_hub else None,
        limits=terms.limits,
        prices=terms.prices,
        price_refresh=_price_refresh(ledger, create) if terms.prices_refresh else None,
        retire_after=terms.retire_days * DAY,
        launch_source=service_quotas,
        launch_store=DynamoLaunchQuotas(ledger.items),
        hanging_after=terms.hanging_minutes * MINUTE,
    )


def _price_refresh(ledger: DynamoLedger, create: Callable[..., Any]) -> PriceRefresh:
    # One attempt: a function without a way to us-east-1 waits for it once a day, and not for four times the timeout.
    return PriceRefresh(PriceListApi(lambda region: create("pricing", region_name=region, config=ONCE)), DynamoPrices(ledger.items))
