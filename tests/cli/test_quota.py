"""`fargatecount quota`."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from fargatecount.adapters.quota_increases import ServiceQuotaIncreases
from fargatecount.cli.quota import followed
from fargatecount.increase.request import RequestState
from fargatecount.timestamps import DAY
from fargatecount.workload import Capacity
from tests.cli.conftest import Answer
from tests.support.builders import MINUTE
from tests.support.deployed import Deployed
from tests.support.fakes import FakeClock
from tests.support.pages import cluster, report, usage

Run = Callable[..., Answer]


def test_past_use_suggests_a_quota(here: Deployed, fargatecount: Run) -> None:
    """Ten days of growth in the kept reports: days above the warning, when it will be full, and which quota is enough."""
    here.quotas.applied["L-3032A538"] = 100.0
    now = here.clock.now()
    for day in range(10):
        here.reports.keep(report(now - (10 - day) * DAY, usage(cluster("ECS-web", vcpu=60.0 + 3 * day))))
    answer = fargatecount("quota", "show", "--json")
    on_demand, spot = answer.json["quotas"]
    assert (answer.code, answer.json["schema"], on_demand["suggestion_from"]) == (0, "fargatecount/quota", "reports")
    found = on_demand["suggestion"]
    assert (found["days"], found["days_above"], found["highest"], found["forecast"]["soonest_days"]) == (10, 3, 87.0, 5)
    assert spot["suggestion"]["days"] == 10
    text = fargatecount("quota", "show").out
    assert "on-demand: you passed 80 % on 3 of 10 days" in text
    assert "on-demand: at this growth the quota is full in 5 to 5 days" in text
    assert "fargatecount quota request --to" in text
    assert fargatecount("quota", "show", "-o", "csv").out.startswith("capacity,code,value,used")


def test_a_request_from_its_filing_to_its_answer(here: Deployed, fargatecount: Run) -> None:
    """Asked for with --yes, listed as open, refused a second time, and granted."""
    here.quotas.applied["L-3032A538"] = 100.0
    assert (
        "Would request the on-demand quota of eu-west-1 from 100 to 200 vCPU"
        in fargatecount("quota", "request", "--to", "200", "--dry-run").out
    )
    assert here.quotas.requests == []
    assert fargatecount("quota", "request", "--to", "200").code == 2
    filed = fargatecount("quota", "request", "--to", "200", "--yes")
    assert (filed.code, "PENDING" in filed.out, "Its answer: fargatecount quota history" in filed.out) == (0, True, True)
    again = fargatecount("quota", "request", "--to", "300", "--yes")
    assert (again.code, "a request for 200 vCPU is open since 2026-01-01" in again.err) == (2, True)
    assert "a request for 200 vCPU is open" in fargatecount("quota", "show").out
    here.quotas.answer_requests("APPROVED")
    states = [each["state"] for each in fargatecount("quota", "history", "--json").json["quotas"][0]["requests"]]
    assert states == ["APPROVED"]
    assert "APPROVED" in fargatecount("quota", "history").out


def test_less_than_there_is_is_wrong_use(here: Deployed, fargatecount: Run) -> None:
    """Before anything is filed."""
    here.quotas.applied["L-3032A538"] = 100.0
    answer = fargatecount("quota", "request", "--to", "100", "--yes")
    assert (answer.code, "the on-demand quota is 100 vCPU already" in answer.err, here.quotas.requests) == (2, True, [])


@pytest.mark.usefixtures("here")
def test_without_a_request_that_is_said(fargatecount: Run) -> None:
    """It is no error."""
    assert fargatecount("quota", "history").out == "No increase was ever requested here.\n"


class AnsweringClock(FakeClock):
    """Time in which AWS answers after some minutes."""

    def __init__(self, here: Deployed, status: str, after: int) -> None:
        super().__init__()
        self._here, self._status, self._left = here, status, after

    def sleep(self, seconds: float) -> None:
        super().sleep(seconds)
        self._left -= 1
        if not self._left:
            self._here.quotas.answer_requests(self._status)


@pytest.mark.parametrize(
    ("status", "after", "state", "waited"), [("APPROVED", 3, "APPROVED", 3), ("DENIED", 1, "DENIED", 1), ("APPROVED", 99, "PENDING", 5)]
)
def test_a_request_is_followed(here: Deployed, status: str, after: int, state: str, waited: int) -> None:
    """Every minute until it has its answer, or until the time is over."""
    import boto3  # noqa: PLC0415 - inside of the deployment's environment

    desk = ServiceQuotaIncreases(boto3.client("service-quotas"))
    clock = AnsweringClock(here, status, after)
    found = followed(desk, desk.file(Capacity.SPOT, 50.0), clock, 5)
    assert (found.state, found.desired) == (RequestState(state), 50.0)
    assert clock.slept == [MINUTE / 1000] * waited


def test_a_state_of_a_newer_api_is_open(here: Deployed) -> None:
    """What is not known is not taken for an answer."""
    import boto3  # noqa: PLC0415 - as above

    desk = ServiceQuotaIncreases(boto3.client("service-quotas"))
    desk.file(Capacity.SPOT, 50.0)
    here.quotas.requests[0]["Status"] = "UNDER_REVIEW"
    (found,) = desk.requests(Capacity.SPOT)
    assert (found.state, found.state.is_open) == (RequestState.OTHER, True)
