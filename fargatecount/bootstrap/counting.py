"""What `fargatecount count` looks at: every account and Region that its profiles, roles and Regions lead to, and the way into each.

No deployment, so no table and nothing of PynamoDB: a person waits for every import.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable, Sequence
from itertools import product
from typing import TYPE_CHECKING, Any

from fargatecount.adapters.ecs.source import EcsApi
from fargatecount.adapters.eks.api import EksApi
from fargatecount.adapters.eks.source import Advice, EksSource
from fargatecount.adapters.eks.token import sts_client
from fargatecount.adapters.regions import doubt, enabled_regions
from fargatecount.adapters.service_quotas import ServiceQuotas
from fargatecount.adapters.sessions import aws_errors, open_core_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.timeouts import ONCE, PATIENT
from fargatecount.clock import Clock
from fargatecount.count.advice import EKS_PRIVATE, ecs_refused, eks_refused, principal_of
from fargatecount.count.scan import Progress, ScanSource, scan
from fargatecount.count.summary import ScopeCount
from fargatecount.errors import DeniedError, FargatecountError, UnavailableError
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.workload import Cluster, Scope

if TYPE_CHECKING:
    from fargatecount.metrics.publish import Sink

ANYWHERE = "us-east-1"
"""Where it is asked which Regions there are, if nothing says where else: every account has this one."""
BURST_SECONDS = 5
"""For how many seconds' worth of calls a look may begin with: ECS saves up the same (100 calls at 20 a second)."""


class CountTarget:
    """One scope, and how it is reached."""

    def __init__(self, identity: Identity, scope: Scope, rate: float) -> None:
        self.scope = scope
        self._identity = identity
        self._rate = rate

    def look(self, clock: Clock, *, select: Callable[[Cluster], bool] | None, progress: Progress, quick: bool) -> ScopeCount:
        """Look at it; raises nothing because of what AWS answers or does not."""
        region, caller = self.scope.region, self._identity.caller
        create = self._identity.client
        advice = Advice(private=EKS_PRIVATE, refused=eks_refused(self._identity.principal))
        eks = EksApi(create("eks", region_name=region, config=ONCE), sts_client(create, region))
        sources: list[ScanSource] = [
            EcsApi(create("ecs", region_name=region, config=ONCE), self.scope, self._pace(clock), clock, remedy=ecs_refused(caller)),
            EksSource(eks, self.scope, self._pace(clock), clock, advice=advice),
        ]
        quotas = None if quick else ServiceQuotas(create("service-quotas", region_name=region, config=PATIENT))
        return scan(self.scope, sources, quotas, clock, select=select, progress=progress, quick=quick)

    def sink(self, namespace: str, prefix: str) -> Sink:
        """Return where its metrics go."""
        from fargatecount.adapters.cloudwatch.metrics import CloudWatchMetrics  # noqa: PLC0415 - few looks are published

        client = self._identity.client("cloudwatch", region_name=self.scope.region, config=PATIENT)
        return CloudWatchMetrics(client, namespace=namespace, prefix=prefix)

    def doubt(self) -> str | None:
        """Return what is odd about the Region's name, if anything is."""
        return self._identity.doubt(self.scope.region)

    def _pace(self, clock: Clock) -> RateLimiter:
        return RateLimiter(clock, rate=self._rate, burst=max(round(self._rate * BURST_SECONDS), 1))


class Identity:
    """Somebody's credentials, and whose they are."""

    def __init__(self, session: Any, *, role_arn: str | None) -> None:
        self._session = session
        self._role_arn = role_arn
        self._making = threading.Lock()
        self.account = ""
        self.caller = ""

    @property
    def region(self) -> str:
        """The Region that it comes with."""
        return str(self._session.get_config_variable("region"))

    @property
    def principal(self) -> str:
        """The IAM ARN by which EKS knows it."""
        return principal_of(self.caller, self._role_arn)

    def client(self, service: str, **options: Any) -> Any:
        """Return a client; botocore's sessions make one at a time."""
        with self._making:
            return self._session.create_client(service, **options)

    def introduce(self, regions: Iterable[str]) -> None:
        """Find out whose the credentials are, in the first of the Regions that answers.

        Raises:
            DeniedError: they are not valid.
            UnavailableError: nobody answered.
        """
        error: FargatecountError | None = None
        for region in regions:
            try:
                with aws_errors(f"asking in {region} who we are"):
                    told = self.client("sts", region_name=region, config=PATIENT).get_caller_identity()
            except UnavailableError as no_answer:
                error = error or UnavailableError(str(no_answer), remedy=self.doubt(region) or no_answer.remedy)
            else:
                self.account, self.caller = told["Account"], told["Arn"]
                return
        assert error is not None, "there is at least one Region"
        raise error

    def doubt(self, region: str) -> str | None:
        """Return what is odd about a Region's name, if anything is."""
        return doubt(self._session, region)

    def regions(self) -> list[str]:
        """Return the Regions that its account has switched on; raises DeniedError or UnavailableError."""
        return enabled_regions(self.client("ec2", region_name=self.region, config=PATIENT))


class Counting:
    """All places of one call of the command, and those that could not be found out about."""

    def __init__(self) -> None:
        self.clock: Clock = SystemClock()
        self.places: list[CountTarget] = []
        self.refused: list[tuple[Scope, FargatecountError]] = []
        """Scopes whose credentials could not be had; the account is empty where it is not known."""
        self.twice: list[Scope] = []
        """Scopes that more than one profile or role leads to: they are looked at once."""

    def add(self, place: CountTarget) -> None:
        """Add a place, once."""
        if any(place.scope == known.scope for known in self.places):
            self.twice.append(place.scope)
        else:
            self.places.append(place)


def counting(*, regions: Sequence[str], all_regions: bool, profiles: Sequence[str], role_arns: Sequence[str], rate: float) -> Counting:
    """Return what is to be looked at: every profile and role in every Region.

    Raises:
        MisconfiguredError: a profile does not exist, or no Region is set.
        DeniedError, UnavailableError: there is one identity only, and it could not be used.
    """
    found = Counting()
    owners: Sequence[str | None] = profiles or [None]
    roles: Sequence[str | None] = role_arns or [None]
    pairs = list(product(owners, roles))
    # boto3 reads AWS_DEFAULT_REGION only: `connection.connect` says why the other one counts.
    first = regions[0] if regions else os.environ.get("AWS_REGION")
    for profile, role in pairs:
        try:
            session = open_core_session(region=first, profile=profile, role_arn=role, else_region=ANYWHERE if all_regions else None)
            identity = Identity(session, role_arn=role)
            identity.introduce(regions or [identity.region])
            wanted = identity.regions() if all_regions else regions or [identity.region]
        except (DeniedError, UnavailableError) as error:
            if len(pairs) == 1:
                raise
            account = role.split(":")[4] if role and role.count(":") > 4 else ""  # noqa: PLR2004 - arn:partition:iam::account:role/…
            found.refused += [(Scope(account, region), error) for region in regions or [first or ""]]
            continue
        for region in dict.fromkeys(wanted):
            found.add(CountTarget(identity, Scope(identity.account, region), rate))
    return found
