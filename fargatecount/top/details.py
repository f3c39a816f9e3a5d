"""Details: everything that is known of one workload, in words. Pure."""

from __future__ import annotations

from fargatecount.top.snapshot import LedgerRow, changed_at
from fargatecount.usage.hanging import HangingWorkload, remedy
from fargatecount.workload import Millis

UNITS = ((86_400, "d"), (3_600, "h"), (60, "m"))


def details(each: LedgerRow, now: Millis, hanging: HangingWorkload | None = None) -> list[tuple[str, str]]:
    """Return everything that is known of one workload, in words, its own texts unchanged; of one that hangs first what to do."""
    row = each.row
    found = [("task", each.workload_id), ("cluster", each.cluster.arn), ("phase", str(row.phase))]
    found += [(name.replace("_", " "), str(value)) for name, value in row.facts.items() if not name.endswith("_at")]
    moments = [(name.removesuffix("_at").replace("_", " "), value) for name, value in row.facts.items() if name.endswith("_at")]
    found += [(name, f"{ago(now - value)} ago") for name, value in moments if isinstance(value, int)]
    if hanging is not None:
        advice = remedy(each.cluster, each.workload_id, hanging.phase, hanging.group)
        found = [(f"hangs for {ago(now - hanging.since)}", hanging.reason), ("what to do", advice), *found]
    return [*found, ("in this phase", ago(now - changed_at(row))), ("source", row.source.name.lower()), ("version", str(row.version))]


def ago(millis: Millis) -> str:
    """Return a length of time in its largest unit."""
    seconds = max(millis, 0) // 1000
    for size, unit in UNITS:
        if seconds >= size:
            return f"{seconds // size}{unit}"
    return f"{seconds}s"
