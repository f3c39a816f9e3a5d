"""Long tables of the page, sorted, filtered and folded, in a real browser; and what an accessibility checker says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from playwright.sync_api import expect

from fargatecount.report.page.document import Page
from tests.browser.conftest import DESKTOP, PHONE
from tests.support.large_page import a_quarter
from tests.support.pages import a_day

Open = Callable[..., Any]
AXE = Path(__file__).resolve().parents[2] / "node_modules" / "axe-core" / "axe.min.js"
SERIOUS = {"serious", "critical"}


def many(clusters: int) -> Page:
    """Return a day of an account with so many clusters, the largest first."""
    page = a_day()
    row = page.clusters[0]
    rows = [
        msgspec.structs.replace(row, cluster=f"ECS-c{i:03d}", running=i, vcpu=float(clusters - i), readable=True, reason=None)
        for i in range(clusters)
    ]
    return msgspec.structs.replace(page, clusters=rows)


def shown(page: Any, section: str) -> list[str]:
    """Return the first cell of every row that is seen."""
    cells = page.tab.locator(f"#{section} tbody tr:visible td:first-child .name").all_inner_texts()
    return [str(cell) for cell in cells]


def test_a_long_table_is_folded_after_ten(opened: Open, written: Any) -> None:
    """With a button that shows all of it; and paper has every row."""
    page = opened(written(many(30)))
    assert len(shown(page, "clusters")) == 10
    page.tab.click("#clusters .more")
    assert len(shown(page, "clusters")) == 30
    page.tab.click("#clusters .more")
    page.tab.emulate_media(media="print")
    expect(page.tab.locator("#clusters tbody tr:visible")).to_have_count(30)


def test_a_click_on_a_title_sorts(opened: Open, written: Any) -> None:
    """Numbers as numbers, the largest first, then the smallest, then as the page had them; a screen reader hears the order."""
    page = opened(written(many(30)))
    title = page.tab.locator("#clusters th button", has_text="Running")
    orders = []
    for _ in range(3):
        title.click()
        orders.append((shown(page, "clusters")[0], page.tab.locator("#clusters th", has_text="Running").get_attribute("aria-sort")))
    assert orders == [("ECS-c029", "descending"), ("ECS-c000", "ascending"), ("ECS-c000", "none")]


def test_a_filter_and_the_address_keeps_it(opened: Open, written: Any) -> None:
    """Another reader who opens the address sees the same rows in the same order."""
    address = written(many(30))
    page = opened(address)
    page.tab.fill("#clusters .find", "c02")
    page.tab.locator("#clusters th button", has_text="Running").click()
    assert shown(page, "clusters")[0] == "ECS-c029"
    assert "10 of 30" in page.text("#clusters")
    again = opened(page.tab.url)
    assert shown(again, "clusters") == shown(page, "clusters")
    assert again.tab.input_value("#clusters .find") == "c02"


def test_the_keyboard_alone_is_enough(opened: Open, written: Any) -> None:
    """Tab reaches the titles, Enter sorts, and the focus can be seen."""
    page = opened(written(many(30)))
    page.tab.focus("#clusters .find")
    page.tab.keyboard.press("Tab")
    page.tab.keyboard.press("Tab")
    assert page.tab.evaluate("document.activeElement.textContent") == "Cluster"
    page.tab.keyboard.press("Enter")
    assert page.tab.locator("#clusters th").first.get_attribute("aria-sort") == "ascending"
    assert page.style("#clusters th button:focus", "outlineStyle") == "solid"


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("viewport", [DESKTOP, PHONE], ids=["desktop", "phone"])
def test_an_accessibility_checker_finds_nothing_serious(opened: Open, written: Any, scheme: str, viewport: Any) -> None:
    """axe, with the rules of WCAG 2.1 A and AA: names, roles, contrast in both color schemes, on a page with every card."""
    if not AXE.exists():
        pytest.skip("no axe-core: make setup")
    page = opened(written(a_quarter(30, days=6)), viewport=viewport, color_scheme=scheme)
    page.tab.evaluate(AXE.read_text())
    found = page.tab.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")
    serious = [(each["id"], node["html"]) for each in found["violations"] if each["impact"] in SERIOUS for node in each["nodes"]]
    assert serious == []


@pytest.mark.parametrize(("viewport", "screens"), [(DESKTOP, 10), (PHONE, 22)], ids=["desktop", "phone"])
def test_five_hundred_clusters_and_ninety_days_are_no_longer_page(opened: Open, written: Any, viewport: Any, screens: int) -> None:
    """Every card is full, and the page has a bounded height and few elements; what is folded is a click or a filter away."""
    page = opened(written(a_quarter()), viewport=viewport)
    assert page.tab.evaluate("document.documentElement.scrollHeight") < screens * viewport["height"]
    assert page.tab.evaluate("document.querySelectorAll('*').length") < 8_000
    assert page.overflow() == 0
    assert "Show all 500" in page.text("#clusters")
    page.tab.fill("#clusters .find", "shop-499")
    assert shown(page, "clusters") == ["ECS-shop-499"]
    page.choose("numbers")
    assert page.tab.locator(".tile").count() == 25
