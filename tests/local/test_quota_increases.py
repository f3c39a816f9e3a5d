"""The embedded AWS takes requests for a higher quota, grants moderate ones, and opens a case for others."""

from __future__ import annotations

from typing import Any

import pytest

from local.aws.quota_increases import Increases, NotTakenError
from local.faults import FaultBoard

ASKED = {"ServiceCode": "fargate", "QuotaCode": "L-3032A538"}


@pytest.fixture
def increases() -> Increases:
    return Increases(FaultBoard())


@pytest.mark.parametrize(("desired", "state"), [(12.0, "APPROVED"), (600.0, "CASE_OPENED")])
def test_the_answer_comes_with_the_first_look(increases: Increases, desired: float, state: str) -> None:
    """Pending when filed; a moderate one is granted and is the quota then, a large one gets a case."""
    assert increases.file(ASKED | {"DesiredValue": desired})["RequestedQuota"]["Status"] == "PENDING"
    (found,) = increases.listed(ASKED)["RequestedQuotas"]
    assert (found["Status"], "CaseId" in found) == (state, state == "CASE_OPENED")
    assert increases._faults.settings.quotas["L-3032A538"] == (desired if state == "APPROVED" else 6.0)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"DesiredValue": 6.0}, "IllegalArgumentException"),
        ({"ServiceCode": "ec2", "DesiredValue": 12.0}, "NoSuchResourceException"),
        ({"QuotaCode": "L-0", "DesiredValue": 12.0}, "NoSuchResourceException"),
    ],
)
def test_what_aws_does_not_take(increases: Increases, changes: dict[str, Any], code: str) -> None:
    """Not above the present value, another service, another quota."""
    with pytest.raises(NotTakenError) as caught:
        increases.file(ASKED | changes)
    assert caught.value.code == code


def test_one_request_at_a_time(increases: Increases) -> None:
    """A second one for the same quota is refused while the first is open."""
    increases.file(ASKED | {"DesiredValue": 600.0})
    with pytest.raises(NotTakenError, match="Only one open"):
        increases.file(ASKED | {"DesiredValue": 700.0})
