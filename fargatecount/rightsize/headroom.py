"""Whether a deployment that does not fit would fit, if other services had the size that is advised. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from fargatecount.bounds import Bounded
from fargatecount.group import GroupKind, WorkloadGroup
from fargatecount.quotas.headroom import Headroom, headroom
from fargatecount.rightsize.advice import SizeAdvice, SizeVerdict
from fargatecount.rightsize.load import GroupKey
from fargatecount.workload import Capacity


def freed_by_others(found: Headroom, advice: Iterable[SizeAdvice]) -> Mapping[Capacity, float]:
    """Return the vCPU that all other services would free. The service itself frees its own only by the deployment that is in question."""
    itself = GroupKey(found.service.cluster, WorkloadGroup(GroupKind.SERVICE, found.service.name).text)
    freed: Counter[Capacity] = Counter()
    for each in advice:
        if each.verdict is SizeVerdict.SHRINK and each.held.key != itself:
            for capacity, vcpu in each.freed_vcpu.items():
                freed[capacity] += vcpu  # type: ignore[assignment] # a Counter of floats
    return freed


def fits_after_reclaiming(found: Headroom, advice: Iterable[SizeAdvice]) -> bool | None:
    """Return whether a deployment that does not fit would fit then; None where it fits, or that is not known."""
    if found.fits is not False:
        return None
    freed = freed_by_others(found, advice)
    free = {capacity: left + Bounded.exact(freed.get(capacity, 0.0)) for capacity, left in found.free.items()}
    return headroom(found.service, free, desired=found.desired, maximum_percent=found.maximum_percent).fits
