"""The owners of ECS services, by one tag: for tasks that do not carry it themselves.

Services pass their tags on to their tasks only if `propagateTags` says so
(https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-using-tags.html). A call describes ten services, and an answer is good for
an hour, so owners take a small part of the API's rate.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import msgspec

from fargatecount.ecs.text import owner_from
from fargatecount.errors import DeadlineExceededError, FargatecountError
from fargatecount.group import service_name_of
from fargatecount.timestamps import HOUR
from fargatecount.workload import NO_OWNER, Cluster, Millis, Observation

PER_DESCRIBE = 10
"""https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_DescribeServices.html"""
GOOD_FOR: Millis = HOUR
"""How long the tags of a service are believed. They change with an organization, not with a deployment."""


class ServiceOwners:
    """The owners of services as they were last read; one instance outlives many runs."""

    def __init__(self, tag: str) -> None:
        self._tag = tag
        self._known: dict[tuple[Cluster, str], tuple[str, Millis]] = {}

    def filled(
        self, seen: Sequence[Observation], cluster: Cluster, describe: Callable[[Sequence[str]], dict[str, Any]], now: Millis
    ) -> list[Observation]:
        """Return the observations, with the owner of its service for each task that has no tag of its own.

        `describe` returns what DescribeServices says of up to `PER_DESCRIBE` services, with their tags.
        A service that cannot be described leaves the owner of its tasks unknown, and the next run asks again.

        Raises:
            DeadlineExceededError: the run is over.
        """
        lacking = {_service_of(each) for each in seen if each.facts.owner == NO_OWNER} - {""}
        self._read(cluster, sorted(lacking), describe, now)
        return [self._with_owner(each, cluster) for each in seen]

    def _read(self, cluster: Cluster, names: Iterable[str], describe: Callable[[Sequence[str]], dict[str, Any]], now: Millis) -> None:
        old = (NO_OWNER, -GOOD_FOR)
        wanted = [name for name in names if now - self._known.get((cluster, name), old)[1] >= GOOD_FOR]
        for name in wanted:
            self._known.pop((cluster, name), None)
        for start in range(0, len(wanted), PER_DESCRIBE):
            chunk = wanted[start : start + PER_DESCRIBE]
            try:
                answer = describe(chunk)
            except DeadlineExceededError:
                raise
            except FargatecountError:
                return
            for described in answer["services"]:
                owner = owner_from(described.get("tags"), self._tag) or NO_OWNER
                self._known[cluster, described["serviceName"]] = (owner, now)
            for failure in answer.get("failures", ()):
                # A service that was deleted has no tags any more, and its last tasks none of their own.
                self._known[cluster, str(failure.get("arn", "")).rpartition("/")[2]] = (NO_OWNER, now)

    def _with_owner(self, seen: Observation, cluster: Cluster) -> Observation:
        service = _service_of(seen)
        if seen.facts.owner != NO_OWNER or not service:
            return seen
        known = self._known.get((cluster, service))
        return msgspec.structs.replace(seen, facts=msgspec.structs.replace(seen.facts, owner=known[0] if known else None))


def _service_of(seen: Observation) -> str:
    return service_name_of(seen.facts.group, seen.cluster.kind) or ""
