"""Task sizes as ECS writes them: numbers, or text with a unit in several spellings.

Pure. Task definitions and tasks are read alike. Anything that is not an amount is unknown, never 0.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/task_definition_parameters.html#task_size
"""

from __future__ import annotations

import re

from fargatecount.workload import CPU_UNITS_PER_VCPU, MIB_PER_GIB

# Nine digits: far above any size, far below the 38 digits of a DynamoDB number. ASCII: `\d` alone takes the digits of every script.
_AMOUNT = re.compile(r"\s*(?P<number>\d{1,9}(?:\.\d{1,9})?|\.\d{1,9})\s*(?P<unit>vcpu|gb|gib)?\s*", re.IGNORECASE | re.ASCII)


def cpu_units(value: str | float | None) -> int | None:
    """Return CPU units for `"256"`, `256`, `"1 vCPU"` or `".5 vCPU"`; None for anything else."""
    return _amount(value, {"vcpu": CPU_UNITS_PER_VCPU})


def mebibytes(value: str | float | None) -> int | None:
    """Return MiB for `"512"`, `512`, `"1GB"` or `"0.5 GB"` (ECS means GiB by it); None for anything else."""
    return _amount(value, {"gb": MIB_PER_GIB, "gib": MIB_PER_GIB})


def gibibytes(value: str | float | None) -> int | None:
    """Return GiB for `"21"` or `21`, the form of ephemeral storage; None for anything else."""
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
