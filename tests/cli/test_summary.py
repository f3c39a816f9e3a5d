"""The lines in which a report is summed up for people."""

from __future__ import annotations

import pytest

from fargatecount.cli.output import amount
from fargatecount.cli.report_tables import summary
from fargatecount.quotas.headroom_document import SurveyDocument
from tests.support.builders import NOW
from tests.support.pages import report, short, survey

WEB = short("web", cluster="ECS-shop")


def said(headroom: SurveyDocument) -> str:
    """Return what the summary says of services."""
    (line,) = (line for line in summary(report(NOW, state={"headroom": headroom})) if line.startswith("Headroom"))
    return line


@pytest.mark.parametrize(
    ("headroom", "line"),
    [
        (survey(services=0), "Headroom: no ECS service runs on Fargate."),
        (survey(services=1), "Headroom: 1 service, whose next deployment would fit."),
        (survey(services=3), "Headroom: 3 services, the next deployment of each would fit."),
        (
            survey(WEB, services=3),
            "Headroom: the next deployment of 1 of 3 services would not fit: ECS-shop/web.",
        ),
        (
            survey(WEB, services=30, without_headroom=25),
            "Headroom: the next deployment of 25 of 30 services would not fit: ECS-shop/web and others.",
        ),
        (survey(services=1, without_headroom=None), "Headroom: not known (the quota is not known)."),
    ],
)
def test_headroom_is_one_sentence(headroom: SurveyDocument, line: str) -> None:
    """What fits, what does not, and what is not known."""
    assert said(headroom) == line


@pytest.mark.parametrize(("value", "text"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (12345, "12,345 calls")])
def test_one_is_not_many(value: int, text: str) -> None:
    """People write 1 call."""
    assert amount(value, "call") == text
