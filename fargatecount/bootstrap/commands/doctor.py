"""Bootstrap of `fargatecount doctor`: each check reads one thing from AWS and passes it to the module that judges it.

What several checks need is read once. A read that failed is repeated by the next check that needs it, which reports the failure itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import cached_property

import msgspec

import fargatecount
from fargatecount.adapters.dynamodb.forwarded import DynamoForwardState
from fargatecount.adapters.dynamodb.ledger import DynamoLedger
from fargatecount.adapters.dynamodb.mutes import DynamoMutes
from fargatecount.adapters.dynamodb.published import DynamoPublishState
from fargatecount.adapters.dynamodb.quotas import DynamoQuotas
from fargatecount.adapters.eks.api import EksApi, EksCluster
from fargatecount.adapters.identity import who
from fargatecount.adapters.kubernetes.pods import list_pods
from fargatecount.adapters.permission_probes import probes
from fargatecount.adapters.sqs.usage_failures import undelivered
from fargatecount.bootstrap.commands.connection import Connection
from fargatecount.bootstrap.commands.dead_letters import DeadLetterPorts
from fargatecount.bootstrap.commands.report import report_store
from fargatecount.bootstrap.eks import eks_api
from fargatecount.doctor import access, counting, install, pods
from fargatecount.doctor.findings import Check, DoctorTarget, Finding
from fargatecount.doctor.hub import HubWay, of_hub
from fargatecount.doctor.pods import ClusterPods
from fargatecount.eks.profiles import Profile
from fargatecount.errors import FargatecountError
from fargatecount.ingest.replay import Selection, list_letters
from fargatecount.ledger.clusters import ClusterState, judge, undiscovered
from fargatecount.quotas.limits import limit_standings
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.timestamps import MINUTE
from fargatecount.usage.hanging import MOVING
from fargatecount.usage.status import hanging_now, held_rows, scope_usage, with_mutes, with_quotas
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Kind, Scope

LETTERS = 200
"""Dead letters read from each queue: enough to see the reasons, and it takes two seconds."""
LATEST = 3_600_000
"""Milliseconds. An older report does not describe the present."""

Select = Callable[[Cluster], bool]


class Examination:
    """The checks of one deployment; `select` limits those of clusters."""

    def __init__(self, connection: Connection, place: DoctorTarget, select: Select) -> None:
        self._connection = connection
        self._place = place
        self._select = select
        self._clock = connection.clock

    def known_clusters(self) -> list[Cluster]:
        """Return the clusters of the ledger; raises FargatecountError where it cannot be read."""
        return [state.cluster for state in self._states]

    def checks(self) -> list[Check]:
        """Return all checks, in the order in which they read best."""
        return [
            Check("credentials", self._credentials, essential=True),
            Check("clock", lambda: install.of_clock(self._caller)),
            Check("stack", lambda: install.of_stack(self._connection.outputs(), fargatecount.__version__, self._place)),
            Check("permissions", self._permissions),
            Check("listing", self._listing),
            Check("functions", self._functions),
            Check("publisher", self._publisher),
            Check("hub", self._hub),
            Check("clusters", self._clusters),
            Check("watchers", self._watchers),
            Check("quotas", lambda: counting.of_quotas(self._usage, self._connection.levels.thresholds, self._place)),
            Check("mutes", self._mutes),
            Check("hanging", self._hanging),
            Check("dead letters", self._dead_letters),
            Check("pods", self._pods),
            Check("bill", self._bill),
        ]

    @cached_property
    def _caller(self) -> install.Caller:
        return who(self._connection.client("sts"), self._clock)

    @cached_property
    def _scope(self) -> Scope:
        return Scope(self._caller.account, self._place.region)

    @cached_property
    def _ledger(self) -> DynamoLedger:
        return self._connection.ledger()

    @cached_property
    def _states(self) -> Sequence[ClusterState]:
        return self._ledger.clusters(self._scope)

    @property
    def _selected(self) -> list[ClusterState]:
        return [state for state in self._states if self._select(state.cluster)]

    @cached_property
    def _usage(self) -> ScopeUsage:
        now = self._clock.now()
        return with_quotas(scope_usage(self._ledger, self._scope, now), DynamoQuotas(self._ledger.items), now)

    def _credentials(self) -> Iterator[Finding]:
        return install.of_caller(self._caller, self._place)

    def _permissions(self) -> Iterator[Finding]:
        outputs = self._connection.outputs()
        try:
            known = [state.cluster for state in self._states]
        except FargatecountError:  # the probes of the table will report the refusal
            known = []
        return access.of_probes(probes(self._connection.client, outputs, known, self._scope, self._caller.partition))

    def _listing(self) -> Iterator[Finding]:
        now = self._clock.now()
        return access.of_listing(
            undiscovered(self._ledger.discoveries(self._scope), now), self._latest.problems if self._latest else (), self._place
        )

    def _functions(self) -> Iterator[Finding]:
        now = self._clock.now()
        refused = [(state.cluster.key, judge(state, now).denied_action) for state in self._states]
        refused += [(f"quota {quota.capacity}", quota.denied_action) for quota in self._usage.quotas or ()]
        refused += [("the latest report", action) for action in (self._latest.denied_actions if self._latest else ())]
        denied: dict[str, list[str]] = {}
        for name, action in refused:
            if action:
                denied.setdefault(action, []).append(name)
        return access.of_functions(denied, self._connection.outputs().get("ReconcileRoleArn", "ROLE"), self._place)

    @cached_property
    def _latest(self) -> ReconcileDocument | None:
        """Return the latest report; None where none can be read, which the check of permissions reports."""
        try:
            store = report_store(self._connection)
            ids = store.ids(self._scope, self._clock.now() - LATEST)
            return store.read(self._scope, ids[-1]) if ids else None
        except FargatecountError:
            return None

    def _publisher(self) -> Iterator[Finding]:
        published_at = DynamoPublishState(self._ledger.items).last(self._scope).at
        return counting.of_publisher(published_at, self._clock.now(), self._place)

    def _hub(self) -> Iterator[Finding]:
        outputs = self._connection.outputs()
        bus, url = outputs.get("HubBusArn", ""), outputs.get("UsageFailuresUrl", "")
        sent_at = DynamoForwardState(self._ledger.items).last(self._scope).at if bus else 0
        number, code, message = undelivered(self._connection.client("sqs"), url) if url else (None, "", "")
        way = HubWay(bus=bus, sent_at=sent_at, undelivered=number, code=code, message=message)
        return of_hub(way, self._clock.now(), self._place)

    def _clusters(self) -> Iterator[Finding]:
        return counting.of_clusters(self._selected, len(self._states), self._clock.now(), self._place)

    def _watchers(self) -> Iterator[Finding]:
        return counting.of_watchers(self._selected, self._clock.now(), fargatecount.__version__)

    def _mutes(self) -> Iterator[Finding]:
        return counting.of_mutes(with_mutes(self._usage, DynamoMutes(self._ledger.items), self._clock.now()).muted, self._place)

    def _hanging(self) -> Iterator[Finding]:
        chosen = [each for each in self._usage.clusters if self._select(each.cluster)]
        usage = msgspec.structs.replace(self._usage, clusters=chosen)
        after = self._connection.terms.hanging_minutes * MINUTE
        return counting.of_hanging(hanging_now(usage, held_rows(self._ledger, usage, MOVING), self._clock.now(), after=after))

    def _dead_letters(self) -> Iterator[Finding]:
        letters, complete = list_letters(DeadLetterPorts(self._connection).queues(), Selection(), limit=LETTERS)
        return counting.of_letters(letters, complete=complete, place=self._place)

    def _pods(self) -> Iterator[Finding]:
        eks = eks_api(self._connection.create_client, self._connection.region)
        for name in eks.names():
            if self._select(Cluster(self._scope, Kind.EKS, name)):
                try:
                    profiles = eks.profiles(name)
                    cluster = eks.describe(name) if profiles else None
                except FargatecountError as error:
                    yield pods.unseen(name, error)
                    continue
                if cluster is not None:
                    yield from pods.of_pods(_cluster_pods(eks, cluster, profiles), self._caller.arn, self._place)

    def _bill(self) -> Iterator[Finding]:
        limits = self._connection.terms.limits
        known = {each.cluster: each.held for each in self._usage.clusters if each.counts is not None}
        limited = len({each.cluster for each in limit_standings(limits, known) if each.cluster is not None})
        return install.of_bill(self._connection.outputs(), limits, len(self._states), limited, self._place)


def _cluster_pods(eks: EksApi, cluster: EksCluster, profiles: Sequence[Profile]) -> ClusterPods:
    try:
        return ClusterPods(name=cluster.name, profiles=profiles, pods=list_pods(eks.connection(cluster)).pods)
    except FargatecountError as error:
        return ClusterPods(name=cluster.name, profiles=profiles, pods=None, why_not=error)


def examination(connection: Connection, *, profile: str | None, select: Select) -> Examination:
    """Return the examination of a deployment."""
    prefix = connection.function_prefix  # it finds the stack of a StackSet, whose name only AWS knows
    target = DoctorTarget(stack=connection.stack, stage=connection.stage, region=connection.region, profile=profile, function_prefix=prefix)
    return Examination(connection, target, select)
