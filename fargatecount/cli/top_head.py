"""What stands above the list of `top`: quota bars, the place, the filter, and what cannot be trusted. Pure."""

from __future__ import annotations

from rich.text import Text

from fargatecount.cli.output import amount, number, plain
from fargatecount.cli.quota_bar import color_of, quota_bar
from fargatecount.cli.text import shown, stdout_encoding
from fargatecount.mutes.document import headline
from fargatecount.quotas.document import quota_documents
from fargatecount.quotas.thresholds import QuotaThresholds
from fargatecount.timestamps import to_iso
from fargatecount.top.snapshot import TopSnapshot
from fargatecount.top.view import TopQuery

MAX_QUOTAS = 4
"""Quota bars above the list: those of two scopes; the list must not be pushed off a screen of 24 lines."""

MAX_MUTES = 1
"""Mutes above the list, the next to end, likewise; `fargatecount mute list` has all."""


def head_of(snapshot: TopSnapshot, query: TopQuery, lines: int, *, error: str | None, thresholds: QuotaThresholds) -> Text:
    """Return the lines above the list; before the first snapshot they say that the table is read."""
    head = Text(no_wrap=True, overflow="ellipsis")
    for scope in snapshot.scopes[: MAX_QUOTAS // 2]:
        for quota in quota_documents(scope.quotas or (), scope.held):
            bar = quota_bar(quota.percent)
            value = "vCPU, quota not known" if quota.value is None else f"of {number(quota.value)} vCPU"
            sign = "≥" if quota.used_at_least else "" if quota.exact else "~"
            head.append(f"{scope.scope.account} {scope.scope.region} {quota.capacity:<9} ")
            head.append(f"{shown(bar, encoding=stdout_encoding())} ", style=color_of(thresholds.grade(quota.percent)))
            head.append(shown(f"{sign}{number(quota.used)} {value}", encoding=stdout_encoding()))
            head.append("\n" if quota.percent is None else f"  {quota.percent:.1f} %\n")
        for mute in (scope.muted or ())[:MAX_MUTES]:
            head.append(f"{plain(headline(mute))}\n", style="yellow")
    unreadable = sum(not each.verdict.readable for scope in snapshot.scopes for each in scope.clusters)
    place = [str(query.view), *([query.cluster.key] if query.cluster else []), *([query.service.group] if query.service else [])]
    # Before the first answer nothing is known, which is not a list of nothing.
    count = lines if snapshot.at else "reading the table"
    head.append(plain(f"{' > '.join(place)}: {count}"), style="bold")
    if query.needle:
        head.append(f", filter {plain(query.needle)}")
    if unreadable:
        head.append(f", {amount(unreadable, 'unreadable cluster')}", style="yellow")
    if snapshot.hanging:
        head.append(f", {amount(len(snapshot.hanging), 'hanging workload')}", style="yellow")
    if snapshot.at:
        head.append(f", as of {to_iso(snapshot.at)}")
    if error:
        head.append(f"\n{plain(error)}", style="red")
    return head
