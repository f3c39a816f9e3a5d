"""The lines in which a report is summed up for people."""

from __future__ import annotations

from typing import Any

import pytest

from fargatecount.cli.output import amount
from fargatecount.cli.report_tables import summary
from tests.unit.report.test_range import report

NONE: dict[str, Any] = {"services": 0, "without_headroom": 0, "problems": [], "which": []}
WEB = {"cluster": "ECS-shop", "service": "web"}


def said(headroom: dict[str, Any]) -> str:
    """Return what the summary says of services."""
    (line,) = (line for line in summary(report(extra={"headroom": headroom})) if line.startswith("Headroom"))
    return line


@pytest.mark.parametrize(
    ("headroom", "line"),
    [
        (NONE, "Headroom: no ECS service runs on Fargate."),
        (NONE | {"services": 1}, "Headroom: 1 service, whose next deployment would fit."),
        (NONE | {"services": 3}, "Headroom: 3 services, the next deployment of each would fit."),
        (
            NONE | {"services": 3, "without_headroom": 1, "which": [WEB]},
            "Headroom: the next deployment of 1 of 3 services would not fit: ECS-shop/web.",
        ),
        (
            NONE | {"services": 30, "without_headroom": 25, "which": [WEB]},
            "Headroom: the next deployment of 25 of 30 services would not fit: ECS-shop/web and others.",
        ),
        (NONE | {"services": 1, "without_headroom": None}, "Headroom: not known (the quota is not known)."),
    ],
)
def test_headroom_is_one_sentence(headroom: dict[str, Any], line: str) -> None:
    """What fits, what does not, and what is not known."""
    assert said(headroom) == line


@pytest.mark.parametrize(("value", "text"), [(0, "0 calls"), (1, "1 call"), (2, "2 calls"), (12345, "12,345 calls")])
def test_one_is_not_many(value: int, text: str) -> None:
    """People write 1 call."""
    assert amount(value, "call") == text
