"""The page of an organization, in a real browser."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from fargatecount.organization.page.document import OrganizationPage
from fargatecount.organization.page.render import html
from tests.browser.conftest import DESKTOP
from tests.browser.test_page_tables import AXE, SERIOUS
from tests.support.organization_pages import DATA, LAB, SHOP, organization

Open = Callable[..., Any]
NARROW = {"width": 400, "height": 844}
WINDOWS = pytest.mark.parametrize("viewport", [DESKTOP, NARROW], ids=["desktop", "phone"])


@pytest.fixture
def written(tmp_path: Path) -> Callable[[OrganizationPage], str]:
    """Return a function that writes a page to a file and returns its address."""

    def write(page: OrganizationPage) -> str:
        file = tmp_path / "organization.html"
        file.write_text(html(page), encoding="utf-8")
        return file.as_uri()

    return write


@WINDOWS
def test_scopes_stand_by_utilization_and_one_click_leads_into_each(opened: Open, written: Any, viewport: Any) -> None:
    """The nearest to its quota first; the address leads to the scope, and back; nothing is wider than the window."""
    page = opened(written(organization()), viewport=viewport)
    links = page.tab.locator("#scopes .where")
    assert [SHOP in text or DATA in text for text in links.all_inner_texts()] == [True, True, True]
    assert "shop-prod" in links.first.inner_text()
    assert (page.text("#complete"), page.text("#running"), page.overflow()) == ("! not complete", "~139", 0)
    links.first.click()
    page.tab.wait_for_selector("#back")
    assert f"scope={SHOP}%2Feu-west-1" in page.tab.url
    assert (page.text("#running"), "97 of 100 vCPU" in page.text("#gauges"), page.overflow()) == ("97", True, 0)
    assert "service:front" in page.tab.locator("#services").inner_html()
    page.tab.click("#back")
    page.tab.wait_for_selector("#scopes")


@WINDOWS
def test_silence_and_accounts_that_do_not_report_are_seen(opened: Open, written: Any, viewport: Any) -> None:
    """With the age of the last known counts; a hostile name of an account is text."""
    page = opened(written(organization()), viewport=viewport)
    assert "silent" in page.text("#scopes")
    assert "lab" in page.text("#unreported")
    assert LAB in page.text("#unreported")
    page.tab.locator("#scopes .where", has_text=DATA).click()
    page.tab.wait_for_selector("#back")
    assert "silent: no report since" in page.text("#why")
    assert page.text("#running") == "~40"
    assert (page.tab.locator("img").count(), page.overflow()) == (0, 0)


def test_a_search_finds_a_scope_among_two_thousand(opened: Open, written: Any) -> None:
    """The table is drawn folded, and a name or a Region leads to its rows."""
    page = opened(written(organization(2_000)))
    assert page.tab.locator("#scopes tbody tr:visible").count() == 10
    page.tab.fill("#scopes .find", "region-1999")
    assert page.tab.locator("#scopes tbody tr:visible").count() == 1
    assert "1 of 2,000" in page.text("#scopes .tools")


def test_the_file_asks_nobody(opened: Open, written: Any) -> None:
    """Under a strict content security policy."""
    page = opened(written(organization()))
    assert [url for url in page.requests if not url.startswith("data:")] == [page.tab.url]
    assert "default-src 'none'" in page.tab.content()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@WINDOWS
def test_an_accessibility_checker_finds_nothing_serious(opened: Open, written: Any, viewport: Any, scheme: str) -> None:
    """axe, on all scopes and on one of them, in both color schemes."""
    if not AXE.exists():
        pytest.skip("no axe-core: make setup")
    page = opened(written(organization(12)), viewport=viewport, color_scheme=scheme)
    page.tab.evaluate(AXE.read_text())
    for _ in range(2):
        found = page.tab.evaluate("axe.run({ runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] })")
        serious = [(each["id"], node["html"]) for each in found["violations"] if each["impact"] in SERIOUS for node in each["nodes"]]
        assert serious == []
        page.tab.locator("#scopes .where").nth(1).click() if page.tab.locator("#scopes").count() else None
