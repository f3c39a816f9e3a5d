"""What the path of an event proves."""

from __future__ import annotations

import pytest

from fargatecount.breaches.alarms import StateChange
from fargatecount.selftest.delivery import (
    QueueState,
    RuleState,
    of_alarm_delays,
    of_alarm_states,
    of_dead_letters,
    of_event_delays,
    of_function_metrics,
    of_metric_delay,
    of_queue,
    of_rule,
)
from fargatecount.selftest.outcome import ClaimVerdict, Outcome
from fargatecount.workload import SourceRank
from tests.support.builders import HOUR, MINUTE, NOW, row

P, R, N = ClaimVerdict.PROVEN, ClaimVerdict.REFUTED, ClaimVerdict.NOT_KNOWN
FINE = RuleState(enabled=True, targets=1, matched=9, invoked=9, failed=None)


def written(*delays: int, source: SourceRank = SourceRank.EVENT, ago: int = 0) -> Outcome:
    """Return the outcome of rows that were written so long after the change."""
    return of_event_delays([row(source=source, observed_at=NOW - ago - delay, written_at=NOW - ago) for delay in delays], NOW)


@pytest.mark.parametrize(
    ("outcome", "verdict"),
    [
        (of_rule(FINE), P),
        (of_rule(RuleState(enabled=False, targets=1, matched=None, invoked=None, failed=None)), R),
        (of_rule(RuleState(enabled=True, targets=0, matched=1, invoked=None, failed=None)), R),
        (of_rule(RuleState(enabled=True, targets=1, matched=9, invoked=7, failed=2)), R),
        (of_rule(RuleState(enabled=True, targets=1, matched=None, invoked=None, failed=None)), N),
        (of_queue(QueueState(received=5, oldest_seconds=2)), P),
        (of_queue(QueueState(received=5, oldest_seconds=120)), R),
        (of_queue(QueueState(received=None, oldest_seconds=0)), N),
        (of_dead_letters({"a": 0, "b": 0}), P),
        (of_dead_letters({"a": 0, "b": 3}), R),
        (of_dead_letters({"a": 0, "b": None}), N),
        (written(500, 900, 4_000), P),
        (written(2 * MINUTE, 3 * MINUTE), R),
        (written(500, 600, 40_000), N),
        (written(), N),
        (written(500, source=SourceRank.API), N),
        (written(500, ago=2 * HOUR), N),
        (of_metric_delay(NOW - MINUTE, NOW, armed=True), P),
        (of_metric_delay(NOW - 10 * MINUTE, NOW, armed=True), R),
        (of_metric_delay(None, NOW, armed=True), R),
        (of_metric_delay(None, NOW, armed=False), N),
        (of_function_metrics(["a", "b"], ["a"], armed=True), P),
        (of_function_metrics(["b"], ["a"], armed=True), N),
        (of_function_metrics([], ["a"], armed=False), N),
        (of_alarm_states({"liveness": "OK"}, armed=True), P),
        (of_alarm_states({"liveness": "OK", "native-spot": "INSUFFICIENT_DATA"}, armed=True), N),
        (of_alarm_states({"liveness": "OK", "native-on-demand": "INSUFFICIENT_DATA"}, armed=True), R),
        (of_alarm_states({}, armed=True), N),
    ],
)
def test_what_was_read_decides(outcome: Outcome, verdict: ClaimVerdict) -> None:
    """Each check has its three verdicts, evidence always, and a remedy unless it is proven."""
    assert outcome.verdict is verdict
    assert outcome.evidence
    assert bool(outcome.remedy) == (verdict is not P)


def change(delay: int) -> StateChange:
    """Return a change of state so long after its newest data point, in CloudWatch's words."""
    words = "Threshold Crossed: 1 datapoint [97.5 (01/01/26 00:00:00)] was greater than or equal to the threshold (95.0)."
    return StateChange(NOW + delay, words)


def test_delays_of_alarms_are_those_to_their_newest_point() -> None:
    """A change without a data point, as by a test of the alarm, says nothing."""
    assert of_alarm_delays([change(20_000), change(30_000)]).evidence[0].startswith("2 changes of state: median 30 s")
    assert of_alarm_delays([change(10 * MINUTE)]).verdict is R
    assert of_alarm_delays([StateChange(NOW, "set by hand"), StateChange(NOW, "(99/99/99 99:99:99)")]).verdict is N
