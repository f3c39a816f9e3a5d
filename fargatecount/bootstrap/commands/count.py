"""Bootstrap of `fargatecount count`: every account and Region that its profiles, roles and Regions lead to, and the clients for each.

There is no deployment, so no table, and no import of PynamoDB: you wait for every import.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import Any

from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics
from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.eks.source import Advice, EksSource
from fargatecount.adapters.eks.token import sts_client
from fargatecount.adapters.endpoints import check_endpoints, check_local_endpoint
from fargatecount.adapters.regions import check_region, doubt, enabled_regions
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.adapters.sessions import aws_errors, open_core_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.timeouts import ONCE, PATIENT
from fargatecount.clock import Clock
from fargatecount.count.advice import EKS_PRIVATE, ecs_refused, eks_refused, principal_of
from fargatecount.count.scan import Progress, ScanSource, scan
from fargatecount.count.summary import ScopeCount
from fargatecount.errors import DeniedError, FargatecountError, UnavailableError
from fargatecount.metrics.sink import Sink
from fargatecount.settings.owners import OwnerKeys
from fargatecount.sources.rate_limiter import AWS_BURST, AWS_RATE, RateLimiter
from fargatecount.workload import Cluster, Scope

ANYWHERE = "us-east-1"
"""The Region that lists the account's Regions if no other is set: it is enabled in every account of the partition `aws`."""
MARGIN = 0.95
"""The part of the account's bucket that a count may use while AWS throttles nothing. The rest, five calls and then one a second, is for
what else asks meanwhile; after `EARLY_CALLS`, eleven seconds at most, half of the rate is left to others again."""
BURST_SECONDS = 5
"""Seconds of unused rate that a count may spend at once: ECS saves up the same (100 calls at 20 a second)."""


class CountTarget:
    """One scope, and the identity that reaches it."""

    def __init__(self, identity: Identity, scope: Scope, rate: float, owners: OwnerKeys) -> None:
        self.scope = scope
        self._owners = owners
        self._identity = identity
        self._rate = rate

    def count(self, clock: Clock, *, select: Callable[[Cluster], bool] | None, progress: Progress, quick: bool) -> ScopeCount:
        """Count the scope. A refusal or a missing answer of AWS is part of the result, and raises nothing."""
        region, caller = self.scope.region, self._identity.caller
        create = self._identity.client
        advice = Advice(private=EKS_PRIVATE, refused=eks_refused(self._identity.principal))
        eks = EksApi(create("eks", region_name=region, config=ONCE), sts_client(create, region))
        sources: list[ScanSource] = [
            EcsApi(
                create("ecs", region_name=region, config=ONCE),
                self.scope,
                pace(clock, self._rate, progress),
                clock,
                remedy=ecs_refused(caller),
                owner_tag=self._owners.tag,
            ),
            EksSource(eks, self.scope, pace(clock, self._rate, progress), clock, advice=advice, owner_label=self._owners.label),
        ]
        quotas = None if quick else ServiceQuotas(create("service-quotas", region_name=region, config=PATIENT))
        return scan(self.scope, sources, quotas, clock, select=select, progress=progress, quick=quick)

    def sink(self, namespace: str, prefix: str) -> Sink:
        """Return the sink of the scope's metrics."""
        client = self._identity.client("cloudwatch", region_name=self.scope.region, config=PATIENT)
        return CloudWatchMetrics(client, namespace=namespace, prefix=prefix)

    def doubt(self) -> str | None:
        """Return what is wrong with the Region's name; None if nothing is."""
        return self._identity.doubt(self.scope.region)


def pace(clock: Clock, rate: float, progress: Progress) -> RateLimiter:
    """Return the pace of a count: nearly all of the account's bucket at first, then `rate` calls a second, fewer after a throttle."""
    if rate > AWS_RATE:  # the user knows better
        return RateLimiter(clock, rate=rate, burst=round(rate * BURST_SECONDS), waiting=progress.waits)
    early = max(min(2 * rate, AWS_RATE) * MARGIN, rate)
    burst = max(round(min(2 * rate * BURST_SECONDS, AWS_BURST) * MARGIN), 1)
    return RateLimiter(clock, rate=rate, burst=burst, early_rate=early, waiting=progress.waits)


class Identity:
    """One set of credentials, and the account and caller that they belong to."""

    def __init__(self, session: Any, *, role_arn: str | None) -> None:
        self._session = session
        self._role_arn = role_arn
        self._making = threading.Lock()
        self.account = ""
        self.caller = ""

    @property
    def region(self) -> str:
        """The Region of its profile or environment."""
        return str(self._session.get_config_variable("region"))

    @property
    def principal(self) -> str:
        """The IAM ARN by which EKS identifies it."""
        return principal_of(self.caller, self._role_arn)

    def client(self, service: str, **options: Any) -> Any:
        """Return a client; a botocore session must not create two at a time."""
        with self._making:
            return self._session.create_client(service, **options)

    def identify(self, regions: Iterable[str]) -> None:
        """Read account and caller from the first of the Regions that answers.

        Raises:
            DeniedError: the credentials are not valid.
            UnavailableError: no Region answered.
        """
        error: FargatecountError | None = None
        for region in regions:
            try:
                with aws_errors(f"asking in {region} who we are"):
                    caller = self.client("sts", region_name=region, config=PATIENT).get_caller_identity()
            except UnavailableError as no_answer:
                error = error or UnavailableError(str(no_answer), remedy=self.doubt(region) or no_answer.remedy)
            else:
                self.account, self.caller = caller["Account"], caller["Arn"]
                return
        assert error is not None, "there is at least one Region"
        raise error

    def doubt(self, region: str) -> str | None:
        """Return what is wrong with a Region's name; None if nothing is."""
        return doubt(self._session, region)

    def regions(self) -> list[str]:
        """Return the Regions that are enabled in its account; raises DeniedError or UnavailableError."""
        return enabled_regions(self.client("ec2", region_name=self.region, config=PATIENT))


class CountTargets:
    """All scopes of one run of the command, and those whose credentials failed."""

    def __init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.targets: list[CountTarget] = []
        self.refused: list[tuple[Scope, FargatecountError]] = []
        """Scopes whose credentials failed; the account is empty where it is not known."""
        self.duplicates: list[Scope] = []
        """Scopes that more than one profile or role leads to: each is counted once."""

    def add(self, target: CountTarget) -> None:
        """Add a target unless its scope is there already."""
        if any(target.scope == known.scope for known in self.targets):
            self.duplicates.append(target.scope)
        else:
            self.targets.append(target)


def count_targets(
    *, regions: Sequence[str], all_regions: bool, profiles: Sequence[str], role_arns: Sequence[str], rate: float, owners: OwnerKeys
) -> CountTargets:
    """Return what to count: every profile and role in every Region.

    Raises:
        MisconfiguredError: a profile or a Region does not exist, or no Region is set.
        DeniedError, UnavailableError: there is only one identity, and it could not be used.
    """
    check_endpoints(os.environ)
    check_local_endpoint(os.environ)
    found = CountTargets()
    names: Sequence[str | None] = profiles or [None]
    roles: Sequence[str | None] = role_arns or [None]
    pairs = list(product(names, roles))
    # boto3 reads AWS_DEFAULT_REGION only: see `connection.connect`.
    first = regions[0] if regions else os.environ.get("AWS_REGION")
    for profile, role in pairs:
        try:
            session = open_core_session(region=first, profile=profile, role_arn=role, else_region=ANYWHERE if all_regions else None)
            identity = Identity(session, role_arn=role)
            for region in regions or [identity.region]:
                check_region(session, region, os.environ)
            identity.identify(regions or [identity.region])
            wanted = identity.regions() if all_regions else regions or [identity.region]
        except (DeniedError, UnavailableError) as error:
            if len(pairs) == 1:
                raise
            account = role.split(":")[4] if role and role.count(":") > 4 else ""  # noqa: PLR2004 - arn:partition:iam::account:role/…
            found.refused += [(Scope(account, region), error) for region in regions or [first or ""]]
            continue
        for region in dict.fromkeys(wanted):
            found.add(CountTarget(identity, Scope(identity.account, region), rate, owners))
    return found
