"""History: what each cluster held over time, from samples of several sources, in the few hundred points that a chart can show.

Pure. A value that no source has confirmed lately, or of an unreadable cluster, is marked as doubtful. Where no source has a value there is
a gap. Neither is ever 0. Thinning keeps whole moments, so stacked values were true at the same time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import Protocol

import msgspec

from fargatecount.ledger.clusters import RECONCILER, STALE_AFTER
from fargatecount.workload import Millis, Scope

GOOD_FOR: Millis = STALE_AFTER[RECONCILER]
"""How long a sample is valid: as long as the counts of a cluster."""

MAX_POINTS = 400
"""A chart on a wide screen has 1,200 pixels. More points than one in three pixels show nothing more, and make the file larger."""

MAX_SERIES = 25
"""With 400 points each, 10,000 points. The page draws ten of them at once, the colors that people can distinguish, and sums up the others;
a reader who filters sees them too. Clusters with lower peaks are one series together, so the stack stays complete."""


class TimeLevel(msgspec.Struct, frozen=True, gc=False):
    """What one cluster held at one moment."""

    running: float | None
    vcpu: float | None
    readable: bool = True
    """False: the values are the last known counts."""


class Sample(msgspec.Struct, frozen=True, kw_only=True):
    """One moment from one source."""

    at: Millis
    levels: Mapping[str, TimeLevel]
    """By cluster key."""
    existing: Collection[str] | None = None
    """Every cluster that existed then; None if the source does not know."""
    good_for: Millis = GOOD_FOR
    span: Millis = 0
    """Milliseconds from `at` on over which the levels are the maximum; 0 for an instant."""


class PageSeries(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the chart, value by value beside `History.times`."""

    name: str
    running: Sequence[float | None]
    vcpu: Sequence[float | None]
    doubtful: Sequence[int]
    """Positions of last known values."""
    clusters: int = 1
    """Number of clusters in the sum."""


class History(msgspec.Struct, frozen=True, kw_only=True):
    """The chart."""

    times: Sequence[Millis] = ()
    series: Sequence[PageSeries] = ()
    """Highest peak first."""


class HistorySource(Protocol):
    """A source of past counts besides the stored reports."""

    def samples(self, scope: Scope, clusters: Sequence[str], since: Millis, until: Millis) -> Sequence[Sample]:
        """Return the samples of a period, oldest first; raises a FargatecountError if the source could not be read."""
        ...


class _Shown(msgspec.Struct, frozen=True, gc=False):
    level: TimeLevel
    doubtful: bool


class _Moment(msgspec.Struct, frozen=True):
    at: Millis
    shown: Mapping[str, _Shown]
    breaks: Millis | None = None
    """Time at which the previous values expired, if that was before this moment."""

    @property
    def total(self) -> tuple[float, float]:
        return sum(one.level.vcpu or 0 for one in self.shown.values()), sum(one.level.running or 0 for one in self.shown.values())


def history(samples: Iterable[Sample], since: Millis, until: Millis, *, points: int = MAX_POINTS, most: int = MAX_SERIES) -> History:
    """Return the chart of a period, without samples from before `since`."""
    ordered = sorted((one for one in samples if since <= one.at <= until), key=lambda one: one.at)
    moments = _thinned(_carried(ordered), since, until, points) if len(ordered) > points else list(_carried(ordered))
    slot = (until - since) // points
    times: list[Millis] = []
    rows: list[Mapping[str, _Shown]] = []
    for moment in moments:
        if moment.breaks is not None and moment.at - moment.breaks > slot and times:
            times.append(max(moment.breaks, times[-1] + 1))
            rows.append({})
        if times and times[-1] == moment.at:  # two sources of one moment: the second already includes the first
            rows.pop()
        else:
            times.append(moment.at)
        rows.append(moment.shown)
    peaks: dict[str, tuple[float, float]] = {}
    for row in rows:
        for name, one in row.items():
            vcpu, running = peaks.get(name, (0.0, 0.0))
            peaks[name] = max(vcpu, one.level.vcpu or 0), max(running, one.level.running or 0)
    if not peaks:
        return History()
    names = sorted(peaks, key=lambda name: (-peaks[name][0], -peaks[name][1], name))
    # One cluster alone needs no "others": it takes the same color.
    own = names if len(names) <= most else names[: most - 1]
    series = [_series([name], name, rows) for name in own]
    if len(own) < len(names):
        others = names[len(own) :]
        series.append(_series(others, f"{len(others)} other clusters", rows))
    return History(times=times, series=series)


def joined(reports: Iterable[Sample], metrics: Sequence[Sample], seen: Sequence[Sample] = ()) -> list[Sample]:
    """Return the samples of several sources with one source for each moment of a cluster: `seen`, else metrics, else reports.

    A maximum of five minutes beside an instant within them would draw a sawtooth that never ran.
    """
    metrics = [sample for sample in metrics if not seen or sample.at < seen[0].at]
    measured = {(name, sample.at // sample.span) for sample in metrics if sample.span for name in sample.levels}
    spans = {sample.span for sample in metrics if sample.span}

    def is_told(name: str, at: Millis) -> bool:
        return any((name, at // span) in measured for span in spans)

    own = [
        msgspec.structs.replace(
            sample, levels={name: level for name, level in sample.levels.items() if not (level.readable and is_told(name, sample.at))}
        )
        for sample in reports
    ]
    return [*own, *metrics, *seen]


def _carried(samples: Sequence[Sample]) -> Iterator[_Moment]:
    """Yield the moment of each sample, with the values of other samples for the clusters that it lacks."""
    known: dict[str, tuple[TimeLevel, Millis]] = {}
    believed_until: Millis | None = None
    for sample in samples:
        if sample.existing is not None:
            known = {name: entry for name, entry in known.items() if name in sample.existing}
        known |= {name: (level, sample.at + sample.good_for) for name, level in sample.levels.items()}
        shown = {name: _Shown(level, not level.readable or sample.at > until) for name, (level, until) in known.items()}
        breaks = believed_until if believed_until is not None and believed_until < sample.at else None
        yield _Moment(sample.at, shown, breaks)
        believed_until = max(believed_until or 0, sample.at + sample.good_for)


def _thinned(moments: Iterable[_Moment], since: Millis, until: Millis, points: int) -> list[_Moment]:
    """Return the moment of each slot with the highest use, because a quota is about peaks, and the last moment of all."""
    best: dict[int, _Moment] = {}
    breaks: dict[int, Millis] = {}
    last: _Moment | None = None
    for moment in moments:
        slot = (moment.at - since) * points // max(until - since, 1)
        if moment.breaks is not None:
            breaks.setdefault(slot, moment.breaks)
        if slot not in best or moment.total > best[slot].total:
            best[slot] = moment
        last = moment
    kept = [msgspec.structs.replace(moment, breaks=breaks.get(slot)) for slot, moment in sorted(best.items())]
    if last is not None and kept[-1].at != last.at:
        kept.append(msgspec.structs.replace(last, breaks=None))
    return kept


def _series(names: Sequence[str], title: str, rows: Sequence[Mapping[str, _Shown]]) -> PageSeries:
    running: list[float | None] = []
    vcpu: list[float | None] = []
    doubtful = []
    for position, row in enumerate(rows):
        shown = [row[name] for name in names if name in row]
        running.append(_sum(one.level.running for one in shown))
        vcpu.append(_sum(one.level.vcpu for one in shown))
        if any(one.doubtful for one in shown):
            doubtful.append(position)
    return PageSeries(name=title, running=running, vcpu=vcpu, doubtful=doubtful, clusters=len(names))


def _sum(values: Iterable[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) if known else None
