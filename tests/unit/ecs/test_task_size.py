"""Sizes of tasks in every spelling of ECS."""

from __future__ import annotations

import pytest

from fargatecount.ecs.task_size import cpu_units, mebibytes

DIGITS = "9" * 400


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("256", 256),
        (1024, 1024),
        ("1 vCPU", 1024),
        ("1vcpu", 1024),
        (".5 vCPU", 512),
        ("0.25 VCPU", 256),
        (None, None),
        ("", None),
        ("many", None),
        ("0", None),
        ("-256", None),
        ("1 GB", None),
        ("1e3", None),
        (DIGITS, None),
        (float("1e300"), None),
    ],
)
def test_cpu(text: str | float | None, units: int | None) -> None:
    """CPU units are read in any form that ECS takes; anything else is unknown, never zero."""
    assert cpu_units(text) == units


@pytest.mark.parametrize(
    ("text", "size"), [("512", 512), (2048, 2048), ("1GB", 1024), ("0.5 GB", 512), ("30 gib", 30720), ("1 vCPU", None), (None, None)]
)
def test_memory(text: str | int | None, size: int | None) -> None:
    """MiB are read likewise."""
    assert mebibytes(text) == size
