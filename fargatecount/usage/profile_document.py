"""What is on each Fargate profile, for the report. Pure."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

import msgspec

from fargatecount.ledger.row import Row
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB, Cluster, Facts


class ProfileHeld(msgspec.Struct, frozen=True, kw_only=True):
    """The pods that a Fargate profile has selected and that are held."""

    cluster: str
    profile: str
    pods: int
    vcpu: float
    memory_gib: float
    namespaces: list[str]
    """Where these pods are; the first `NAMED` of them."""


NAMED = 5


def profiles_held(rows: Iterable[tuple[Cluster, Row]]) -> list[ProfileHeld]:
    """Return the profiles with held pods, most vCPU first."""
    found: dict[tuple[str, str], list[Facts]] = defaultdict(list)
    for cluster, row in rows:
        if row.facts.profile is not None:
            found[cluster.key, row.facts.profile].append(row.facts)
    held = [_held(cluster, profile, facts) for (cluster, profile), facts in found.items()]
    return sorted(held, key=lambda each: (-each.vcpu, each.cluster, each.profile))


def _held(cluster: str, profile: str, facts: list[Facts]) -> ProfileHeld:
    namespaces = {each.group.partition("/")[0] for each in facts if each.group}
    return ProfileHeld(
        cluster=cluster,
        profile=profile,
        pods=len(facts),
        vcpu=sum(each.cpu or 0 for each in facts) / CPU_UNITS_PER_VCPU,
        memory_gib=sum(each.memory or 0 for each in facts) / MIB_PER_GIB,
        namespaces=sorted(namespaces)[:NAMED],
    )
