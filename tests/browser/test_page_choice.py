"""What a reader chooses of the page, in a real browser: time, cluster and owner, kept in the address; and the part from the history."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec
import pytest
from playwright.sync_api import expect

from fargatecount.quotas.thresholds import Grade
from fargatecount.report.page.document import Alert, Page
from fargatecount.report.page.history import History
from fargatecount.report.page.past import Past
from tests.support.builders import HOUR, NOW
from tests.support.large_page import a_quarter
from tests.support.pages import a_day

Open = Callable[..., Any]
DAYS = 6


@pytest.fixture(scope="module")
def week() -> Page:
    """Return six days of thirty clusters."""
    return a_quarter(30, days=DAYS)


def chosen(page: Any) -> dict[str, list[str]]:
    """Return the choice in the address."""
    return parse_qs(urlsplit(page.tab.url).fragment)


def colors(page: Any) -> list[str]:
    """Return the colors of the legend of the chart."""
    found = page.tab.locator("#history .legend button i").evaluate_all("all => all.map((one) => getComputedStyle(one).backgroundColor)")
    return [str(each) for each in found]


def test_what_fails_stands_first_and_leads_to_its_card(opened: Open, written: Any, week: Page) -> None:
    """Above the big number, in red; the keyboard follows a line to its card."""
    page = opened(written(week))
    assert page.tab.locator("#alerts").bounding_box()["y"] < page.tab.locator("#headline").bounding_box()["y"]
    assert "On-demand quota at ~166 %: ~1,660 of 1,000 vCPU" in page.text("#alerts")
    page.tab.locator(".jump", has_text="next deployment").press("Enter")
    assert page.tab.evaluate("document.activeElement.id") == "headroom"


def test_complete_is_green_only_if_nothing_is_wrong(opened: Open, written: Any) -> None:
    """Beside a quota at 166 % a count without gaps is a plain fact; an account without trouble has no card of alerts."""
    head = msgspec.structs.replace(a_day().headline, complete=True, standing=Grade.CRITICAL)
    full = Alert(grade=Grade.CRITICAL, text="On-demand quota at 166 %", card="gauges")
    beside = opened(written(msgspec.structs.replace(a_day(), headline=head, alerts=[full])))
    assert beside.tab.locator("#complete.known").count() == 1
    well = msgspec.structs.replace(a_day(), headline=msgspec.structs.replace(head, standing=Grade.OK), alerts=[])
    page = opened(written(well))
    assert (page.tab.locator("#complete.good").count(), page.tab.locator("#alerts").count()) == (1, 0)


def test_no_color_stands_for_two_clusters(opened: Open, written: Any, week: Page) -> None:
    """Nine clusters and the sum of the others, also when a filter brings in others; the legend adds up to the total."""
    page = opened(written(week))
    assert (len(colors(page)), len(set(colors(page)))) == (10, 10)
    assert "21 other clusters" in page.text("#history .legend")
    page.tab.fill("#cluster", "shop-01")
    assert (len(colors(page)), len(set(colors(page)))) == (10, 10)
    values = page.tab.locator("#history .legend button b").all_inner_texts()
    assert page.text("#history .legend .total b") == f"{sum(float(value.split()[-1]) for value in values):g}"


def test_a_cluster_that_is_chosen_holds_for_every_card(opened: Open, written: Any, week: Page) -> None:
    """Tables, chart, numbers and history; the address has it, and another reader of the address sees the same."""
    page = opened(written(week))
    page.tab.fill("#cluster", "SHOP-003")
    assert chosen(page) == {"cluster": ["SHOP-003"]}
    again = opened(page.tab.url)
    for one in (page, again):
        for card in ("clusters", "services", "movers", "launches"):
            assert set(one.tab.locator(f"#{card} td").get_by_text("ECS-shop-").all_inner_texts()) == {"ECS-shop-003"}
        assert "ECS-shop-004" not in one.text("#history .legend")
        assert "Shown: clusters with" in one.text(".filters")
    page.tab.click("#everything")
    assert chosen(page) == {}
    assert "ECS-shop-004" in page.text("#history .legend")


def test_an_owner_has_their_services_only(opened: Open, written: Any, week: Page) -> None:
    """In the costs, who grew, and what was spent."""
    page = opened(written(week))
    page.tab.select_option("#owner", "search")
    assert set(page.tab.locator("#services td[data-title=Owner]:visible").all_inner_texts()) == {"search"}
    assert set(page.tab.locator("#movers td[data-title=Owner]:visible").all_inner_texts()) == {"search"}
    assert page.tab.locator("#spent tbody tr").count() == 1


def test_a_time_that_is_chosen_holds_for_title_axis_and_history(opened: Open, written: Any, week: Page) -> None:
    """By the list, and by dragging over the chart; the starts of a day are fewer than those of six."""
    page = opened(written(week))
    whole = page.text("#timeline .legend")
    page.tab.select_option("#range", "24h")
    assert page.text("#period") == "2025-12-31 00:00 to 2026-01-01 00:00 UTC"
    assert page.text("#timeline .legend") != whole
    page.tab.locator("#history .legend").scroll_into_view_if_needed()
    box = page.tab.locator("#chart .u-over").bounding_box()
    y = box["y"] + box["height"] / 2
    page.tab.mouse.move(box["x"] + box["width"] / 4, y)
    page.tab.mouse.down()
    page.tab.mouse.move(box["x"] + box["width"] / 2, y, steps=4)
    page.tab.mouse.up()
    expect(page.tab.locator("#period")).to_contain_text(re.compile(r"2025-12-31 0[56]:\d\d to 2025-12-31 1[12]:\d\d UTC"))
    assert set(chosen(page)) == {"from", "to"}


def test_equal_lines_are_both_seen(opened: Open, written: Any) -> None:
    """Two clusters with the same values have dashes of both colors."""
    day = a_day()
    first, second = day.history.series[:2]
    twins = [first, msgspec.structs.replace(first, name=second.name)]
    page = opened(written(msgspec.structs.replace(day, history=History(times=day.history.times, series=twins))) + "#view=lines")
    found = page.tab.evaluate(SHARES, colors(page))
    assert min(found) > 0.25 * sum(found)
    assert "these clusters have the same values" in page.text("#history")


SHARES = """(colors) => {
  const canvas = document.querySelector("#chart canvas");
  const all = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
  const wanted = colors.map((one) => one.match(/\\d+/g).map(Number)), found = wanted.map(() => 0);
  for (let i = 0; i < all.length; i += 4) wanted.forEach(([r, g, b], n) => {
    if (all[i + 3] > 200 && Math.abs(all[i] - r) + Math.abs(all[i + 1] - g) + Math.abs(all[i + 2] - b) < 24) found[n] += 1;
  });
  return found;
}"""
"""Counts the pixels of the chart that have each of these colors."""


def test_the_arrow_keys_move_through_time(opened: Open, written: Any) -> None:
    """The legend has the values, as under a mouse."""
    page = opened(written(a_day()))
    page.tab.focus("#chart")
    page.tab.keyboard.press("Home")
    assert page.text("#history .legend .at") == "2025-12-31 00:00 UTC"
    page.tab.keyboard.press("ArrowRight")
    assert page.text("#history .legend .at") == "2025-12-31 00:05 UTC"


def test_names_lead_to_the_console(opened: Open, written: Any, week: Page) -> None:
    """Of the page's Region, in a window of its own that learns nothing of this page; a Region of an unknown partition has no links."""
    page = opened(written(week))
    link = page.tab.locator("#services a.out").first
    assert link.get_attribute("href") == (
        "https://eu-west-1.console.aws.amazon.com/ecs/v2/clusters/shop-000/services/checkout/health?region=eu-west-1"
    )
    assert link.get_attribute("rel") == "noopener noreferrer"
    assert opened(written(msgspec.structs.replace(week, region="us-iso-east-1"))).tab.locator("a.out").count() == 0


def test_the_history_tells_nothing_ran_from_nothing_known(opened: Open, written: Any) -> None:
    """An empty period that is known, one with a gap, and a history that cannot be asked."""
    empty = Past(as_of=a_day().at, edges=[NOW - HOUR, NOW], unit="hour")
    said = {}
    for name, past in {
        "known": empty,
        "gap": msgspec.structs.replace(empty, gaps=["nothing is kept of what ended before noon"]),
        "problem": msgspec.structs.replace(empty, problem="The history could not be asked, because it is denied."),
    }.items():
        page = opened(written(msgspec.structs.replace(a_day(), past=past)))
        said[name] = page.text("#past") + (page.text("#timeline") if name != "problem" else "")
        assert page.tab.locator("#timeline").count() == (name != "problem")
    assert "Nothing ran in this time; it is known completely." in said["known"]
    assert "nothing is kept of what ended before noon" in said["gap"]
    assert "Nothing is known to have run in this time, and not all of it is known" in said["gap"]
    assert "because it is denied" in said["problem"]
