"""What the outside is shown: every published number was true at a moment after its stamp, and silence is never mistaken for calm."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

from fargatecount.breaches.breach import CLEARS_AT
from fargatecount.breaches.event import LimitEvent
from fargatecount.counts import EMPTY, Counts
from fargatecount.ledger.clusters import RECONCILER, STALE_AFTER
from fargatecount.ledger.store import Bucket
from fargatecount.metrics import catalog
from fargatecount.metrics.series import DataPoint
from fargatecount.quotas.quota import CODES
from fargatecount.quotas.thresholds import DEFAULT_THRESHOLDS
from fargatecount.workload import Capacity, Millis
from tests.simulation.alarms import definitions
from tests.simulation.inspector import ViolationError
from tests.simulation.scheduler import Scheduler
from tests.simulation.table import SharedTable
from tests.support.builders import MINUTE, SCOPE

REMEMBERED: Millis = 2 * 3_600_000
"""How far back the counters are known: longer than any process stands still."""
MARGIN = 1e-6
"""vCPU are published as fractions."""
ALWAYS = frozenset({catalog.COUNT_TOTAL.suffix, catalog.HELD.suffix, catalog.USED.suffix, catalog.UNREADABLE.suffix})
"""Of a whole publish, once every cluster has been read: what `fargate-published` vouches for."""


class Auditor:
    """Knows what each counter was at each moment, and compares what is published with it."""

    def __init__(self, table: SharedTable, scheduler: Scheduler, skew: Millis) -> None:
        self._table = table
        self._scheduler = scheduler
        self._skew = skew
        """How far the clocks of publishers are ahead at most, in milliseconds."""
        self._history: dict[Bucket, list[tuple[Millis, Counts]]] = {}
        self._doubtful_until: Millis = -1
        """The last moment of a rebuild, during which counters pass through numbers that were never true."""
        self._rebuilding_since: Millis | None = None
        self._silent_since: Millis | None = None
        """Since when ECS has answered nothing at all."""
        self._passed_since: Millis | None = None
        """Since when the table has known a first full pass; what it holds itself is the time of a reconciler, whose clock may be wrong."""
        self._last_whole: Millis = scheduler.now
        self.quotas: Mapping[Capacity, float] = {}
        self.audits = 0

    # What happens.

    def step(self) -> None:
        """Remember the counters that moved."""
        now, truth = self._scheduler.now, self._table.truth
        for bucket, counter in truth._counters.items():
            known = self._history.setdefault(bucket, [])
            if not known or known[-1][1] is not counter.counts:
                known.append((now, counter.counts))
                if len(known) > 1 and known[1][0] < now - REMEMBERED:
                    del known[0]
        for bucket in self._history.keys() - truth._counters.keys():  # a restored table does not have it yet, or a retired cluster no more
            if self._history[bucket][-1][1] is not EMPTY:
                self._history[bucket].append((now, EMPTY))
        rebuilding = any(view.rebuilding for state in truth._clusters.values() for view in state.sources.values())
        if rebuilding or truth._buckets_before > 0:
            self._doubtful_until = now
        self._rebuilding_since = (self._rebuilding_since or now) if rebuilding else None
        self._passed_since = None if truth.first_pass(SCOPE) is None else self._passed_since or now

    def went_back(self) -> None:
        """The table was restored: what it held a moment ago is no measure any more."""
        self._doubtful_until = self._scheduler.now

    def silence(self, since: Millis | None) -> None:
        """ECS answers nothing from now on; None: it answers again."""
        self._silent_since = since

    # What is published.

    def put(self, points: Sequence[DataPoint]) -> None:
        """Compare an accepted put with the truth between its stamp and now."""
        if not points:
            return
        self.audits += 1
        actor, now = self._scheduler.actor(), self._scheduler.now
        stamp = points[0].at - (actor.skew if actor else 0)
        if any(point.at != points[0].at for point in points) or stamp > now:
            raise ViolationError(f"points of one put are stamped {sorted({point.at for point in points})} at {now}")
        values = {point.series: point.value for point in points}
        if self._doubtful_until < stamp:
            self._compare_totals(values, stamp)
        if catalog.PUBLISHED.suffix in values:
            self._compare_whole(values, stamp)
            self._last_whole = now

    def _compare_totals(self, values: Mapping[str, float], stamp: Millis) -> None:
        for capacities, series, measure in (
            (tuple(Capacity), catalog.USED.suffix, "vcpu"),
            (tuple(Capacity), catalog.HELD.suffix, "count"),
            *(((each,), f"{catalog.USED_OF.suffix}/{each}", "vcpu") for each in Capacity),
        ):
            if series not in values:
                continue
            least = most = 0.0
            for known in self._history.values():
                found = [float(getattr(counts.tally(capacities=capacities), measure)) for counts in _between(known, stamp)]
                least, most = least + min(found), most + max(found)
            if not least - MARGIN <= values[series] <= most + MARGIN:
                raise ViolationError(f"{series} is published as {values[series]}; since its stamp it was {least} to {most}")

    def _compare_whole(self, values: Mapping[str, float], stamp: Millis) -> None:
        flagged = values.get(catalog.UNREADABLE.suffix, 0)
        if self._passed_since is not None and self._passed_since + 2 * self._skew < stamp:
            missing = ALWAYS - values.keys()
            if missing:
                raise ViolationError(f"published says that all is published, and {sorted(missing)} are not")
        if self._rebuilding_since is not None and self._rebuilding_since < stamp and not flagged:
            raise ViolationError("a cluster is being rebuilt, and none is published as unreadable")
        noticed = STALE_AFTER[RECONCILER] + 3 * self._skew + MINUTE
        if self._silent_since is not None and stamp - self._silent_since > noticed and not flagged:
            raise ViolationError(f"ECS has not answered since {self._silent_since}, and nothing is published as unreadable at {stamp}")
        if not self.quotas and not values.get(catalog.QUOTA_UNKNOWN.suffix):
            raise ViolationError("no quota was ever read, and none is published as unknown")

    def minute(self, states: Mapping[str, str]) -> None:
        """Let no publisher be silent without an alarm; called once a minute."""
        liveness = definitions()["Liveness"]
        patience = (liveness.evaluate + 2) * MINUTE + 2 * self._skew
        silent = self._scheduler.now - self._last_whole
        if silent > patience and states["Liveness"] != "ALARM":
            raise ViolationError(f"nothing was published for {silent // 1000} s, and the alarm of liveness is {states['Liveness']}")

    def events(self, accepted: Sequence[LimitEvent]) -> None:
        """Let the events of each gauge alternate; a repeated one has the same identity."""
        for gauge, sent in _by_gauge(accepted).items():
            kinds = [event.detail_type for event in sent]
            if any(kind == following for kind, following in pairwise(kinds)) or "Cleared" in kinds[0]:
                raise ViolationError(f"the events of {gauge} do not alternate: {[(e.detail_type, e.detail.breach) for e in sent]}")

    def at_rest(self, latest: Mapping[str, DataPoint], states: Mapping[str, str], accepted: Sequence[LimitEvent]) -> None:
        """Compare what CloudWatch and the bus know with the truth, once everything has been calm for long."""
        total = Counts.total(row.counts for found in self._table.rows().values() for row in found)
        shown = {series: point.value for series, point in latest.items()}
        expected = {catalog.HELD.suffix: total.held.count, catalog.USED.suffix: total.held.vcpu}
        if self._skew < MINUTE:  # a clock that is ten minutes ahead finds everything stale, which errs on the safe side
            expected[catalog.UNREADABLE.suffix] = 0
        wrong = {series: (shown.get(series), value) for series, value in expected.items() if abs(shown.get(series, -1) - value) > MARGIN}
        if wrong:
            raise ViolationError(f"at rest the published values differ from the truth: {wrong}")
        # By clocks that are minutes apart these alarms may ring without need, which is not silence.
        health = {"UnreadableClusters", "Liveness"} if self._skew < MINUTE else set()
        if any(states[name] != "OK" for name in health):
            raise ViolationError(f"at rest alarms of health ring: {states}")
        for capacity in CODES:
            quota = self.quotas.get(capacity)
            if quota is not None:
                self._compare_alarms(capacity, 100 * total.tally(capacities=(capacity,)).vcpu / quota, states, accepted)
        if not self.quotas and states["QuotaUnknown"] != "ALARM":
            raise ViolationError(f"no quota was ever read, and its alarm is {states['QuotaUnknown']}")

    def _compare_alarms(self, capacity: Capacity, percent: float, states: Mapping[str, str], accepted: Sequence[LimitEvent]) -> None:
        name = "OnDemand" if capacity is Capacity.ON_DEMAND else "Spot"
        for level, threshold in (("warning", DEFAULT_THRESHOLDS.warning), ("critical", DEFAULT_THRESHOLDS.critical)):
            state = states[f"{level.title()}{name}"]
            if (state == "ALARM") != (percent >= threshold):
                raise ViolationError(f"{capacity} is used to {percent} %, and its {level} alarm is {state}")
            sent = _by_gauge(accepted).get(("quota", str(capacity), level), [])
            is_open = bool(sent) and "Crossed" in sent[-1].detail_type
            if (percent >= threshold and not is_open) or (percent < threshold * CLEARS_AT and is_open):
                raise ViolationError(
                    f"{capacity} is used to {percent} %, and the {level} limit event says {'open' if is_open else 'closed'}"
                )


def _between(known: Sequence[tuple[Millis, Counts]], stamp: Millis) -> Sequence[Counts]:
    """Return what a counter was at any moment since `stamp`."""
    before = [counts for at, counts in known if at < stamp]
    return [before[-1] if before else EMPTY, *(counts for at, counts in known if at >= stamp)]


def _by_gauge(accepted: Sequence[LimitEvent]) -> Mapping[tuple[str, str, str], Sequence[LimitEvent]]:
    """Return the events of each gauge, without those that repeat an earlier one."""
    found: dict[tuple[str, str, str], list[LimitEvent]] = {}
    seen = set()
    for event in accepted:
        mark = (event.detail.breach, event.detail_type)
        if mark not in seen:
            seen.add(mark)
            found.setdefault((event.detail.ceiling, str(event.detail.capacity), str(event.detail.level)), []).append(event)
    return found
