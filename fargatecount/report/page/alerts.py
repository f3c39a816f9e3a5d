"""Alerts: what fails or is about to fail, in words, the worst first. They are the first thing on the page.

Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from fargatecount.quotas.headroom_document import SurveyDocument
from fargatecount.quotas.thresholds import Grade
from fargatecount.refusals.document import RefusedDocument
from fargatecount.report.page.document import Alert, ClusterRow, PageGauge
from fargatecount.timestamps import HOUR, parse_millis
from fargatecount.usage.hanging import HangingSummary
from fargatecount.usage.summary_document import UsageSummary
from fargatecount.workload import Millis

RECENT: Millis = HOUR
"""A refused launch of the last hour is trouble of now: each report covers the hour before it."""
MAX_NAMED = 3
"""Names in one line; the card has all."""


def alerts(
    gauges: Iterable[PageGauge],
    *,
    headroom: SurveyDocument | None,
    refused: Sequence[RefusedDocument] | None,
    hanging: HangingSummary | None,
    unreadable: Sequence[ClusterRow],
    usage: UsageSummary,
    at: Millis,
) -> list[Alert]:
    """Return what a reader has to know before all else, at the moment `at`."""
    found = _near(gauges)
    if headroom is not None and headroom.without_headroom:
        found.append(_alert(Grade.CRITICAL, "headroom", _deployments(headroom)))
    recent = [each for each in refused or () if (parse_millis(each.at) or 0) > at - RECENT]
    if recent:
        count = sum(each.count for each in recent)
        mark = "at least " if any(each.count_at_least for each in recent) else ""
        of = _names(dict.fromkeys(each.group or each.cluster for each in recent))
        found.append(_alert(Grade.CRITICAL, "refused", f"AWS refused {mark}{_several(count, 'launch', 'launches')} in the last hour: {of}"))
    if unreadable:
        names = _names(row.cluster for row in unreadable)
        found.append(_alert(Grade.WARNING, "unreadable", f"{_several(len(unreadable), 'cluster')} cannot be read: {names}"))
    if usage.reason:
        found.append(_alert(Grade.WARNING, "headline", f"there may be clusters that are not counted: {usage.reason}"))
    if hanging is not None and hanging.count:
        text = f"{_several(hanging.count, 'workload')} pending or stopping for more than {hanging.after_minutes} minutes"
        found.append(_alert(Grade.WARNING, "hanging", text))
    return sorted(found, key=lambda alert: alert.grade is not Grade.CRITICAL)


def worst_of(found: Iterable[Alert]) -> Grade:
    """Return the worst grade, OK without any alert."""
    grades = {alert.grade for alert in found}
    return next((grade for grade in (Grade.CRITICAL, Grade.WARNING) if grade in grades), Grade.OK)


def number(value: float | None) -> str:
    """Return a number for people: 1,234.5; `?` where it is not known."""
    return "?" if value is None else f"{value:,.2f}".rstrip("0").rstrip(".")


def _near(gauges: Iterable[PageGauge]) -> list[Alert]:
    found: list[Alert] = []
    every = list(gauges)
    for grade in (Grade.CRITICAL, Grade.WARNING):
        near = [gauge for gauge in every if gauge.standing is grade]
        found += [_gauge(gauge) for gauge in near[:MAX_NAMED]]
        if len(near) > MAX_NAMED:
            found.append(_alert(grade, "gauges", f"{_several(len(near) - MAX_NAMED, 'more limit')} of yours likewise"))
    return found


def _gauge(gauge: PageGauge) -> Alert:
    mark = "≥ " if gauge.used_at_least else "" if gauge.exact else "~"
    held = f"{mark}{number(gauge.used)} of {number(gauge.value)} {gauge.unit}"
    return _alert(gauge.standing, "gauges", f"{gauge.title} at {mark}{number(gauge.percent)} %: {held}")


def _deployments(headroom: SurveyDocument) -> str:
    names = _names(each.service for each in headroom.which)
    of = _several(headroom.services, "service")
    return f"the next deployment of {headroom.without_headroom} of {of} does not fit into the quota: {names}"


def _alert(grade: Grade, card: str, text: str) -> Alert:
    return Alert(grade=grade, text=text[0].upper() + text[1:], card=card)


def _several(count: int, one: str, many: str | None = None) -> str:
    return f"{count:,} {one if count == 1 else many or one + 's'}"


def _names(names: Iterable[str]) -> str:
    every = list(names)
    rest = len(every) - MAX_NAMED
    return ", ".join(every[:MAX_NAMED]) + (f" and {rest} more" if rest > 0 else "")
