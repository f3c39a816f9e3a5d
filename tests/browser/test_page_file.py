"""The page as a file, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from fargatecount.quotas.thresholds import Grade
from fargatecount.report.page.history import History
from fargatecount.usage.hanging import HangingDocument, HangingSummary
from fargatecount.usage.profile_document import ProfileHeld
from fargatecount.workload import Phase
from tests.browser.conftest import DESKTOP, PHONE
from tests.support.builders import HOUR
from tests.support.pages import HOSTILE, a_day, reclaimable, short, survey

Open = Callable[..., Any]
SHOWN = HOSTILE.replace("\u202e", "\\u202e").replace("\u2028", "\\u2028")
COLORED = """() => {
  const canvas = document.querySelector("#chart canvas"), width = canvas.width;
  const all = canvas.getContext("2d").getImageData(0, 0, width, canvas.height).data, found = { early: 0, late: 0, red: 0 };
  for (let i = 0; i < all.length; i += 4) {
    const [r, g, b, alpha] = all.slice(i, i + 4);
    if (alpha <= 150 || Math.max(r, g, b) - Math.min(r, g, b) <= 60) continue;
    found[(i / 4) % width < 0.9 * width ? "early" : "late"] += 1;
    if (r > 190 && g < 110 && b < 110) found.red += 1;
  }
  return found;
}"""
"""Counts the colored pixels of the chart, in the first nine tenths of its width and in the last, and those with the color of a quota."""
WINDOWS = pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])


@WINDOWS
def test_the_three_views_are_a_click_away(opened: Open, written: Any, viewport: Any) -> None:
    """Stacked, lines and numbers, of workloads and of vCPU; each shows something, and none is wider than its window."""
    page = opened(written(a_day()), viewport=viewport)
    for view in ("lines", "stacked"):
        page.choose(view)
        assert page.ink() > 10
        assert page.tab.locator(f'[data-choice="{view}"]').get_attribute("aria-pressed") == "true"
        assert "ECS-web" in page.text(".legend")
        assert page.overflow() == 0
    page.choose("numbers")
    assert page.ink() == 0
    assert [tile.splitlines()[:2] for tile in page.tab.locator(".tile").all_inner_texts()][:2] == [
        ["all clusters", "128"],
        ["ECS-web", "39"],
    ]
    page.choose("vcpu")
    assert page.tab.locator(".tile b").first.inner_text() == "66.25"
    assert page.overflow() == 0


@WINDOWS
def test_the_first_thing_seen_is_the_number_and_whether_it_is_all(opened: Open, written: Any, viewport: Any) -> None:
    """Without scrolling, with the reason why not."""
    page = opened(written(a_day()), viewport=viewport)
    assert (page.text("#running"), page.text("#complete")) == ("~128", "! not complete")
    assert page.text("#why") == "EKS-prod is unreadable: eks:AccessDenied: cannot list pods"
    assert page.tab.locator("#why").bounding_box()["y"] < viewport["height"] / 2


@WINDOWS
def test_a_deployment_that_does_not_fit_stands_above_the_chart(opened: Open, written: Any, viewport: Any) -> None:
    """In plain words; where every deployment fits, the card is below."""
    page = opened(written(msgspec.structs.replace(a_day(), headroom=survey(short()), headroom_at=a_day().at)), viewport=viewport)
    assert "The next deployment of 1 of 3 services does not fit into the quota." in page.text("#headroom")
    assert (
        "vCPU missing" in page.tab.locator("#headroom table").text_content() or "vCPU missing" in page.tab.locator("#headroom").inner_html()
    )
    top, chart = (page.tab.locator(each).bounding_box()["y"] for each in ("#headroom", "#history"))
    assert (top < chart, page.overflow()) == (True, 0)
    well = opened(written(msgspec.structs.replace(a_day(), headroom=survey(), headroom_at=a_day().at)), viewport=viewport)
    top, chart = (well.tab.locator(each).bounding_box()["y"] for each in ("#headroom", "#history"))
    assert top > chart
    assert "The next deployment of each of 3 services fits into the quota." in well.text("#headroom")


def hanging(count: int) -> HangingSummary:
    """Return what a report says of so many hanging workloads, one of which it lists."""
    one = HangingDocument(
        cluster="ECS-web",
        workload="0123456789abcdef",
        group="<img src=x>",
        phase=Phase.STOPPING,
        since="2026-01-01T07:00:00Z",
        minutes=190,
        reason="DEPROVISIONING",
        remedy="look: aws ecs describe-tasks",
    )
    return HangingSummary(after_minutes=30, count=count, which=[one])


def test_workloads_that_hang_have_a_card(opened: Open, written: Any) -> None:
    """It names each with its age, reason and what to do, and the number that is left out; without any there is no card."""
    page = opened(written(msgspec.structs.replace(a_day(), hanging=hanging(3))))
    shown = page.text("#hanging")
    assert "pending or stopping for more than 30 minutes" in shown
    assert [text for text in ("<img src=x>", "stopping", "DEPROVISIONING", "look: aws ecs describe-tasks") if text not in shown] == []
    assert "2 more workloads are not shown." in shown
    assert opened(written(msgspec.structs.replace(a_day(), hanging=None))).tab.locator("#hanging").count() == 0


@WINDOWS
def test_what_is_reclaimable_is_shown_with_its_services(opened: Open, written: Any, viewport: Any) -> None:
    """The sum in words, a row for each service, and what there is no advice on; no part of the table leaves the page."""
    page = opened(written(msgspec.structs.replace(a_day(), reclaimable=reclaimable())), viewport=viewport)
    text = page.text("#reclaimable")
    assert "Smaller sizes of 1 service free 7.5 vCPU of quota and 312 USD a month." in text
    assert "0.25 vCPU, 1 GiB" in page.tab.locator("#reclaimable").inner_html()
    assert "No advice on 2 with less than a week of data and 1 without metrics." in text
    assert page.overflow() == 0


@WINDOWS
def test_profiles_are_shown_with_what_is_on_them(opened: Open, written: Any, viewport: Any) -> None:
    """A row for each Fargate profile; without pods on Fargate there is no card."""
    held = ProfileHeld(cluster="EKS-prod", profile="web", pods=12, vcpu=6.0, memory_gib=24.0, namespaces=["shop", "web"])
    page = opened(written(msgspec.structs.replace(a_day(), profiles=[held])), viewport=viewport)
    assert "shop, web" in page.tab.locator("#profiles").inner_html()
    assert page.overflow() == 0
    assert opened(written(a_day()), viewport=viewport).tab.locator("#profiles").count() == 0


def test_an_incomplete_count_is_shown_as_bounds(opened: Open, written: Any) -> None:
    """What is used is a lower bound, and what is free an upper bound; a count without gaps beside a full quota has words for both."""
    day = a_day()
    gauge = msgspec.structs.replace(day.gauges[0], used_at_least=True, percent=60.0, used=90.0, remaining=60.0, standing=Grade.OK)
    bounds = msgspec.structs.replace(day, gauges=[gauge], headline=msgspec.structs.replace(day.headline, at_least=True))
    page = opened(written(bounds))
    assert page.text("#running") == "≥ 128"
    assert "≥ 60 %" in page.text("#gauges")
    assert "≥ 90 of 150 vCPU, ≤ 60 free" in page.text("#gauges")
    full = msgspec.structs.replace(
        gauge, used_at_least=False, exact=True, percent=166.0, used=249.0, remaining=-99.0, standing=Grade.CRITICAL
    )
    page = opened(written(msgspec.structs.replace(day, gauges=[full], headline=msgspec.structs.replace(day.headline, complete=True))))
    assert (page.text("#complete"), page.text("#worst").split()) == ("✓ every cluster is counted", ["on-demand", "quota", "at", "166", "%"])


def test_the_chart_spans_the_period_of_its_title(opened: Open, written: Any) -> None:
    """Also where the first count came late: the last hour of a day is at the right end."""
    day = a_day()
    times = day.history.times
    first = next(n for n, at in enumerate(times) if at >= times[-1] - HOUR)
    series = [
        msgspec.structs.replace(each, running=each.running[first:], vcpu=each.vcpu[first:], doubtful=()) for each in day.history.series
    ]
    page = opened(written(msgspec.structs.replace(day, history=History(times=times[first:], series=series))))
    colored = page.tab.evaluate(COLORED)
    assert (colored["early"], colored["late"] > 0) == (0, True)


def test_the_quota_is_a_line_in_the_view_of_vcpu(opened: Open, written: Any) -> None:
    """A quota near what is held is drawn; a quota of workloads does not exist."""
    day = a_day()
    bare = [msgspec.structs.replace(each, is_quota=False) for each in day.gauges]
    with_line, without = (opened(written(msgspec.structs.replace(day, gauges=gauges))) for gauges in (day.gauges, bare))
    assert not with_line.tab.get_by_text("quota of its own").is_visible()
    for page in (with_line, without):
        page.choose("lines")
        page.choose("vcpu")
    assert with_line.tab.get_by_text("quota of its own").is_visible()
    assert with_line.tab.evaluate(COLORED)["red"] > without.tab.evaluate(COLORED)["red"] + 200


def test_the_page_asks_nobody(opened: Open, written: Any) -> None:
    """The file itself is the only thing that the browser reads."""
    page = opened(written(a_day()))
    for view in ("lines", "numbers", "stacked"):
        page.choose(view)
    assert [url for url in page.requests if not url.startswith("data:")] == [page.tab.url]


@WINDOWS
def test_hostile_names_are_text(opened: Open, written: Any, viewport: Any) -> None:
    """Markup is read as it was written, direction marks as what they are; nothing runs, and nothing grows wider than the window."""
    page = opened(written(a_day(hostile=True)), viewport=viewport)
    for part in ("#clusters", "#services", "#drift", "#refused"):
        assert SHOWN in page.text(part)
    assert f"ECS-{SHOWN}" in page.tab.locator(".legend .name").all_inner_texts()
    page.choose("numbers")
    assert f"ECS-{SHOWN}" in page.tab.locator(".tile .name").all_inner_texts()
    assert page.tab.locator("img").count() == 0
    assert page.overflow() == 0


def test_the_longest_names_fit(opened: Open, written: Any) -> None:
    """255 characters without a space, as ECS allows, are broken where they must be."""
    page = a_day()
    rows = [msgspec.structs.replace(row, cluster="ECS-" + "w" * 255, reason="r" * 1_000) for row in page.clusters]
    long = msgspec.structs.replace(page, clusters=rows, unreadable=rows[-1:])
    for viewport in (DESKTOP, PHONE):
        assert opened(written(long), viewport=viewport).overflow() == 0


def test_an_unreadable_cluster_says_what_to_do(opened: Open, written: Any) -> None:
    """Its last known counts, its reason and its remedy; and the chart marks since when."""
    page = opened(written(a_day()))
    said = page.text("#unreadable")
    assert all(part in said for part in ("24 held, 12 vCPU", "2025-12-31 12:00:00", "cannot list pods", "fargatecount eks enroll prod"))
    assert "the chart has its last known counts" in page.text("#history")


def test_a_series_is_hidden_by_a_click(opened: Open, written: Any) -> None:
    """And shown again by the next."""
    page = opened(written(a_day()))
    button = page.tab.locator("[data-series]").first
    button.click()
    assert page.tab.locator("[data-series]").first.get_attribute("aria-pressed") == "false"
    button.click()
    assert page.tab.locator("[data-series]").first.get_attribute("aria-pressed") == "true"


def test_the_legend_tells_the_values_under_the_cursor(opened: Open, written: Any) -> None:
    """At night the batch runs, and the legend says so while the cursor is there."""
    page = opened(written(a_day()))
    before = page.text("[data-series='0']")
    box = page.tab.locator("#chart .u-over").bounding_box()
    page.tab.mouse.move(box["x"] + box["width"] * 3 / 24, box["y"] + box["height"] / 2)
    assert (before.split()[-1], page.text("[data-series='0']").split()[-1]) == ("4", "70")


def test_dark_and_light_are_the_readers_own(opened: Open, written: Any) -> None:
    """As the system says, and the chart changes with it."""
    page = opened(written(a_day()), color_scheme="dark")
    assert (page.style("body", "backgroundColor"), page.style("#headline", "color")) == ("rgb(14, 19, 27)", "rgb(231, 236, 244)")
    dark = page.style(".legend i", "backgroundColor")
    page.tab.emulate_media(color_scheme="light")
    assert page.style("body", "backgroundColor") == "rgb(244, 246, 249)"
    # Styles follow at once, and the chart as soon as its listener has had its turn.
    expect(page.tab.locator(".legend i").first).not_to_have_css("background-color", dark)


def test_on_paper_it_is_light_and_has_no_buttons(opened: Open, written: Any) -> None:
    """Whatever the reader's screen is; the chart is drawn again in the colors for paper."""
    page = opened(written(a_day()), color_scheme="dark")
    page.tab.emulate_media(media="print")
    assert (page.style("body", "backgroundColor"), page.style("#headline", "color")) == ("rgb(255, 255, 255)", "rgb(23, 32, 46)")
    assert not page.tab.locator(".switch").first.is_visible()
    expect(page.tab.locator(".legend i").first).to_have_css("background-color", "rgb(42, 111, 219)")
    assert page.tab.pdf().startswith(b"%PDF")


def test_without_any_history_it_says_so(opened: Open, written: Any) -> None:
    """A page of the first minute has no chart, and is no empty frame."""
    page = opened(written(msgspec.structs.replace(a_day(), history=History())))
    assert "No counts from this period yet" in page.text("#chart")
    page.choose("numbers")
    assert "ECS-web" in page.text("#chart")


def test_a_reader_without_scripts_sees_the_numbers(browser: Any, written: Any) -> None:
    """As the previews of mail programs are."""
    tab = browser.new_context(java_script_enabled=False).new_page()
    tab.goto(written(a_day()))
    assert "128 running" in tab.inner_text("body")
    assert "Not complete: EKS-prod is unreadable" in tab.inner_text("body")
    tab.context.close()
