"""Bootstrap of `fargatecount count --organization`: the accounts of the organization, and the role in each of them."""

from __future__ import annotations

import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from fargatecount.adapters.census_file import CensusFile, CensusHead
from fargatecount.adapters.endpoints import check_endpoints, check_local_endpoint
from fargatecount.adapters.organizations import Organizations
from fargatecount.adapters.price_cache import cache_file
from fargatecount.adapters.regions import check_region
from fargatecount.adapters.sessions import assumed_session, open_core_session
from fargatecount.adapters.system_clock import SystemClock
from fargatecount.bootstrap.commands.count import ANYWHERE, CountTarget, Identity
from fargatecount.bootstrap.timeouts import PATIENT
from fargatecount.census.take import OpenAccount
from fargatecount.clock import Clock
from fargatecount.count.groups import By, group_documents, groups
from fargatecount.count.scan import Progress
from fargatecount.count.summary import usage_of
from fargatecount.organization.accounts import OrganizationAccount
from fargatecount.organization.selection import ScopeSelection
from fargatecount.settings.owners import OwnerKeys
from fargatecount.timestamps import to_iso
from fargatecount.usage.document import ScopeDocument, scope_document
from fargatecount.usage.prices import PriceSettings
from fargatecount.workload import Scope

REMEDY = "deploy infra/census-role.yml there with PrincipalArn {principal} and the ExternalId of --external-id; docs/organization.md"


@dataclass(frozen=True, kw_only=True)
class CensusOptions:
    """How a census looks into an account."""

    role_name: str
    external_id: str
    rate: float
    """Calls a second to ECS, and as many to EKS, in each account and Region."""
    by: str | None
    """What the groups are by; None with `quick`."""
    quick: bool
    prices: PriceSettings
    owners: OwnerKeys


class CensusAccounts:
    """The way into every account: by the role, and into the caller's own with its own credentials."""

    def __init__(self, session: Any, own: Identity, options: CensusOptions, clock: Clock, progress: Progress) -> None:
        self._session = session
        self._own = own
        self._options = options
        self._clock = clock
        self._progress = progress
        self._sts = own.client("sts", config=PATIENT)
        self._opening = threading.Lock()

    def enter(self, account: OrganizationAccount) -> OpenAccount:
        """Assume the role of the census in an account; raises DeniedError or UnavailableError."""
        if account.id == self._own.account:
            return CensusAccount(self._own, self._options, self._clock, self._progress)
        partition = self._own.caller.split(":")[1]
        role_arn = f"arn:{partition}:iam::{account.id}:role/{self._options.role_name}"
        remedy = REMEDY.format(principal=self._own.principal)
        session = assumed_session(self._session, self._sts, role_arn, external_id=self._options.external_id, remedy=remedy)
        identity = Identity(session, role_arn=role_arn)
        identity.account, identity.caller = account.id, role_arn
        return CensusAccount(identity, self._options, self._clock, self._progress)


class CensusAccount:
    """One account."""

    def __init__(self, identity: Identity, options: CensusOptions, clock: Clock, progress: Progress) -> None:
        self._identity = identity
        self._options = options
        self._clock = clock
        self._progress = progress

    def regions(self) -> Sequence[str]:
        """Return its Regions; raises DeniedError or UnavailableError."""
        return self._identity.regions()

    def count(self, region: str) -> ScopeDocument:
        """Count a Region, as `count` does."""
        options, now = self._options, self._clock.now()
        target = CountTarget(self._identity, Scope(self._identity.account, region), options.rate, options.owners)
        found = target.count(self._clock, select=None, progress=self._progress, quick=options.quick)
        document = scope_document(usage_of(found, options.prices))
        of_scope = None if options.by is None else group_documents(groups(found.clusters, By(options.by), options.prices), found.quotas)
        return msgspec.structs.replace(document, by=options.by, groups=of_scope, counted_at=to_iso(now))


class CensusCaller:
    """Who takes the census."""

    def __init__(self, *, region: str | None, profile: str | None, role_arn: str | None, regions: Sequence[str]) -> None:
        """Identify the caller.

        Raises:
            MisconfiguredError: the profile or a Region does not exist. DeniedError, UnavailableError: AWS refused or did not answer.
        """
        check_endpoints(os.environ)
        check_local_endpoint(os.environ)
        self.clock: Clock = SystemClock()
        self._session = open_core_session(
            region=region or os.environ.get("AWS_REGION"), profile=profile, role_arn=role_arn, else_region=ANYWHERE
        )
        for name in regions:
            check_region(self._session, name, os.environ)
        self.identity = Identity(self._session, role_arn=role_arn)
        self.identity.identify([self.identity.region])

    def accounts(self) -> Sequence[OrganizationAccount]:
        """Return the accounts of the organization; raises DeniedError or UnavailableError."""
        return Organizations(self.identity.client("organizations", config=PATIENT)).accounts()

    def way(self, options: CensusOptions, progress: Progress) -> CensusAccounts:
        """Return the way into the accounts."""
        return CensusAccounts(self._session, self.identity, options, self.clock, progress)

    def file(self, named: Path | None, options: CensusOptions, selection: ScopeSelection) -> CensusFile:
        """Return where counted scopes are kept: the named file, else one for this census in the user's cache directory."""
        head = CensusHead(
            caller=self.identity.account,
            role=options.role_name,
            by=options.by,
            owners=(options.owners.tag, options.owners.label) if options.owners else None,
            accounts=selection.accounts,
            units=selection.units,
            regions=selection.regions,
        )
        path = named or cache_file(os.environ).with_name(f"census-{head.caller}-{head.digest}.jsonl")
        return CensusFile(path, head, self.clock.now())
