"""What pods ask for and get, and what slightly less would save."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.eks.pod import Pod
from fargatecount.eks.profiles import Profile, Selector
from fargatecount.rightsize.pods import PodUse, pod_use, size_pods
from fargatecount.rightsize.pods_document import sizes_document
from fargatecount.usage.prices import hourly
from fargatecount.workload import Facts
from tests.support.pods import pod, waiting

REGION = "eu-west-1"


def asking(cpu: str, memory: str, size: str, name: str = "web-1", **changes: Any) -> Pod:
    """Return a pod with these requests and the size that Fargate wrote."""
    return pod(name, requests=({"cpu": cpu, "memory": memory},), size=size, **changes)


@pytest.mark.parametrize(
    ("cpu", "memory", "got", "another", "smaller", "cut"),
    [
        # Exactly 1 vCPU and 8 GiB: with 256 MiB on top no cell of 1 vCPU is enough. A quarter of a GiB less is.
        ("1", "8Gi", "2vCPU 9GB", True, (1024, 8192), (0.0, 256.0)),
        # The smallest: 512 MiB become 768, so 1 GiB is billed; 256 MiB less are half of the request, which is not slight.
        ("250m", "512Mi", "0.25vCPU 1GB", True, None, (0.0, 0.0)),
        ("250m", "1Gi", "0.25vCPU 2GB", True, (256, 1024), (0.0, 256.0)),
        # A bit above a cell of CPU.
        ("300m", "700Mi", "0.5vCPU 1GB", False, (256, 1024), (51.0, 0.0)),
        # Well within its cell.
        ("1", "3Gi", "1vCPU 4GB", True, (1024, 3072), (0.0, 256.0)),
        ("1", "1700Mi", "1vCPU 2GB", False, None, (0.0, 0.0)),
        # Nothing is asked for: nothing can be less.
        ("0", "0", "0.25vCPU 0.5GB", False, None, (0.0, 0.0)),
        # Fargate gave more than the requests need, as it may: the same requests are enough for less.
        ("250m", "200Mi", "1vCPU 2GB", True, (256, 512), (0.0, 0.0)),
    ],
)
def test_a_slightly_smaller_request_gets_a_smaller_cell(
    *, cpu: str, memory: str, got: str, another: bool, smaller: tuple[int, int] | None, cut: tuple[float, float]
) -> None:
    """A cell is advised if a cut of a quarter at most gets it; pods that got another cell than their requests name are marked."""
    (found,) = size_pods([asking(cpu, memory, got)], REGION, {})
    assert (found.is_other_cell, found.smaller) == (another, smaller)
    assert found.cut == pytest.approx(cut, abs=0.3)
    assert bool(found.why) is another


def test_what_it_saves_is_of_all_pods_alike() -> None:
    """Three pods of 2 vCPU and 9 GiB that could have 1 and 8 free 3 vCPU, at the list price of the difference."""
    pods = [asking("1", "8Gi", "2vCPU 9GB", f"web-{number}", owners=OWNER) for number in range(3)]
    (found,) = size_pods(pods, REGION, {})
    now, then = (hourly(Facts(cpu=cpu, memory=memory), REGION).amount for cpu, memory in ((2048, 9216), (1024, 8192)))
    assert (found.pods, found.freed_vcpu) == (3, 3.0)
    assert found.freed_usd == pytest.approx(3 * 730 * (now - then))
    assert found.why == "256 MiB for Fargate's components come on top"


OWNER = ({"kind": "StatefulSet", "name": "web", "controller": True, "apiVersion": "apps/v1", "uid": "u"},)


def test_pods_that_hold_nothing_are_left_out() -> None:
    """A pod without a node, and one whose requests cannot be read, are not sized."""
    assert size_pods([waiting(), asking("x", "1Gi", "1vCPU 2GB")], REGION, {}) == []


def test_use_is_that_of_the_busiest_pod() -> None:
    """metrics-server's numbers of all containers of a pod; the largest pod counts."""
    items: list[object] = [
        {"metadata": {"name": "web-1", "namespace": "shop"}, "containers": [{"usage": {"cpu": "250m", "memory": "512Mi"}}]},
        {
            "metadata": {"name": "web-2", "namespace": "shop"},
            "containers": [{"usage": {"cpu": "100000000n", "memory": "1048576Ki"}}, {"usage": {"cpu": "25m", "memory": "0"}}],
        },
        *({"metadata": {}}, {}, None, "text", {"metadata": {"name": "x", "namespace": "y"}, "containers": [{"usage": {"cpu": "much"}}]}),
    ]
    use = pod_use(items)
    assert use == {("shop", "web-1"): PodUse(256.0, 512.0), ("shop", "web-2"): PodUse(128.0, 1024.0)}
    pods = [asking("1", "3Gi", "1vCPU 4GB", name, owners=OWNER) for name in ("web-1", "web-2")]
    (found,) = size_pods(pods, REGION, use)
    assert found.used == PodUse(256.0, 1024.0)


def test_a_profile_has_its_selectors_and_what_lands_on_it() -> None:
    """Pods by the label that EKS writes; a profile without pods has none."""
    profiles = [Profile("fp", selectors=(Selector("shop", {"tier": "web"}),)), Profile("empty", selectors=(Selector("none"),))]
    sizings = size_pods([asking("1", "3Gi", "1vCPU 4GB", f"web-{number}") for number in range(2)], REGION, {})
    first, second = sizes_document("EKS-web", profiles, sizings).profiles
    assert (first.profile, first.pods, first.vcpu, first.memory_gib) == ("fp", 2, 2.0, 8.0)
    assert [(each.namespace, each.labels) for each in first.selectors] == [("shop", {"tier": "web"})]
    assert (second.pods, second.vcpu) == (0, 0.0)
