"""Doctor on the counting: clusters, watchers, the publisher, quotas and dead letters.

Pure. Every unreadable cluster comes with the exact command to run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from fargatecount.doctor.findings import DoctorTarget, Finding, Severity, ok, problem, warning
from fargatecount.errors import ReasonCode
from fargatecount.ingest.dead_letter import DeadLetterSource, DeadLetterSummary
from fargatecount.ledger.clusters import STALE_AFTER, WATCHER, ClusterState, judge
from fargatecount.mutes.document import MuteDocument, headline
from fargatecount.quotas.quota import CODES, NOT_YET_READ, Quota, quota_standing
from fargatecount.quotas.thresholds import Grade, QuotaThresholds
from fargatecount.timestamps import to_iso
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.usage import ScopeUsage
from fargatecount.workload import Cluster, Millis

JUST_BEGUN: Millis = 5 * 60_000
"""A cluster that has been known for less than this may not have been listed yet: the schedule of full runs has a period of 5 minutes."""
MAX_HANGING = 5
"""Workloads with a finding of their own: a service that cannot start has many with one reason."""
SILENT: Millis = 3 * 60_000
"""The default of livenessMinutes, which the alarm uses: one minute may be lost to a cold start and one to a deployment."""


def of_clusters(states: Sequence[ClusterState], known: int, now: Millis, place: DoctorTarget) -> Iterator[Finding]:
    """Report which of the selected clusters are unreadable, why, and which command to run; `known` is the number of all clusters."""
    verdicts = [(state, judge(state, now)) for state in states]
    readable = sum(verdict.readable for _, verdict in verdicts)
    if states or known:
        others = f"; {known - len(states)} others were not asked for" if known > len(states) else ""
        yield ok(f"{readable} of {len(states)} clusters are readable{others}")
    else:
        yield warning("no cluster is known yet", "start a task, or look now", f"fargatecount reconcile {place.ours}")
    for state, verdict in verdicts:
        if not verdict.readable:
            young = verdict.code == ReasonCode.NOT_YET_LISTED and now - state.first_seen < JUST_BEGUN
            text = f"{state.cluster.key} is unreadable: {verdict.reason}"
            level = Severity.WARNING if young else Severity.PROBLEM
            yield Finding(
                level, text, verdict.remedy or "its last known counts stay in the totals", _commands(state.cluster, verdict.code, place)
            )


def _commands(cluster: Cluster, code: str, place: DoctorTarget) -> tuple[str, ...]:
    """Return the commands for an unreadable cluster, by the code of its reason.

    For a reason without a code, as earlier versions stored it, the command reads the cluster again, which stores a code.
    """
    read = f"fargatecount reconcile --cluster {cluster.key} {place.ours}"
    match code:
        case ReasonCode.NOT_ENROLLED:
            return (f"fargatecount eks enroll {cluster.name} {place.ours}", read)
        case ReasonCode.PRIVATE_ENDPOINT:  # a read from this machine fails in the same way
            return ()
        case ReasonCode.NOT_READ_LATELY:
            return (place.log_of("reconcile"), read)
        case ReasonCode.MUST_BE_REBUILT:
            return (f"fargatecount reconcile --rebuild --cluster {cluster.key} {place.ours}",)
    return (read,)


def of_watchers(states: Iterable[ClusterState], now: Millis, version: str) -> Iterator[Finding]:
    """Report which watchers are silent, failing, or of another version."""
    watched = [(state, view) for state in states if (view := state.sources.get(WATCHER)) is not None]
    well = 0
    for state, view in watched:
        key, name = state.cluster.key, state.cluster.name
        restart = f"kubectl --context {name} -n fargatecount rollout restart deployment/fargatecount-watcher"
        if now - view.at > STALE_AFTER[WATCHER]:
            counted = judge(state, now).readable
            instead = "function reconcile lists it once a minute instead" if counted else "and nothing else can read it"
            found = warning if counted else problem
            yield found(f"the watcher of {key} has been silent since {to_iso(view.at)}; {instead}", "start it again", restart)
        elif not view.readable:
            yield problem(f"the watcher of {key} cannot read it: {view.reason}", view.remedy or "its log says more: docs/watcher.md")
        elif view.version and view.version != version:
            yield warning(f"the watcher of {key} is version {view.version}, this command {version}", "roll out its new image", restart)
        else:
            well += 1
    if well or not watched:
        yield ok(f"{well} watchers are alive" if watched else "no cluster has a watcher: pods are counted once a minute")


def of_publisher(published_at: Millis, now: Millis, place: DoctorTarget) -> Iterator[Finding]:
    """Report when metrics were last published."""
    log = place.log_of("publish")
    if not published_at:
        yield warning("nothing has been published yet", "it begins a minute after a deployment; its log says what stops it", log)
    elif now - published_at > SILENT:
        yield problem(f"nothing has been published since {to_iso(published_at)}", "function publish runs every minute: see its log", log)
    else:
        yield ok(f"published {max(now - published_at, 0) // 1000} s ago")


def of_mutes(mutes: Iterable[MuteDocument] | None, place: DoctorTarget) -> Iterator[Finding]:
    """Report what is muted: the numbers are right, and messages are held back."""
    if mutes is None:
        yield warning("the mutes cannot be read, so nothing is held back", "a newer version wrote them: fargatecount upgrade")
        return
    found = [*mutes]
    for mute in found:
        yield warning(headline(mute), "end it if it is not wanted any more:", f"fargatecount mute end {mute.id} {place.ours}")
    if not found:
        yield ok("nothing is muted")


def of_quotas(usage: ScopeUsage, thresholds: QuotaThresholds, place: DoctorTarget) -> Iterator[Finding]:
    """Report how much is free of each quota; one whose value is unknown or too old is a problem."""
    known = {quota.capacity: quota for quota in usage.quotas or ()}
    for capacity, code in CODES.items():
        quota = known.get(capacity)
        if quota is None or quota.value is None:
            why = quota.reason if quota and quota.reason else NOT_YET_READ
            allow = f"allow {quota.denied_action} to the role of function reconcile, and " if quota and quota.denied_action else ""
            yield problem(
                f"the quota {capacity} ({code}) is not known: {why}", f"{allow}read it now:", f"fargatecount reconcile {place.ours}"
            )
            continue
        yield _of_quota(quota, usage, thresholds, place)


def _of_quota(quota: Quota, usage: ScopeUsage, thresholds: QuotaThresholds, place: DoctorTarget) -> Finding:
    assert quota.value is not None
    standing = quota_standing(quota, usage.held)
    used = standing.used.value or 0.0
    percent = standing.percent.value if standing.percent.value is not None else (100.0 if used else 0.0)
    free = f"{standing.remaining.sign}{standing.remaining.value:g} of {quota.value:g} vCPU free"
    text = f"{quota.capacity}: {free} ({standing.used.sign}{percent:.0f} % used)"
    fits = f"fargatecount headroom --all {place.ours}"
    ask = f"fargatecount quota request --capacity {quota.capacity} --to {max(quota.value, used) * 2:g} {place.ours}"
    grade = thresholds.grade(percent)
    if grade is Grade.CRITICAL:
        return problem(text, "launches are about to fail: stop what can wait, see what fits, and ask for more", fits, ask)
    if grade is Grade.WARNING:
        return warning(text, "see which deployments do not fit any more, and ask for more", fits, ask)
    return ok(text)


def of_hanging(found: HangingSummary) -> Iterator[Finding]:
    """Say which workloads have been pending or stopping for too long."""
    if not found.count:
        yield ok(f"nothing has been pending or stopping for more than {found.after_minutes} minutes")
    for one in found.which[:MAX_HANGING]:
        text = f"{one.cluster} {one.group or '-'}: {one.workload} has been {one.phase} for {one.minutes} minutes: {one.reason}"
        advice, _, command = one.remedy.rpartition(": ")
        yield warning(text, advice, command)
    if found.count > MAX_HANGING:
        yield warning(f"{found.count - MAX_HANGING} more workloads hang", "fargatecount status --json lists them")


def of_letters(letters: Iterable[DeadLetterSummary], *, complete: bool, place: DoctorTarget) -> Iterator[Finding]:
    """Report the number of dead letters per source and reason."""
    tally = Counter((letter.source, letter.reason) for letter in letters)
    if not tally:
        yield ok("there are no dead letters")
    for (source, reason), number in sorted(tally.items(), key=lambda item: (-item[1], item[0])):
        text = f"{'' if complete else 'at least '}{number} dead letters of source {source}: {reason}"
        replay = f"fargatecount dead-letters replay --source {source} {place.ours}"
        if source is DeadLetterSource.STREAM:
            yield warning(text, "nothing is lost: they can go once something was published after them", replay)
        else:
            yield problem(text, _REMEDIES[source], f"fargatecount dead-letters list --source {source} {place.ours}", replay)


_REMEDIES = {
    DeadLetterSource.HANDLER: "look what they are; after an update of fargatecount that understands them, replay them",
    DeadLetterSource.RULE: "the task queue or its policy was changed: deploy again, then replay them",
    DeadLetterSource.RETRIES: "the log of function task_changed says what failed; when it is mended, replay them",
}
