"""Which services could not be deployed now."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
import pytest

from fargatecount.bounds import UNKNOWN, Bounded
from fargatecount.errors import DeadlineExceededError, DeniedError
from fargatecount.quotas.headroom import CapacityShare, Service
from fargatecount.quotas.headroom_document import survey_document
from fargatecount.quotas.headroom_survey import NAMED, SMALLEST, Sizes, Survey, judged, sizes_of, survey
from fargatecount.workload import Capacity, Cluster, Facts, Phase
from tests.support.builders import BATCH, PODS, WEB, row

FREE = {Capacity.ON_DEMAND: Bounded.exact(2.0), Capacity.SPOT: UNKNOWN}


def service(name: str = "shop", cluster: Cluster = WEB, **changes: Any) -> Service:
    """Return a service of one task of 1 vCPU."""
    values: dict[str, Any] = {"cluster": cluster, "name": name, "desired": 1, "running": 1, "cpu": 1024}
    return Service(**values | changes)


def judge(*services: Service, sized: bool = True) -> Survey:
    sizes = {(one.cluster, one.name): one.cpu for one in services} if sized else {}
    return judged(services, sizes, FREE)


@pytest.mark.parametrize(
    ("changes", "without", "undecided"),
    [
        pytest.param({"desired": 2, "running": 2}, 0, 0, id="exactly fits"),
        pytest.param({"desired": 3, "running": 3}, 1, 0, id="does not fit"),
        pytest.param({"desired": 3, "running": 3, "maximum_percent": 150}, 0, 0, id="fits because it goes slowly"),
        pytest.param({"desired": 0, "running": 0}, 0, 0, id="wants nothing"),
        pytest.param({"shares": (CapacityShare(Capacity.SPOT),)}, 0, 1, id="quota not known"),
    ],
)
def test_each_service_is_judged_by_itself(changes: dict[str, Any], without: int, undecided: int) -> None:
    """Its next rolling deployment fits, does not fit, or that is unknown."""
    found = judge(service(**changes))
    assert (len(found.without), found.undecided) == (without, undecided)


def test_services_do_not_add_up() -> None:
    """Two that fit one after the other both fit, though not at once."""
    assert judge(service("a", desired=2, running=2), service("b", desired=2, running=2)).number == 0


def test_a_quota_that_is_not_known_leaves_the_number_unknown() -> None:
    """Neither 0 nor the number of the others is it."""
    found = judge(service(desired=3, running=3), service("spot", shares=(CapacityShare(Capacity.SPOT),)))
    assert (found.number, len(found.without)) == (None, 1)


def test_a_service_without_a_task_is_judged_by_the_smallest_size() -> None:
    """What does not fit then fits in no size; what does may not, which is said."""
    small = service("new", desired=4, running=0, cpu=SMALLEST)
    large = service("vast", desired=20, running=0, cpu=SMALLEST)
    idle = service("idle", desired=0, running=0, cpu=SMALLEST)
    found = judge(small, large, idle, sized=False)
    assert ([one.service.name for one in found.without], found.unsized, found.number) == (["vast"], 1, 1)


def test_sizes_come_from_the_ledger() -> None:
    """The largest task of each service of ECS; families and pods are no services."""
    rows = [
        (WEB, row(facts=Facts(cpu=256, group="service:shop"))),
        (WEB, row(facts=Facts(cpu=512, group="service:shop"))),
        (BATCH, row(facts=Facts(cpu=2048, group="service:shop"))),
        (WEB, row(facts=Facts(cpu=4096, group="family:job"))),
        (WEB, row(facts=Facts(group="service:unsized"))),
        (PODS, row(facts=Facts(cpu=1024, group="service:shop"))),
    ]
    assert sizes_of(rows) == {(WEB, "shop"): 512, (BATCH, "shop"): 2048}


class Asked:
    """Services of some clusters; another one refuses, and time may be up."""

    def __init__(self, *, time_up: bool = False) -> None:
        self.time_up = time_up

    def sized(self, cluster: Cluster, sizes: Sizes) -> Sequence[Service]:
        """Return one service, or the trouble of the cluster."""
        if cluster == BATCH:
            raise DeadlineExceededError("no time was left for ListServices") if self.time_up else DeniedError("ListServices: not you")
        return [service(cluster=cluster, cpu=sizes.get((cluster, "shop"), SMALLEST), desired=9, running=9)]


@pytest.mark.parametrize("time_up", [False, True])
def test_a_cluster_that_cannot_be_asked_stops_nobody_and_leaves_the_number_unknown(time_up: bool) -> None:
    """What is known all the same is named, and why the rest is not; pods belong to no service."""
    rows = [(WEB, row(phase=Phase.RUNNING, facts=Facts(cpu=1024, group="service:shop")))]
    found = survey(Asked(time_up=time_up), [WEB, BATCH, PODS], rows, FREE)
    assert (found.services, len(found.without), found.number) == (1, 1, None)
    assert found.problems[0].startswith("ECS-batch")


def test_the_document_names_those_that_lack_most() -> None:
    """A bounded number of them, with what is missing and what would fit; a number that is not known is null."""
    found = msgspec.to_builtins(survey_document(judge(*(service(f"s{i:02}", desired=i, running=i) for i in range(3, 40)))))
    assert (found["services"], found["without_headroom"], len(found["which"])) == (37, 37, NAMED)
    first = found["which"][0]
    assert (first["service"], first["lacks_vcpu"], first["peak"], first["largest_desired"]) == ("s39", 37.0, 78, 20)
    assert survey_document(judge(service(shares=(CapacityShare(Capacity.SPOT),)))).without_headroom is None
