"""What a reconcile talks to, put together from a session of any kind."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from botocore.config import Config

from fargatecount.adapters.cloudwatch.aws_usage import AwsUsage
from fargatecount.adapters.dynamodb.leases import DynamoLeases
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.dynamodb.refusals import DynamoRefusals
from fargatecount.adapters.ecs.services import EcsServices
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.eks.source import EksSource
from fargatecount.adapters.s3.reports import S3Reports
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.bootstrap.eks import eks_of
from fargatecount.bootstrap.timeouts import ONCE, PATIENT
from fargatecount.clock import Clock
from fargatecount.reconcile.run import Ports
from fargatecount.settings.deployment import UsageSettings
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.timestamps import DAY
from fargatecount.workload import Scope


def reconciling(
    scope: Scope,
    ledger: DynamoLedger,
    create: Callable[..., Any],
    *,
    reports_bucket: str | None,
    terms: UsageSettings,
    clock: Clock,
) -> Ports:
    """Return whom one run of the reconciler talks to; `create` makes the clients of a session, boto3's or botocore's."""

    def client(service: str, config: Config) -> Any:
        return create(service, region_name=scope.region, config=config)

    pace = RateLimiter(clock)
    eks = eks_of(create, scope.region)
    ecs_client = client("ecs", ONCE)
    ecs = EcsApi(ecs_client, scope, pace, clock)
    return Ports(
        scope=scope,
        ledger=ledger,
        leases=DynamoLeases(ledger.items),
        sources=[ecs, EksSource(eks, scope, pace, clock)],
        pace=pace,
        quota_source=ServiceQuotas(client("service-quotas", PATIENT)),
        quota_store=DynamoQuotas(ledger.items),
        services=EcsServices(ecs_client, ecs.ask),
        refusals=DynamoRefusals(ledger.items),
        witness=AwsUsage(client("cloudwatch", PATIENT)),
        reports=S3Reports(client("s3", PATIENT), reports_bucket) if reports_bucket else None,
        clock=clock,
        limits=terms.limits,
        prices=terms.prices,
        retire_after=terms.retire_days * DAY,
    )
