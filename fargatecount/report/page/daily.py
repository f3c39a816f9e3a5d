"""Daily: one page for each UTC day that is over, kept beside the reports by the first run of the next day."""

from __future__ import annotations

from typing import Protocol

from fargatecount.report.page.gather import Sources, page_of_day
from fargatecount.report.page.render import html
from fargatecount.timestamps import DAY, to_iso
from fargatecount.workload import Millis, Scope


class PageStore(Protocol):
    """Where pages are kept; methods raise a FargatecountError where it refuses or does not answer."""

    def has(self, scope: Scope, day: str) -> bool:
        """Say whether the page of a day such as `2026-10-01` is kept."""
        ...

    def keep(self, scope: Scope, day: str, page: str) -> str:
        """Keep it, over one that is there; return where."""
        ...


def keep_yesterday(sources: Sources, pages: PageStore, now: Millis) -> str | None:
    """Keep yesterday's page unless it is kept already; return where. Without a report from that day there is none.

    Whatever ended a run before it had kept the page, the next one makes up for; two at once write the same.

    Raises:
        FargatecountError: the reports could not be read, or the page not be kept.
    """
    midnight = now - now % DAY
    day = str(to_iso(midnight - DAY))[: len("2026-10-01")]
    if pages.has(sources.scope, day):
        return None
    page = page_of_day(sources, midnight)
    return None if page is None else pages.keep(sources.scope, day, html(page))
