"""Daily pages: one for each past UTC day, stored beside the reports by the first run of the next day."""

from __future__ import annotations

from typing import Protocol

from fargatecount.report.page.gather import Sources, page_of_day
from fargatecount.report.page.render import html
from fargatecount.timestamps import DAY, to_iso
from fargatecount.workload import Millis, Scope


class PageStore(Protocol):
    """Stores pages. Methods raise a FargatecountError if the store refuses or does not answer."""

    def has(self, scope: Scope, day: str) -> bool:
        """Return whether the page of a day such as `2026-10-01` is stored."""
        ...

    def keep(self, scope: Scope, day: str, page: str) -> str:
        """Store a page, replacing an older one; return its address."""
        ...


def keep_yesterday(sources: Sources, pages: PageStore, now: Millis) -> str | None:
    """Store yesterday's page unless it is stored already, and return its address; return None if that day has no report.

    The next run makes up for a run that ended before it stored the page. Two runs at once write the same page.

    Raises:
        FargatecountError: the reports could not be read, or the page not be stored.
    """
    midnight = now - now % DAY
    day = str(to_iso(midnight - DAY))[: len("2026-10-01")]
    if pages.has(sources.scope, day):
        return None
    page = page_of_day(sources, midnight)
    return None if page is None else pages.keep(sources.scope, day, html(page))
