"""The state of a CloudWatch alarm, given the datapoints of its evaluation range.

Pure. Follows https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/alarms-and-missing-data.html: more periods are read than
the alarm evaluates, real datapoints count first, and only when there are too few of them are missing ones filled in. Two simplifications:
the newest period is evaluated as soon as it has data (AWS waits until it has passed, so real alarms come later), and there are no anomaly
bands.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping, Sequence
from typing import Final, Literal

State = Literal["OK", "ALARM", "INSUFFICIENT_DATA"]

# In the examples of the AWS page an alarm on 3 periods looks at 5.
EXTRA_PERIODS: Final = 2

BREACHES: Final[Mapping[str, Callable[[float, float], bool]]] = {
    "GreaterThanOrEqualToThreshold": operator.ge,
    "GreaterThanThreshold": operator.gt,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


def state_of(breaching: Sequence[bool | None], *, evaluate: int, to_alarm: int, treat_missing: str, before: State) -> State:
    """Return the state after the datapoints of the range.

    Args:
        breaching: Oldest first, whether the datapoint breaches; None where there is none.
        evaluate: The alarm's EvaluationPeriods.
        to_alarm: The alarm's DatapointsToAlarm.
        treat_missing: `missing`, `ignore`, `breaching` or `notBreaching`.
        before: The state that the alarm is in.
    """
    real = [point for point in breaching if point is not None][-evaluate:]
    lacking = evaluate - len(real)
    if treat_missing == "breaching":
        real += [True] * lacking
    elif treat_missing == "notBreaching":
        real += [False] * lacking
    elif not real:
        return before if treat_missing == "ignore" else "INSUFFICIENT_DATA"
    elif lacking and all(real) and len(real) < to_alarm:  # only breaches, but too few of them
        return before if treat_missing == "ignore" else "ALARM"
    return "ALARM" if sum(real) >= to_alarm else "OK"
