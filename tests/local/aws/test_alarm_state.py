"""Which state an alarm is in."""

from __future__ import annotations

import pytest

from local.aws.alarm_state import State, state_of

POINTS = {"0": False, "X": True, "-": None}
BEFORE: State = "INSUFFICIENT_DATA"
KEPT = BEFORE

TREATMENTS = ("missing", "ignore", "breaching", "notBreaching")


# The two tables of https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html:
# 0 is within the threshold, X breaches.
THREE_OF_THREE = {
    "0-X-X": ("OK", "OK", "OK", "OK"),
    "----0": ("OK", "OK", "OK", "OK"),
    "-----": ("INSUFFICIENT_DATA", KEPT, "ALARM", "OK"),
    "0XX-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "--X--": ("ALARM", KEPT, "ALARM", "OK"),
}
TWO_OF_THREE = {
    "0-X-X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "00X0X": ("ALARM", "ALARM", "ALARM", "ALARM"),
    "0-X--": ("OK", "OK", "ALARM", "OK"),
    "----0": ("OK", "OK", "ALARM", "OK"),
    "---X-": ("ALARM", KEPT, "ALARM", "OK"),
}
CASES = [
    (to_alarm, points, treatment, state)
    for to_alarm, table in ((3, THREE_OF_THREE), (2, TWO_OF_THREE))
    for points, states in table.items()
    for treatment, state in zip(TREATMENTS, states, strict=True)
]


@pytest.mark.parametrize(("to_alarm", "points", "treatment", "state"), CASES, ids=str)
def test_an_alarm_treats_missing_data_as_aws_says(to_alarm: int, points: str, treatment: str, state: State) -> None:
    """Every row of the tables in the CloudWatch guide holds."""
    breaching = [POINTS[point] for point in points]
    assert state_of(breaching, evaluate=3, to_alarm=to_alarm, treat_missing=treatment, before=BEFORE) == state
