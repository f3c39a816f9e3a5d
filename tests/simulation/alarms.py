"""The alarms of the deployment, as its template defines them, evaluated over points in memory."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from fargatecount.workload import Millis
from local.aws.alarm_state import BREACHES, EXTRA_PERIODS, State, state_of

PREFIX = "${MetricPrefix}-"


class _Template(yaml.SafeLoader):
    """Reads CloudFormation: what a tag refers to is left as text."""


_Template.add_multi_constructor("!", lambda _loader, tag, node: node.value if isinstance(node, yaml.ScalarNode) else tag)


@dataclass(frozen=True)
class Definition:
    """One alarm on one series."""

    name: str
    series: str
    """As `DataPoint.series` has it."""
    compare: str
    threshold: float
    period: Millis
    evaluate: int
    to_alarm: int
    missing: str


@cache
def definitions() -> Mapping[str, Definition]:
    """Return every alarm on a single series, by its resource's name, with the default thresholds."""
    settings = yaml.load(Path("serverless.yml").read_text(), _Template)["params"]["default"]
    defaults = {name[0].upper() + name[1:]: value for name, value in settings.items()}  # as infra/settings.js names them
    resources = yaml.load(Path("infra/alarms.yml").read_text(), _Template)["Resources"]
    return {name: _definition(name, body["Properties"], defaults) for name, body in resources.items() if "MetricName" in body["Properties"]}


def _definition(name: str, alarm: Mapping[str, Any], defaults: Mapping[str, Any]) -> Definition:
    def number(value: object) -> float:
        return float(defaults.get(str(value), value))

    dimensions = [each["Value"] for each in alarm.get("Dimensions", ())]
    return Definition(
        name=name,
        series="/".join((alarm["MetricName"].removeprefix(PREFIX), *dimensions)),
        compare=alarm["ComparisonOperator"],
        threshold=number(alarm["Threshold"]),
        period=round(number(alarm["Period"]) * 1000),
        evaluate=round(number(alarm["EvaluationPeriods"])),
        to_alarm=round(number(alarm["DatapointsToAlarm"])),
        missing=alarm["TreatMissingData"],
    )


class Alarm:
    """One alarm and its state."""

    def __init__(self, definition: Definition) -> None:
        self.definition = definition
        self.state: State = "INSUFFICIENT_DATA"
        self._maxima: dict[int, float] = {}

    def take(self, value: float, at: Millis) -> None:
        """Add one point to its period, of which the alarm takes the maximum."""
        period = at // self.definition.period
        self._maxima[period] = max(value, self._maxima.get(period, value))

    def evaluate(self, now: Millis) -> State:
        """Return the state now."""
        here, newest = self.definition, now // self.definition.period
        oldest = newest - here.evaluate - EXTRA_PERIODS + 1
        breaches = BREACHES[here.compare]
        points = [self._maxima.get(period) for period in range(oldest, newest + 1)]
        if here.missing == "breaching":  # the newest period is not over, so nothing is missing from it yet
            points = points if points[-1] is not None else points[:-1]
        self.state = state_of(
            [None if value is None else breaches(value, here.threshold) for value in points],
            evaluate=here.evaluate,
            to_alarm=here.to_alarm,
            treat_missing=here.missing,
            before=self.state,
        )
        for period in [period for period in self._maxima if period < oldest]:
            del self._maxima[period]
        return self.state
