"""Counting: the ledger beside AWS's own numbers, and which states AWS counts towards the quota.

Pure. AWS's numbers are some minutes old, so a difference refutes a claim only if the ledger has not changed meanwhile.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from fargatecount.counts import Counts
from fargatecount.ledger.clusters import ClusterState, judge
from fargatecount.quotas.aws_usage import UsageReading
from fargatecount.quotas.limits import Measure
from fargatecount.quotas.quota import CODES, Quota
from fargatecount.reconcile.document import ReconcileDocument
from fargatecount.selftest.outcome import Outcome, not_known, proven, refuted
from fargatecount.sources.snapshot import Statistics
from fargatecount.workload import HELD, Capacity, Cluster, Kind, Millis, Phase

SAME = 0.01
"""vCPU: far less than the smallest task has."""
QUIET = "run this again while nothing has started or stopped for ten minutes"
STATES: Mapping[str, tuple[Phase, ...]] = {
    "held (pending, running, stopping, completed)": tuple(HELD),
    "running only": (Phase.RUNNING,),
    "pending and running": (Phase.PENDING, Phase.RUNNING),
    "running and stopping": (Phase.RUNNING, Phase.STOPPING),
    "pending, running and stopping": (Phase.PENDING, Phase.RUNNING, Phase.STOPPING),
}
"""The rules by which AWS may count, the ledger's own first."""
FEW = 0.001
"""Of all changes: ECS itself leaves one or two tasks in ten thousand behind a day, and ten times as many is still few."""


def of_clusters(states: Sequence[ClusterState], problems: Sequence[str], now: Millis) -> Outcome:
    """Judge whether every cluster has been listed; `problems` are those of the newest report."""
    verdicts = [judge(state, now) for state in states]
    readable = sum(verdict.readable for verdict in verdicts)
    codes = sorted({verdict.code or "no code" for verdict in verdicts if not verdict.readable})
    numbers = f"{readable} of {len(states)} clusters are readable" + (f"; the others: {', '.join(codes)}" if codes else "")
    if not states:
        return not_known("no cluster is known yet", remedy="start a task, and run: fargatecount reconcile")
    if problems or readable < len(states):
        return refuted(numbers, *([f"{len(problems)} problems in the newest report"] if problems else []), remedy="fargatecount doctor")
    return proven(numbers)


def of_statistics(ours: Mapping[Cluster, Counts], theirs: Mapping[Cluster, Statistics], *, is_quiet: bool) -> Outcome:
    """Judge running and pending tasks of each ECS cluster beside DescribeClusters."""
    compared = [cluster for cluster in ours if cluster.kind is Kind.ECS and cluster in theirs and not theirs[cluster].deleted]
    if not compared:
        return not_known("no ECS cluster has statistics", remedy="start a task, and run this again")
    wrong = [cluster for cluster in compared if _two(ours[cluster]) != (theirs[cluster].running, theirs[cluster].pending)]
    running = sum(theirs[cluster].running for cluster in compared)
    numbers = f"{len(compared) - len(wrong)} of {len(compared)} clusters agree; {running} tasks run by AWS's numbers"
    if not wrong:
        return proven(numbers) if running else not_known(numbers, remedy="run tasks, and this again")
    pairs = [f"ours {_two(ours[cluster])}, AWS ({theirs[cluster].running}, {theirs[cluster].pending})" for cluster in wrong[:5]]
    return (
        refuted(numbers, *pairs, remedy="fargatecount verify, then fargatecount reconcile")
        if is_quiet
        else not_known(numbers, *pairs, remedy=QUIET)
    )


def _two(counts: Counts) -> tuple[int, int]:
    return counts.tally(phases=(Phase.RUNNING,)).count, counts.tally(phases=(Phase.PENDING,)).count


def of_lost_events(reports: Sequence[ReconcileDocument], tracked: int) -> Outcome:
    """Judge how many starts and stops the reconciler had to repair, by the reports of a day; `tracked` is the number of rows of it."""
    if not reports or not tracked:
        return not_known("no report or no workload of the last day", remedy="run this again a day after the deployment")
    causes: dict[str, int] = {}
    for report in reports:
        for cause, number in report.causes.items():
            causes[cause] = causes.get(cause, 0) + number
    missed = sum(number for cause, number in causes.items() if cause.startswith("missed"))
    found = ", ".join(f"{number} {cause}" for cause, number in sorted(causes.items())) or "no drift"
    numbers = f"{len(reports)} reports, about {tracked} workloads: {found}"
    return proven(numbers) if missed <= max(2, FEW * tracked) else refuted(numbers, remedy="fargatecount report --since 1d")


def of_throttling(reports: Sequence[ReconcileDocument]) -> Outcome:
    """Judge whether AWS throttled the reconciler in a day."""
    if not reports:
        return not_known("no report of the last day", remedy="run: fargatecount reconcile")
    calls = sum(sum(report.calls.values()) for report in reports)
    throttles = sum(sum(report.throttles.values()) for report in reports)
    numbers = f"{calls} calls in {len(reports)} reports, {throttles} throttled"
    return refuted(numbers, remedy="CloudTrail shows who else calls ECS") if throttles > calls / 100 else proven(numbers)


def of_quotas(quotas: Sequence[Quota]) -> Outcome:
    """Judge whether both quotas were read."""
    known = {quota.capacity: quota for quota in quotas if quota.value is not None}
    numbers = [
        f"{capacity}: {known[capacity].value:g} vCPU, {known[capacity].source}" if capacity in known else f"{capacity}: not known"
        for capacity in CODES
    ]
    reasons = [f"{quota.capacity}: {quota.reason}" for quota in quotas if quota.value is None and quota.reason]
    if len(known) == len(CODES):
        return proven(*numbers)
    return refuted(*numbers, *reasons, remedy="fargatecount doctor names the action that is refused")


def of_series(readings: Sequence[UsageReading]) -> Outcome:
    """Judge which series of AWS/Usage have points."""
    texts = [f"{r.series.resource}, class {r.series.klass}: {'no point' if r.value is None else f'{r.value:g}'}" for r in readings]
    vcpu = {r.series.capacity for r in readings if r.value is not None and r.series.measure is Measure.VCPU}
    if len(vcpu) == len(Capacity):
        return proven(*texts)
    lacks = ", ".join(capacity for capacity in Capacity if capacity not in vcpu)
    return not_known(*texts, remedy=f"run a task of {lacks} for ten minutes, and this again")


def of_usage(readings: Sequence[UsageReading], counts: Counts, *, is_quiet: bool) -> Outcome:
    """Judge the held vCPU beside AWS's own."""
    pairs = _pairs(readings, counts, tuple(HELD))
    if not pairs:
        return not_known("AWS/Usage has no vCPU", remedy="run a task for ten minutes, and this again")
    texts = [f"{capacity}: ours {ours:g}, AWS {theirs:g}" for capacity, (ours, theirs) in pairs.items()]
    if all(abs(ours - theirs) <= SAME for ours, theirs in pairs.values()):
        return proven(*texts) if any(theirs for _, theirs in pairs.values()) else not_known(*texts, remedy="run a task, and this again")
    return refuted(*texts, remedy="please send this report") if is_quiet else not_known(*texts, remedy=QUIET)


def of_states(readings: Sequence[UsageReading], counts: Counts, *, is_quiet: bool) -> Outcome:
    """Judge by which rule AWS counts: the one of the ledger, or one that leaves states out."""
    between = counts.tally(phases=(Phase.PENDING, Phase.STOPPING)).count
    if not _pairs(readings, counts, tuple(HELD)):
        return not_known("AWS/Usage has no vCPU", remedy="run a task for ten minutes, and this again")
    by_rule = {rule: _pairs(readings, counts, phases) for rule, phases in STATES.items()}
    fitting = [rule for rule, pairs in by_rule.items() if pairs and all(abs(ours - theirs) <= SAME for ours, theirs in pairs.values())]
    texts = (f"{between} workloads are pending or stopping", f"AWS's number fits: {'; '.join(fitting) or 'none of the rules'}")
    ours = next(iter(STATES))
    if not between:
        return not_known(*texts, remedy="run this during a deployment, while tasks have been pending or stopping for five minutes")
    if not is_quiet or len(fitting) > 1:
        return not_known(*texts, remedy=QUIET)
    if fitting == [ours]:
        return proven(*texts)
    return refuted(*texts, remedy="please send this report: every percentage hangs on it") if fitting else not_known(*texts, remedy=QUIET)


def _pairs(readings: Sequence[UsageReading], counts: Counts, phases: tuple[Phase, ...]) -> dict[Capacity, tuple[float, float]]:
    return {
        reading.series.capacity: (counts.tally(phases=phases, capacities=(reading.series.capacity,)).vcpu, reading.value)
        for reading in readings
        if reading.value is not None and reading.series.measure is Measure.VCPU
    }
