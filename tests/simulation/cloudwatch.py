"""CloudWatch and the event bus in simulated time: they keep what is put, evaluate the deployment's alarms, and can be in trouble."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from fargatecount.breaches.event import LimitEvent
from fargatecount.breaches.notify import Event
from fargatecount.errors import UnavailableError
from fargatecount.metrics.series import DataPoint
from fargatecount.workload import Millis
from tests.simulation.alarms import Alarm, definitions
from tests.simulation.scheduler import Killed, Scheduler
from tests.simulation.table import TROUBLE

EVALUATED_EVERY: Millis = 60_000
"""CloudWatch looks at an alarm once a minute, and here whenever a point arrives too."""


class SimulatedCloudWatch:
    """What was put last of each series, and the alarms on them."""

    def __init__(self, scheduler: Scheduler, check: Callable[[Sequence[DataPoint]], None]) -> None:
        self._scheduler = scheduler
        self._check = check
        """Called with each accepted put."""
        self.latest: dict[str, DataPoint] = {}
        self._alarms: dict[str, list[Alarm]] = {}
        for definition in definitions().values():
            self._alarms.setdefault(definition.series, []).append(Alarm(definition))
        self._evaluated: Millis = 0

    def put(self, points: Sequence[DataPoint]) -> None:
        """Keep all points, or some, or none; with or without an answer."""
        trouble = trouble_of(self._scheduler)
        self._keep(points[: len(points) // 2] if trouble == "half" else points)
        after(self._scheduler, trouble)

    def _keep(self, points: Sequence[DataPoint]) -> None:
        for point in points:
            self.latest[point.series] = point
            for alarm in self._alarms.get(point.series, ()):
                alarm.take(point.value, point.at)
                alarm.evaluate(self._scheduler.now)
        self._check(points)

    def pass_time(self) -> bool:
        """Evaluate every alarm once a minute; return whether that was now."""
        if self._scheduler.now - self._evaluated < EVALUATED_EVERY:
            return False
        self._evaluated = self._scheduler.now
        for alarms in self._alarms.values():
            for alarm in alarms:
                alarm.evaluate(self._scheduler.now)
        return True

    def states(self) -> Mapping[str, str]:
        """Return the state of each alarm by its name in the template."""
        return {alarm.definition.name: alarm.state for alarms in self._alarms.values() for alarm in alarms}


class SimulatedBus:
    """Every accepted limit event, in order."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self.accepted: list[LimitEvent] = []

    def put(self, events: Sequence[Event]) -> Sequence[Event]:
        """Accept all events, or some, or none; with or without an answer."""
        trouble = trouble_of(self._scheduler)
        taken = list(events[: len(events) // 2] if trouble == "half" else events)
        self.accepted += [each for each in taken if isinstance(each, LimitEvent)]
        after(self._scheduler, "" if trouble == "half" else trouble)
        return taken


def trouble_of(scheduler: Scheduler) -> str:
    """Let others act, and draw what goes wrong; raises it if it happens before the call arrives."""
    scheduler.pause()
    if scheduler.calm or scheduler.chance.random() >= TROUBLE:
        return ""
    trouble = scheduler.chance.choice(["no answer", "killed", "half", "answer lost", "killed after"])
    if trouble == "no answer":
        raise UnavailableError("no answer")
    if trouble == "killed":
        raise Killed
    return trouble


def after(scheduler: Scheduler, trouble: str) -> None:
    """Let others act; raises what happens once the call has arrived."""
    scheduler.pause()
    if trouble in {"half", "answer lost"}:
        raise UnavailableError("the answer was lost")
    if trouble == "killed after":
        raise Killed
