"""The ECS API for the reconciler: clusters, their statistics, and complete snapshots of their Fargate tasks.

Stopping tasks hold capacity and are missing from the default list, so both lists are read. A task of the ledger that neither list has is
described by id, which distinguishes a stopped task from one that AWS does not know.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, TypeVar

from fargatecount.adapters.ecs.owners import ServiceOwners
from fargatecount.adapters.sessions import aws_errors
from fargatecount.clock import Clock
from fargatecount.ecs.task import family_of, last_change, parse_description
from fargatecount.ecs.transition import task_transition
from fargatecount.errors import UnavailableError
from fargatecount.ledger.row import Row
from fargatecount.sources.rate_limiter import RateLimiter
from fargatecount.sources.snapshot import Snapshot, Statistics
from fargatecount.workload import Cluster, Kind, Millis, Observation, Phase, Scope, Transition

T = TypeVar("T")

PAGE = 100
"""Maximum of clusters or tasks in one Describe call, and of ids on a page of a list
(https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeTasks.html)."""
RECONCILER = (
    "allow ecs:{} here to the role of function reconcile (or to the caller of fargatecount reconcile): the deployed policy does, "
    "so check for a boundary, an SCP, or a changed policy"
)
"""The remedy where the deployed function is refused a call, although its template grants it."""


class EcsApi:
    """ECS in one account and Region. Every method raises DeniedError or UnavailableError where AWS refused or did not answer.

    `remedy` is the remedy of a refusal, with `{}` for the call.
    """

    kind = Kind.ECS

    def __init__(
        self,
        client: Any,
        scope: Scope,
        rate_limiter: RateLimiter,
        clock: Clock,
        *,
        remedy: str = RECONCILER,
        owner_tag: str = "",
        owners: ServiceOwners | None = None,
    ) -> None:
        self._client = client
        self._scope = scope
        self._rate_limiter = rate_limiter
        self._clock = clock
        self._remedy = remedy
        self._owner_tag = owner_tag
        self._owners = owners or ServiceOwners(owner_tag)
        self._arns: dict[Cluster, str] = {}
        """ARNs as AWS itself wrote them: right in a partition that is younger than `PARTITIONS`."""

    def clusters(self) -> Sequence[Cluster]:
        """Return the active clusters."""
        arns = self._pages("ListClusters", self._client.list_clusters, "clusterArns", maxResults=PAGE)
        self._arns = {Cluster(self._scope, Kind.ECS, arn.rpartition("/")[2]): arn for arn in arns}
        return list(self._arns)

    def candidates(self) -> Sequence[Cluster]:
        """Return the active clusters: every ECS cluster can hold Fargate tasks."""
        return self.clusters()

    def may_hold(self, cluster: Cluster) -> bool:
        """Return whether a cluster can hold Fargate tasks: every ECS cluster can."""
        return cluster.kind is Kind.ECS

    def statistics(self, clusters: Sequence[Cluster]) -> Mapping[Cluster, Statistics]:
        """Return AWS's own numbers of each cluster, or that it is deleted; a cluster that the answer lacks is left out."""
        found: dict[Cluster, Statistics] = {}
        by_arn = {self.arn_of(cluster): cluster for cluster in clusters}
        for chunk in _chunks(list(by_arn)):
            answer = self.ask("DescribeClusters", self._client.describe_clusters, clusters=chunk, include=["STATISTICS"])
            for described in answer["clusters"]:
                cluster = by_arn.get(described["clusterArn"])
                if cluster is not None:
                    found[cluster] = Statistics(deleted=True) if described.get("status") == "INACTIVE" else _statistics(described)
            for failure in answer.get("failures", ()):
                if failure.get("reason") == "MISSING" and failure.get("arn") in by_arn:
                    found[by_arn[failure["arn"]]] = Statistics(deleted=True)
        return found

    def snapshot(self, cluster: Cluster, rows: Mapping[str, Row]) -> Snapshot:
        """Return all Fargate tasks of a cluster; `rows` are the ledger's, read before."""
        requested_at = self._clock.now()
        listed = {status: self._task_ids(cluster, status) for status in ("RUNNING", "STOPPED")}
        living = {workload_id for workload_id, row in rows.items() if row.phase is not Phase.GONE}
        tombstones = {workload_id for workload_id, row in rows.items() if row.phase is Phase.GONE and self._is_whole(row)}
        wanted = listed["RUNNING"] | (listed["STOPPED"] - tombstones) | living
        observations: list[Observation] = []
        missing: set[str] = set()
        changed_at: dict[str, Millis] = {}
        families: dict[str, str] = {}
        transitions: dict[str, Transition] = {}
        for chunk in _chunks(sorted(wanted)):
            with_tags = {"include": ["TAGS"]} if self._owner_tag else {}
            answer = self.ask("DescribeTasks", self._client.describe_tasks, cluster=self.arn_of(cluster), tasks=chunk, **with_tags)
            for task in answer["tasks"]:
                seen = parse_description(task if not with_tags else {"tags": [], **task}, requested_at, owner_tag=self._owner_tag)
                if seen is None:
                    continue
                observations.append(seen)
                change = last_change(task)
                if change is not None:
                    changed_at[seen.workload_id] = change
                transition = task_transition(task)
                if transition is not None:
                    transitions[seen.workload_id] = transition
                family = family_of(task)
                if family is not None:
                    families[seen.workload_id] = family
            missing.update(_missing(answer.get("failures", ()), cluster))
        if self._owner_tag:
            observations = self._owners.filled(observations, cluster, partial(self._services, cluster), requested_at)
        return Snapshot(
            cluster=cluster,
            requested_at=requested_at,
            observations=observations,
            missing=missing,
            changed_at=changed_at,
            families=families,
            transitions=transitions,
        )

    def _services(self, cluster: Cluster, names: Sequence[str]) -> dict[str, Any]:
        ask: Callable[..., dict[str, Any]] = self._client.describe_services
        return self.ask("DescribeServices", ask, cluster=self.arn_of(cluster), services=list(names), include=["TAGS"])

    def _is_whole(self, tombstone: Row) -> bool:
        """Return whether a tombstone has all that history needs; ECS describes a stopped task for an hour, and fills in the rest."""
        facts = tombstone.facts
        ended = not tombstone.inferred and tombstone.alive_at is None and facts.stopped_at is not None
        return ended and facts.cpu is not None and (facts.owner is not None or not self._owner_tag)

    def arn_of(self, cluster: Cluster) -> str:
        """Return a cluster's ARN as AWS wrote it when the clusters were listed, else by the partition of its Region."""
        return self._arns.get(cluster, cluster.arn)

    def _task_ids(self, cluster: Cluster, status: str) -> set[str]:
        arns = self._pages(
            "ListTasks",
            self._client.list_tasks,
            "taskArns",
            cluster=self.arn_of(cluster),
            desiredStatus=status,
            launchType="FARGATE",
            maxResults=PAGE,
        )
        return {arn.rpartition("/")[2] for arn in arns}

    def _pages(self, name: str, ask: Callable[..., Any], key: str, **arguments: Any) -> list[str]:
        found: list[str] = []
        token: dict[str, str] = {}
        while True:
            answer = self.ask(name, ask, **arguments, **token)
            found.extend(answer[key])
            if not answer.get("nextToken"):
                return found
            token = {"nextToken": answer["nextToken"]}

    def ask(self, name: str, ask: Callable[..., T], **arguments: Any) -> T:
        """Call AWS within the run's rate; raises ThrottledError, DeadlineExceededError, DeniedError or UnavailableError."""

        def once() -> T:
            where = f"{name} {arguments.get('cluster', '')}".rstrip()
            with aws_errors(where, remedy=self._remedy.format(name), action=f"ecs:{name}"):
                return ask(**arguments)

        return self._rate_limiter.call(name, once)


def _statistics(described: dict[str, Any]) -> Statistics:
    # A cluster without Fargate tasks has none; values are text; the case of the first letter differs between AWS's own pages.
    values = {entry["name"].lower(): int(entry["value"]) for entry in described.get("statistics", ())}
    return Statistics(running=values.get("runningfargatetaskscount", 0), pending=values.get("pendingfargatetaskscount", 0))


def _missing(failures: Iterable[dict[str, Any]], cluster: Cluster) -> set[str]:
    """Return the ids that AWS does not know; any other failure makes the snapshot incomplete."""
    missing = set()
    for failure in failures:
        if failure.get("reason") != "MISSING":
            raise UnavailableError(
                f"DescribeTasks {cluster.arn}: {failure.get('arn')}: {failure.get('reason')} {failure.get('detail') or ''}".rstrip()
            )
        missing.add(failure["arn"].rpartition("/")[2])
    return missing


def _chunks(values: Sequence[str]) -> Iterable[list[str]]:
    return (list(values[start : start + PAGE]) for start in range(0, len(values), PAGE))
