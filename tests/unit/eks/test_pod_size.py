"""The sizing rule of Fargate for pods, and the grid that it rounds up to."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.eks.pod_size import GRID, LARGEST_CPU, LARGEST_MEMORY, SMALLEST, estimated, fit, provisioned
from fargatecount.eks.quantity import quantity
from tests.support.pods import pod


def wants(cpu: str = "", memory: str = "") -> dict[str, str]:
    return {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}


def init(cpu: str = "", memory: str = "", *, sidecar: bool = False) -> dict[str, Any]:
    return {"resources": {"requests": wants(cpu, memory)}} | ({"restartPolicy": "Always"} if sidecar else {})


@pytest.mark.parametrize(
    ("requests", "inits", "expected"),
    [
        pytest.param([{}], [], (256, 512), id="asks for nothing"),
        pytest.param([wants("100m", "256Mi")], [], (256, 512), id="fills the smallest cell exactly"),
        pytest.param([wants("100m", "257Mi")], [], (256, 1024), id="one MiB more"),
        pytest.param([wants("100m", "256Mi"), wants("100m", "256Mi")], [], (256, 1024), id="containers are added up"),
        pytest.param([wants("250m", "1792Mi")], [], (256, 2048), id="the most memory for a quarter of a vCPU"),
        pytest.param([wants("250m", "1793Mi")], [], (512, 3072), id="memory forces more vCPU, and its next step"),
        pytest.param([wants("251m")], [], (512, 1024), id="a thousandth of a core too much"),
        pytest.param([wants("1", "8Gi")], [], (2048, 9216), id="the example of the guide"),
        pytest.param([wants("1", "7936Mi")], [], (1024, 8192), id="the most memory for one vCPU"),
        pytest.param([wants("3", "2Gi")], [], (4096, 8192), id="three cores become four"),
        pytest.param([wants("5", "17Gi")], [], (8192, 20480), id="steps of 4 GB"),
        pytest.param([wants("9", "33Gi")], [], (16384, 40960), id="steps of 8 GB"),
        pytest.param([wants("16", str(120 * 1024 - 256) + "Mi")], [], (16384, 122880), id="the largest there is"),
        pytest.param([wants("16", "120Gi")], [], None, id="more memory than there is"),
        pytest.param([wants("16001m")], [], None, id="more vCPU than there is"),
        pytest.param([wants("100m")], [init("1")], (1024, 2048), id="an init container asks for more"),
        pytest.param([wants("1")], [init("1"), init("1")], (1024, 2048), id="init containers run one after the other"),
        pytest.param([wants("1")], [init("1", sidecar=True)], (2048, 4096), id="a sidecar runs beside the others"),
        pytest.param([wants("100m")], [init("1", sidecar=True), init("1")], (2048, 4096), id="and beside later init containers"),
        pytest.param([wants("100m")], [init("1"), init("500m", sidecar=True)], (1024, 2048), id="but not beside earlier ones"),
    ],
)
def test_rule(requests: list[dict[str, str]], inits: list[dict[str, Any]], expected: tuple[int, int] | None) -> None:
    """The size is the hungriest moment of the pod, 256 MiB more, rounded up to the grid."""
    assert estimated(pod(requests=requests, init=inits).spec) == expected


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("1", 1),
        ("1.5", Fraction(3, 2)),
        (".5", Fraction(1, 2)),
        ("250m", Fraction(1, 4)),
        ("100n", Fraction(1, 10_000_000)),
        ("5u", Fraction(5, 1_000_000)),
        ("2k", 2000),
        ("1M", 1_000_000),
        ("1Ki", 1024),
        ("1.5Gi", 3 * 2**29),
        ("128974848", 128_974_848),
        ("129e6", 129_000_000),
        ("1E3", 1000),
        ("1E", 10**18),
        ("1Ei", 2**60),
        ("123e-1", Fraction(123, 10)),
    ],
)
def test_quantities(text: str, value: Fraction) -> None:
    """Kubernetes quantities are read exactly, every suffix and exponent."""
    assert quantity(text) == value


@pytest.mark.parametrize("text", ["", "m", "1 Gi", "1gi", "1KI", "one", "1e", "0x10", "1Gi "])
def test_what_is_no_quantity(text: str) -> None:
    """Anything else is refused by name."""
    with pytest.raises(ValueError, match="not a Kubernetes quantity"):
        quantity(text)


@pytest.mark.parametrize(
    ("annotation", "size"),
    [
        ("0.25vCPU 0.5GB", (256, 512)),
        ("16vCPU 120GB", (16384, 122880)),
        ("4vCPU 30GB", (4096, 30720)),
        ("0.25 vCPU 0.5 GB", None),
        ("", None),
        (".vCPU .GB", None),
        ("0vCPU 0GB", None),
        ("99999999999999999999vCPU 1GB", None),
    ],
)
def test_annotation(annotation: str, size: tuple[int, int] | None) -> None:
    """`CapacityProvisioned` is a size of Fargate, or nothing."""
    assert provisioned(annotation) == size


def test_grid_is_the_published_one() -> None:
    """The grid has AWS's number of cells per vCPU, from the smallest to the largest."""
    assert [(cpu, len(memories)) for cpu, memories in GRID] == [
        (256, 3),
        (512, 4),
        (1024, 7),
        (2048, 13),
        (4096, 23),
        (8192, 12),
        (16384, 12),
    ]
    assert (SMALLEST, LARGEST_CPU, LARGEST_MEMORY) == ((256, 512), 16384, 122880)


@given(st.integers(0, LARGEST_CPU), st.integers(0, LARGEST_MEMORY))
def test_fit_is_the_first_cell_that_is_large_enough(cpu: int, memory: int) -> None:
    """What is chosen has room, and no cell before it has."""
    cell = fit(Fraction(cpu), Fraction(memory))
    cells = [(grid_cpu, grid_memory) for grid_cpu, memories in GRID for grid_memory in memories]
    roomy = [(grid_cpu, grid_memory) for grid_cpu, grid_memory in cells if grid_cpu >= cpu and grid_memory >= memory]
    assert cell == roomy[0]
