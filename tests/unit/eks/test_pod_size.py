"""The sizing rule of Fargate for pods, and the grid that it rounds up to."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fargatecount.eks.pod import Spec
from fargatecount.eks.pod_size import GRID, LARGEST_CPU, LARGEST_MEMORY, SMALLEST, estimated, fit, provisioned
from tests.support.pods import pod


def wants(cpu: str = "", memory: str = "") -> dict[str, str]:
    return {name: value for name, value in (("cpu", cpu), ("memory", memory)) if value}


def init(cpu: str = "", memory: str = "", *, sidecar: bool = False) -> dict[str, Any]:
    return {"resources": {"requests": wants(cpu, memory)}} | ({"restartPolicy": "Always"} if sidecar else {})


def requesting(cpu: str = "", memory: str = "") -> dict[str, Any]:
    return {"resources": {"requests": wants(cpu, memory)}}


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
    """The size is the pod's peak request and 256 MiB more, rounded up to the grid."""
    assert estimated(pod(requests=requests, init=inits).spec) == expected


@pytest.mark.parametrize(
    ("spec", "expected"),
    [
        pytest.param({"resources": {"requests": {"cpu": "4", "memory": "8Gi"}}}, (4096, 9216), id="pod-level requests alone"),
        pytest.param(
            {"resources": {"requests": {"cpu": "4", "memory": "8Gi"}}, "containers": [requesting("1", "1Gi")]},
            (4096, 9216),
            id="pod-level requests replace those of the containers",
        ),
        pytest.param(
            {"resources": {"requests": {"cpu": "1"}}, "containers": [requesting("250m", "3Gi")]},
            (1024, 4096),
            id="each resource on its own",
        ),
        pytest.param(
            {"resources": {"requests": {"cpu": "1"}}, "containers": [requesting("a lot", "1Gi")]},
            (1024, 2048),
            id="a container's request that is replaced need not be readable",
        ),
        pytest.param({"resources": {"limits": {"cpu": "2", "memory": "3Gi"}}}, (2048, 4096), id="pod-level limits alone"),
        pytest.param(
            {"resources": {"limits": {"cpu": "8", "memory": "16Gi"}}, "containers": [requesting("1", "1Gi")]},
            (1024, 2048),
            id="containers' requests below a pod-level limit",
        ),
        pytest.param(
            {"containers": [{"resources": {"limits": {"cpu": "1", "memory": "2Gi"}}}]},
            (1024, 3072),
            id="a container's limit without a request is its request",
        ),
        pytest.param(
            {"containers": [{"resources": {"requests": {"cpu": "250m"}, "limits": {"cpu": "2", "memory": "1Gi"}}}]},
            (256, 2048),
            id="a limit above the request does not size the pod",
        ),
        pytest.param(
            {"containers": [requesting("1", "1792Mi")], "overhead": {"cpu": "10m", "memory": "1Mi"}},
            (2048, 4096),
            id="the overhead of a RuntimeClass comes on top",
        ),
        pytest.param(
            {"resources": {"requests": {"cpu": "1"}}, "overhead": {"cpu": "1m"}}, (2048, 4096), id="on top of pod-level requests too"
        ),
        pytest.param({"containers": [requesting("250.1m")]}, (512, 1024), id="a tenth of a millicore is a whole one"),
        pytest.param({"containers": [requesting("-1")]}, None, id="negative"),
    ],
)
def test_rule_of_later_kubernetes(spec: dict[str, Any], expected: tuple[int, int] | None) -> None:
    """Pod-level resources, limits and overhead size a pod as the Kubernetes scheduler reserves it."""
    assert estimated(msgspec.convert(spec, Spec)) == expected


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
        ("0.25vCPU 0.5GB" * 20_000, None),
        ("٣vCPU 6GB", None),
    ],
)
def test_annotation(annotation: str, size: tuple[int, int] | None) -> None:
    """`CapacityProvisioned` is a size that Fargate sells, or None."""
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
    """The chosen cell has room, and no cell before it has."""
    cell = fit(Fraction(cpu), Fraction(memory))
    cells = [(grid_cpu, grid_memory) for grid_cpu, memories in GRID for grid_memory in memories]
    roomy = [(grid_cpu, grid_memory) for grid_cpu, grid_memory in cells if grid_cpu >= cpu and grid_memory >= memory]
    assert cell == roomy[0]
