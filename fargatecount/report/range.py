"""Report ranges: what many reports of one scope say together, by cause and by cluster, and what was refused meanwhile.

Pure. Promises of the shape `fargatecount/reconcile-range` version 1: keys may be added, none is renamed. Dry runs are counted and otherwise
left out: they repaired nothing, and what they saw the next run saw again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

from fargatecount.report.episodes import Entry, entries_of, episodes
from fargatecount.timestamps import to_iso
from fargatecount.workload import Millis, Scope

SCHEMA = "fargatecount/reconcile-range"
VERSION = 1


class _Cluster:
    """What the reports say of one cluster."""

    def __init__(self) -> None:
        self.looks = 0
        self.unreadable = 0
        self.drifted = 0
        self.causes: Counter[str] = Counter()
        self.longest_delay: Millis | None = None
        self.last: dict[str, Any] = {}

    def add(self, look: dict[str, Any]) -> None:
        """Take in one look."""
        self.looks += 1
        self.unreadable += not look["readable"]
        self.drifted += look["drifted"]
        self.last = look
        for repair in look["repairs"]:
            if repair["in_flight"]:
                continue
            self.causes[repair["cause"]] += 1
            if repair["delay_ms"] is not None:
                self.longest_delay = max(self.longest_delay or 0, repair["delay_ms"])

    def document(self, name: str) -> dict[str, Any]:
        """Return it for JSON."""
        return {
            "cluster": name,
            "looks": self.looks,
            "unreadable": self.unreadable,
            "drifted": self.drifted,
            "causes": dict(sorted(self.causes.items())),
            "longest_delay_ms": self.longest_delay,
            "readable_last": self.last["readable"],
            "reason_last": self.last["reason"],
        }


def range_document(scope: Scope, reports: Iterable[dict[str, Any]], since: Millis, until: Millis) -> dict[str, Any]:
    """Return what `reports`, oldest first, say together; they are read one by one and not kept."""
    clusters: dict[str, _Cluster] = {}
    calls: Counter[str] = Counter()
    throttles: Counter[str] = Counter()
    problems: Counter[str] = Counter()
    refused: list[Sequence[Entry]] = []
    kept = dry = incomplete = 0
    for report in reports:
        if report["dry_run"]:
            dry += 1
            continue
        kept += 1
        incomplete += not report["complete"]
        calls.update(report["calls"])
        throttles.update(report["throttles"])
        problems.update(report["problems"])
        if "refused" in report:
            refused.append(entries_of(report))
        for look in report["clusters"]:
            clusters.setdefault(look["cluster"], _Cluster()).add(look)
    causes = sum((cluster.causes for cluster in clusters.values()), Counter[str]())
    return {
        "schema": SCHEMA,
        "version": VERSION,
        "account": scope.account,
        "region": scope.region,
        "since": to_iso(since),
        "until": to_iso(until),
        "reports": kept,
        "dry_runs": dry,
        "incomplete": incomplete,
        "drifted": sum(cluster.drifted for cluster in clusters.values()),
        "causes": dict(sorted(causes.items())),
        "clusters": [cluster.document(name) for name, cluster in sorted(clusters.items())],
        "problems": [{"problem": problem, "reports": times} for problem, times in problems.most_common()],
        # None: no report of the period tells of it, which is not that there was nothing.
        "refused": episodes(refused) if refused else None,
        "calls": dict(sorted(calls.items())),
        "throttles": dict(sorted(throttles.items())),
    }
