"""The size of a task as ECS writes it: numbers, or text with a unit and in several spellings.

Pure. What a task definition says and what a task says of itself are read alike; whatever is no amount is not known, and never 0.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size
"""

from __future__ import annotations

import re

from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB

_AMOUNT = re.compile(r"\s*(?P<number>\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})\s*(?P<unit>vcpu|gb|gib)?\s*", re.IGNORECASE)


def cpu_units(value: str | float | None) -> int | None:
    """Return CPU units for `"256"`, `256`, `"1 vCPU"` or `".5 vCPU"`; None where it is missing or none of these."""
    return _amount(value, {"vcpu": CPU_UNITS_PER_VCPU})


def mebibytes(value: str | float | None) -> int | None:
    """Return MiB for `"512"`, `512`, `"1GB"` or `"0.5 GB"` (ECS means GiB by it); None where it is missing or none of these."""
    return _amount(value, {"gb": MIB_PER_GIB, "gib": MIB_PER_GIB})


def gibibytes(value: str | float | None) -> int | None:
    """Return GiB for `"21"` or `21`, which is how ephemeral storage is written; None where it is missing or no amount."""
    return _amount(value, {})


def _amount(value: str | float | None, units: dict[str, int]) -> int | None:
    match = _AMOUNT.fullmatch(str(value)) if value is not None else None
    if match is None:
        return None
    unit = (match["unit"] or "").lower()
    if unit and unit not in units:
        return None
    amount = round(float(match["number"]) * units.get(unit, 1))
    return amount if amount > 0 else None
