"""The size of a pod as AWS bills it: the size that Fargate reports, and before that the rule by which Fargate chooses it.

Source of rule, grid and annotation: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
"""

from __future__ import annotations

import re
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil

from fargatecount.eks.pod import Container, Quantities, Resources, Spec
from fargatecount.eks.quantity import quantity
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB

RESERVED_MIB = 256
"""Memory that Fargate adds for kubelet, kube-proxy and containerd. The guide says 256 MB; its own example fits MB and MiB."""

MIB = 1024 * 1024
MILLIS_PER_CORE = 1000

FREE_STORAGE = 20
"""GiB of ephemeral storage that every pod gets free of charge, and the least that a pod can have."""
LARGEST_STORAGE = 175
"""GiB of ephemeral storage that the containers of a pod can request."""
RESERVED_STORAGE = 5
"""GiB that Fargate adds for system components, after 10 % for the file system."""

GRID: tuple[tuple[int, tuple[int, ...]], ...] = tuple(
    (int(vcpu * CPU_UNITS_PER_VCPU), tuple(int(gib * MIB_PER_GIB) for gib in gibs))
    for vcpu, gibs in (
        (0.25, (0.5, 1, 2)),
        (0.5, range(1, 5)),
        (1, range(2, 9)),
        (2, range(4, 17)),
        (4, range(8, 31)),
        (8, range(16, 61, 4)),
        (16, range(32, 121, 8)),
    )
)
"""CPU units, and the MiB that can be bought with them, each ascending."""

SMALLEST = (GRID[0][0], GRID[0][1][0])
LARGEST_CPU, LARGEST_MEMORY = GRID[-1][0], GRID[-1][1][-1]

POD_LEVEL = frozenset({"cpu", "memory"})
"""Resources that a pod can request as a whole; besides these only huge pages, which Fargate does not have."""

Amount = Fraction | int
"""Cores or bytes. Most amounts are 0, and adding integers takes a tenth of the time."""

_PROVISIONED = re.compile(r"([0-9.]{1,10})vCPU ([0-9.]{1,10})GB")


@lru_cache(maxsize=256)  # there are as many values as cells in the grid
def provisioned(annotation: str) -> tuple[int, int] | None:
    """Return CPU units and MiB from `CapacityProvisioned`; None if it is not a size that Fargate sells."""
    match = _PROVISIONED.fullmatch(annotation)
    if match is None:
        return None
    try:
        cpu, memory = Decimal(match[1]) * CPU_UNITS_PER_VCPU, Decimal(match[2]) * MIB_PER_GIB
    except ArithmeticError:  # "1..5" and the like
        return None
    size = (round(cpu), round(memory))
    # Nothing beyond the grid can be bought, so Fargate did not write it.
    return size if 0 < size[0] <= LARGEST_CPU and 0 < size[1] <= LARGEST_MEMORY else None


def estimated(spec: Spec) -> tuple[int, int] | None:
    """Return CPU units and MiB that Fargate chooses for a pod's requests; None if it has no such size, or a request is unreadable."""
    asked = requested(spec)
    return None if asked is None else fit(asked[0], asked[1] + RESERVED_MIB)


def requested(spec: Spec) -> tuple[Fraction, Fraction] | None:
    """Return the CPU units and MiB that a pod requests, without what Fargate adds; None if a request is unreadable."""
    cpu, memory = _requested(spec, "cpu"), _requested(spec, "memory")
    return None if cpu is None or memory is None else (Fraction(cpu * CPU_UNITS_PER_VCPU), Fraction(memory, MIB))


def fit(cpu: Fraction, memory: Fraction) -> tuple[int, int] | None:
    """Return the first cell of the grid that has at least these CPU units and MiB; None beyond the largest."""
    for cell_cpu, memories in GRID:
        if cell_cpu >= cpu:
            for cell_memory in memories:
                if cell_memory >= memory:
                    return cell_cpu, cell_memory
    return None


def provisioned_storage(spec: Spec) -> int | None:
    """Return the GiB of ephemeral storage that Fargate provisions; None if the pod requests none, or an amount that it cannot have.

    Fargate provisions the sum of the requests, 10 % more and 5 GiB, and bills that less the 20 GiB that are free:
    https://aws.amazon.com/blogs/containers/amazon-eks-fargate-adds-support-for-larger-ephemeral-volumes/. A fraction of a GiB is rounded
    up.
    """
    requested = _requested(spec, "ephemeral-storage")
    if not requested:
        return None
    gib = Fraction(requested, MIB * MIB_PER_GIB)
    if gib > LARGEST_STORAGE:
        return None
    return max(ceil(gib * Fraction(11, 10) + RESERVED_STORAGE), FREE_STORAGE)


def _requested(spec: Spec, resource: str) -> Amount | None:
    """Return what the Kubernetes scheduler reserves for the pod, in cores or bytes; None if a quantity is unreadable.

    A pod-level request replaces what the containers request together. The overhead of the RuntimeClass comes on top of either:
    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#pod-level-resource-specification.
    """
    try:
        overhead = _amount(spec.overhead, resource) or 0
        pod_level = spec.resources if resource in POD_LEVEL else None
        if pod_level is not None and (own := _amount(pod_level.requests, resource)) is not None:
            return own + overhead
        peak = _peak(spec, resource)
        if pod_level is not None and not peak:
            peak = _amount(pod_level.limits, resource) or peak
        return peak + overhead
    except ValueError:
        return None


def _peak(spec: Spec, resource: str) -> Amount:
    """Return the largest amount that the containers need at one time.

    Sidecars (init containers that always restart) keep running, so each adds to everything that starts after it:
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers.
    """
    sidecars: Amount = 0
    peak: Amount = 0
    for container in spec.init_containers or ():
        amount = _request(container.resources, resource)
        peak = max(peak, sidecars + amount)
        if container.restart_policy == "Always":
            sidecars += amount
    return max(peak, sidecars + _sum(spec.containers or (), resource))


def _sum(containers: tuple[Container, ...], resource: str) -> Amount:
    return sum(_request(container.resources, resource) for container in containers)


def _request(resources: Resources | None, resource: str) -> Amount:
    """Return a container's request, which is its limit if it has only a limit.

    The API server copies the limit too, unless a webhook wrote the pod after it:
    https://kubernetes.io/docs/concepts/configuration/manage-resources-containers/#requests-and-limits.
    """
    if resources is None:
        return 0
    request = _amount(resources.requests, resource)
    return request if request is not None else _amount(resources.limits, resource) or 0


def _amount(quantities: Quantities | None, resource: str) -> Amount | None:
    """Return one quantity, rounded up as the scheduler does: CPU to a thousandth of a core, anything else to a whole unit."""
    if not quantities or resource not in quantities:
        return None
    amount = quantity(str(quantities[resource]))
    return Fraction(ceil(amount * MILLIS_PER_CORE), MILLIS_PER_CORE) if resource == "cpu" else ceil(amount)
