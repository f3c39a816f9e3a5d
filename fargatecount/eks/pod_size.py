"""The size of a pod as AWS bills it: what Fargate says that it gave, and until it says so, the rule by which it chooses.

Source of rule, grid and annotation: https://docs.aws.amazon.com/eks/latest/userguide/fargate-pod-configuration.html
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache
from math import ceil

from fargatecount.eks.pod import Container, Spec
from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB

RESERVED_MIB = 256
"""What Fargate adds for kubelet, kube-proxy and containerd. The guide says 256 MB; its own example fits either reading."""

MIB = 1024 * 1024

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
"""CPU units, and the MiB that can be had with them, each ascending."""

SMALLEST = (GRID[0][0], GRID[0][1][0])
LARGEST_CPU, LARGEST_MEMORY = GRID[-1][0], GRID[-1][1][-1]

_PROVISIONED = re.compile(r"([\d.]+)vCPU ([\d.]+)GB")
_QUANTITY = re.compile(r"([+-]?(?:\d+\.?\d*|\.\d+))(?:([eE][+-]?\d+)|([numkMGTPE]|[KMGTPE]i)?)")
_SUFFIX = {
    **{suffix: Fraction(1, 1000**power) for power, suffix in enumerate("mun", start=1)},
    **{suffix: Fraction(1000**power) for power, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**power) for power, suffix in enumerate("KMGTPE", start=1)},
}


@lru_cache(maxsize=256)  # there are as many values as cells in the grid
def provisioned(annotation: str) -> tuple[int, int] | None:
    """Return CPU units and MiB from `CapacityProvisioned`; None where it says nothing sensible."""
    match = _PROVISIONED.fullmatch(annotation)
    if match is None:
        return None
    try:
        cpu, memory = Decimal(match[1]) * CPU_UNITS_PER_VCPU, Decimal(match[2]) * MIB_PER_GIB
    except ArithmeticError:  # "1..5" and the like
        return None
    size = (round(cpu), round(memory))
    # Nothing outside the grid can be bought: such a text was written by somebody else, for instance on a Deployment.
    return size if 0 < size[0] <= LARGEST_CPU and 0 < size[1] <= LARGEST_MEMORY else None


def estimated(spec: Spec) -> tuple[int, int] | None:
    """Return CPU units and MiB that Fargate would choose for what the pod asks; None where that cannot be had or read."""
    cpu, memory = _wanted(spec, "cpu"), _wanted(spec, "memory")
    if cpu is None or memory is None:
        return None
    return fit(cpu * CPU_UNITS_PER_VCPU, memory / MIB + RESERVED_MIB)


def fit(cpu: Fraction, memory: Fraction) -> tuple[int, int] | None:
    """Return the first cell of the grid that has at least these CPU units and MiB; None beyond the largest."""
    for cell_cpu, memories in GRID:
        if cell_cpu >= cpu:
            for cell_memory in memories:
                if cell_memory >= memory:
                    return cell_cpu, cell_memory
    return None


def requested_storage(spec: Spec) -> int | None:
    """Return the GiB of ephemeral storage that the pod asks for; None where it does not, and gets the 20 that are free."""
    wanted = _wanted(spec, "ephemeral-storage")
    return ceil(wanted / MIB / MIB_PER_GIB) if wanted else None


def _wanted(spec: Spec, resource: str) -> Fraction | None:
    """What the pod needs at its hungriest moment, as the Kubernetes scheduler reckons it; None where a quantity cannot be read.

    Sidecars (init containers that always restart) keep running, so each adds to all that comes after it:
    https://kubernetes.io/docs/concepts/workloads/pods/sidecar-containers/#resource-sharing-within-containers.
    """
    try:
        sidecars = peak = Fraction(0)
        for container in spec.init_containers or ():
            amount = _request(container, resource)
            peak = max(peak, sidecars + amount)
            if container.restart_policy == "Always":
                sidecars += amount
        return max(peak, sidecars + _sum(_request(container, resource) for container in spec.containers or ()))
    except ValueError:
        return None


def _sum(amounts: Iterable[Fraction]) -> Fraction:
    return sum(amounts, start=Fraction(0))


def _request(container: Container, resource: str) -> Fraction:
    requests = container.resources.requests if container.resources else None
    return quantity(str(requests[resource])) if requests and resource in requests else Fraction(0)


@lru_cache(maxsize=1024)
def quantity(text: str) -> Fraction:
    """Return a Kubernetes quantity, exactly: cores, or bytes.

    Source: https://kubernetes.io/docs/reference/kubernetes-api/common-definitions/quantity/

    Raises:
        ValueError: it is none.
    """
    match = _QUANTITY.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a Kubernetes quantity")
    number, exponent, suffix = match.groups()
    return Fraction(number + (exponent or "")) * (_SUFFIX[suffix] if suffix else 1)
