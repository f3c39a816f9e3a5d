"""Memory of a container, and the limit that it is measured against."""

from __future__ import annotations

from dataclasses import dataclass

from taskstats.reading import Memory
from taskstats.task import Container, Task

NO_LIMIT = 1 << 62
"""Bytes from which a cgroup's limit is none: an unlimited cgroup v1 says 2^63 rounded down to a page."""


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit in bytes and whose it is: the container's own, the task's, or the one that the cgroup has."""

    bytes: int
    source: str


def limit_of(memory: Memory, container: Container, task: Task) -> Limit | None:
    """Return the limit at which the container is killed; None if nothing says one.

    A container without a limit of its own shares the task's. The cgroup's number comes last: for such a container it is the machine's
    memory or absurdly large.
    """
    if container.memory_limit is not None:
        return Limit(container.memory_limit, "container")
    if task.memory_limit is not None:
        return Limit(task.memory_limit, "task")
    if memory.limit is not None and 0 < memory.limit < NO_LIMIT:
        return Limit(memory.limit, "cgroup")
    return None


def resident(memory: Memory) -> int | None:
    """Return the resident set in bytes: `total_rss` of cgroup v1; `anon`, the nearest that v2 has."""
    return memory.stats.get("anon") if memory.is_cgroup_v2 else memory.stats.get("total_rss")


def part(amount: int | None, limit: Limit | None) -> float | None:
    """Return an amount as a part of the limit, 1 is all of it."""
    return None if amount is None or limit is None else amount / limit.bytes
