"""Delivery: from an event to the queue, the counter, the metric and the alarm, with the delays that were measured.

Pure. A delay is a lower bound where a clock cut its time to a whole second or minute.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from fargatecount.breaches.alarms import StateChange
from fargatecount.ledger.row import Row
from fargatecount.selftest.outcome import Outcome, not_known, proven, refuted
from fargatecount.timestamps import HOUR, MINUTE
from fargatecount.workload import Millis, SourceRank

SOON: Millis = 10_000
"""Within seconds, as README promises, and the whole second to which ECS cuts its times."""
LATE: Millis = MINUTE
"""The default of the alarm `event-age`."""
VISIBLE: Millis = 3 * MINUTE
"""CloudWatch shows a standard metric within two minutes after its minute (https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/
publishingMetrics.html)."""
ALARMED: Millis = 2 * MINUTE
"""A period of a minute, and the minute in which CloudWatch evaluates it."""
START_TASKS = "run this again an hour after tasks have started and stopped"
ARM = "arm the deployment (armed=true) and run this again an hour later"
DATAPOINT = re.compile(r"\((\d\d/\d\d/\d\d \d\d:\d\d:\d\d)\)")
"""How CloudWatch names the time of a data point in the reason of a change of state."""


class RuleState(msgspec.Struct, frozen=True, kw_only=True):
    """The event rule and its metrics of the last hour; None where CloudWatch has no point."""

    enabled: bool
    targets: int
    matched: float | None
    invoked: float | None
    failed: float | None


class QueueState(msgspec.Struct, frozen=True, kw_only=True):
    """The task queue and its metrics of the last hour."""

    received: float | None
    oldest_seconds: float | None
    """The greatest age of the oldest message."""


def of_rule(rule: RuleState) -> Outcome:
    """Judge whether events are matched and delivered."""
    numbers = (
        f"enabled: {'yes' if rule.enabled else 'no'}; targets: {rule.targets}",
        f"last hour: {_number(rule.matched)} matched, {_number(rule.invoked)} delivered, {_number(rule.failed)} failed",
    )
    if not rule.enabled or not rule.targets:
        return refuted(*numbers, remedy="enable the rule, or deploy again: aws events enable-rule")
    if rule.failed:
        return refuted(*numbers, remedy="the queue's policy or key keeps EventBridge out: deploy again")
    return proven(*numbers) if rule.matched and rule.invoked else not_known(*numbers, remedy=START_TASKS)


def of_queue(queue: QueueState) -> Outcome:
    """Judge whether the queue is emptied at once."""
    numbers = f"last hour: {_number(queue.received)} messages, the oldest {_number(queue.oldest_seconds)} s old"
    if not queue.received or queue.oldest_seconds is None:
        return not_known(numbers, remedy=START_TASKS)
    if queue.oldest_seconds * 1000 > LATE:
        return refuted(numbers, remedy="see throttles and errors of function task_changed")
    return proven(numbers)


def of_dead_letters(depths: Mapping[str, int | None]) -> Outcome:
    """Judge whether something could not be processed; `depths` are those of the queues by name."""
    numbers = "; ".join(f"{name}: {_number(depth)}" for name, depth in depths.items())
    if any(depths.values()):
        return refuted(numbers, remedy="fargatecount dead-letters list shows why; please send the reasons too")
    if None in depths.values():
        return not_known(numbers, remedy="allow sqs:GetQueueAttributes on both queues")
    return proven(numbers)


def of_event_delays(rows: Iterable[Row], now: Millis) -> Outcome:
    """Judge the time from a task's change, by ECS's clock, to the row's write: of the rows that an event wrote in the last hour."""
    fresh = [row for row in rows if row.source is SourceRank.EVENT and now - row.written_at <= HOUR]
    delays = sorted(row.written_at - row.observed_at for row in fresh)
    if not delays:
        return not_known("no row was written by an event in the last hour", remedy=START_TASKS)
    middle, most = delays[len(delays) // 2], delays[-1]
    near = delays[min(len(delays) - 1, len(delays) * 95 // 100)]
    numbers = f"{len(delays)} rows: median {middle / 1000:.1f} s, 95 of 100 within {near / 1000:.1f} s, longest {most / 1000:.1f} s"
    if near <= SOON:
        return proven(numbers)
    if middle > LATE:
        return refuted(numbers, remedy="see the age of the queue's oldest message, and throttles and errors of function task_changed")
    return not_known(numbers, remedy="run this again in an hour: a replay of old events makes this late")


def of_metric_delay(newest: Millis | None, now: Millis, *, armed: bool) -> Outcome:
    """Judge the age of the newest point of `fargate-published` that CloudWatch returns."""
    if not armed:
        return not_known("the deployment is not armed: nothing is published", remedy=ARM)
    if newest is None:
        return refuted("CloudWatch has no point of the last hour", remedy="see the log of function publish: fargatecount doctor")
    age = f"the newest point is {(now - newest) / 1000:.0f} s old"
    return proven(age) if now - newest <= VISIBLE else refuted(age, remedy="see the log of function publish: fargatecount doctor")


def of_function_metrics(names: Iterable[str], expected: Iterable[str], *, armed: bool) -> Outcome:
    """Judge which metrics of embedded log lines exist."""
    if not armed:
        return not_known("the deployment is not armed: no lines are written", remedy=ARM)
    there, wanted = set(names), list(expected)
    missing = [name for name in wanted if name not in there]
    if missing:
        return not_known(f"no metric {', '.join(missing)} yet", remedy=START_TASKS)
    return proven(f"found {', '.join(wanted)}")


def of_alarm_states(states: Mapping[str, str], *, armed: bool) -> Outcome:
    """Judge which alarms have data; `states` are by the alarm's name without the stack's."""
    if not armed or not states:
        return not_known("the deployment has no alarms", remedy=ARM)
    blind = sorted(name for name, state in states.items() if state == "INSUFFICIENT_DATA")
    if not blind:
        return proven(f"{len(states)} alarms have data")
    text = f"{len(blind)} of {len(states)} alarms have no data: {', '.join(blind)}"
    if "native-spot" in blind and len(blind) == 1:
        return not_known(text, remedy="run one Spot task, and this again ten minutes later")
    return refuted(text, remedy="look at the alarm's series in the CloudWatch console, and send what AWS/Usage has there")


def of_alarm_delays(changes: Sequence[StateChange]) -> Outcome:
    """Judge the time from the newest data point of an alarm's reason to its change of state."""
    delays = sorted(change.at - max(points) for change in changes if (points := _datapoints(change.reason)))
    if not delays:
        wait = "start tasks up to warningPercent in a test account, or wait for a day"
        return not_known("no alarm has changed its state by a data point yet", remedy=wait)
    middle, most = delays[len(delays) // 2], delays[-1]
    numbers = f"{len(delays)} changes of state: median {middle / 1000:.0f} s after the newest point, longest {most / 1000:.0f} s"
    if middle <= ALARMED:
        return proven(numbers)
    return refuted(numbers, remedy="send the history of the alarm: aws cloudwatch describe-alarm-history")


def _datapoints(reason: str) -> list[Millis]:
    found = []
    for text in DATAPOINT.findall(reason):
        try:
            found.append(round(datetime.strptime(text, "%d/%m/%y %H:%M:%S").replace(tzinfo=UTC).timestamp() * 1000))
        except ValueError:
            continue
    return found


def _number(value: float | None) -> str:
    return "unknown" if value is None else f"{value:g}"
