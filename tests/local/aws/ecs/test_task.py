"""What ECS knows of a task, apart from any emulator."""

from __future__ import annotations

import pytest

from local.aws.ecs.task import cpu_units, mebibytes


@pytest.mark.parametrize(("said", "units"), [("256", "256"), (256, "256"), ("1 vCPU", "1024"), (".5vcpu", "512"), (None, None)])
def test_cpu_is_in_cpu_units(said: object, units: str | None) -> None:
    """A task's CPU is text in CPU units, however the definition spells it."""
    assert cpu_units(said) == units


@pytest.mark.parametrize(("said", "mib"), [("512", "512"), (2048, "2048"), ("1GB", "1024"), ("0.5 GB", "512"), ("", None)])
def test_memory_is_in_mebibytes(said: object, mib: str | None) -> None:
    """A task's memory is text in MiB, however the definition spells it."""
    assert mebibytes(said) == mib
