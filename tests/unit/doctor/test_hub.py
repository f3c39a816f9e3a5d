"""What the doctor says of the way to the hub."""

from __future__ import annotations

import pytest

from fargatecount.doctor.findings import DoctorTarget, Severity
from fargatecount.doctor.hub import HubWay, of_hub
from tests.support.builders import MINUTE, NOW

PLACE = DoctorTarget(stack="fargatecount-prod", stage="prod", region="eu-west-1")
BUS = "arn:aws:events:eu-west-1:210987654321:event-bus/fargatecount-hub-prod"


@pytest.mark.parametrize(
    ("way", "level", "text"),
    [
        (HubWay(bus="", sent_at=0, undelivered=None), Severity.OK, "belongs to no hub"),
        (HubWay(bus=BUS, sent_at=NOW - 20_000, undelivered=0), Severity.OK, "20 s ago"),
        (HubWay(bus=BUS, sent_at=0, undelivered=0), Severity.WARNING, "no usage event was sent"),
        (HubWay(bus=BUS, sent_at=NOW - 4 * MINUTE, undelivered=0), Severity.PROBLEM, "shows this account as silent"),
        (HubWay(bus=BUS, sent_at=NOW, undelivered=3, code="NO_PERMISSIONS"), Severity.PROBLEM, "did not take 3 usage events"),
        (HubWay(bus=BUS, sent_at=NOW, undelivered=None), Severity.WARNING, "could not be read"),
    ],
)
def test_one_finding_with_its_level(way: HubWay, level: Severity, text: str) -> None:
    """A member counts in any case; whether the hub sees it is the question."""
    (found,) = of_hub(way, NOW, PLACE)
    assert (found.level, text in found.text) == (level, True)


def test_the_remedy_follows_the_code_of_eventbridge() -> None:
    """A refused event and a bus that is gone need different things."""
    (refused,) = of_hub(HubWay(bus=BUS, sent_at=NOW, undelivered=1, code="NO_PERMISSIONS"), NOW, PLACE)
    (gone,) = of_hub(HubWay(bus=BUS, sent_at=NOW, undelivered=1, code="RESOURCE_NOT_FOUND"), NOW, PLACE)
    assert "organizationId" in refused.remedy
    assert "removed or moved" in gone.remedy
